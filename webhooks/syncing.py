"""Backfill one project or repository: pages become deliveries, and the cursor is kept with each."""

import time
from collections.abc import Iterator
from typing import NamedTuple

from linker.config import Config
from linker.model import Facts, Millis
from linker.store import Store, syncs
from linker.trackers.api import Api, open_api
from linker.trackers.outcome import Blocked, Gone, Page, Refused, Unreachable
from webhooks.inbox import Inbox, wall_clock
from webhooks.sites import SPACING, access

LONGEST_WAIT = 120.0  # seconds; who waits longer is told when to come back
PATIENCE = 3  # tries without a page in between


class Scope(NamedTuple):
    """A project or repository of a site."""

    tracker: str
    site: str
    name: str


class Step(NamedTuple):
    """How far a backfill is."""

    done: int
    total: int | None
    error: str | None = None


def scopes(config: Config) -> list[Scope]:
    """All configured projects and repositories of sites with credentials."""
    return [
        Scope(site.tracker, site.name, name)
        for site in config.sites
        if not site.dry
        for name in (site.projects if site.tracker == "jira" else site.repositories)
    ]


def sync_scope(
    config: Config,
    store: Store,
    scope: Scope,
    since: Millis | None,
    spacing: float = SPACING,
    first_wait: float = 1.0,
) -> Iterator[Step]:
    """Read page after page; what was read is kept before the cursor moves, so a kill loses nothing.

    A scope that cannot be read ends with a Step that names the error and the fix.
    """
    site = next(site for site in config.sites if (site.tracker, site.name) == (scope.tracker, scope.site))
    api = open_api(access(config, site, spacing))
    inbox = Inbox(store)
    tries = 0
    while True:
        try:
            for step in _pages(api, inbox, store, scope, since):
                tries = 0
                yield step
            return
        except Blocked as error:
            if error.until > LONGEST_WAIT:
                yield _failed(store, scope, str(error))
                return
            time.sleep(error.until)
        except Unreachable as error:
            tries += 1
            if tries >= PATIENCE:
                yield _failed(store, scope, str(error))
                return
            time.sleep(first_wait * 2 ** (tries - 1))
        except (Gone, Refused) as error:
            yield _failed(store, scope, str(error))
            return


def _pages(api: Api, inbox: Inbox, store: Store, scope: Scope, since: Millis | None) -> Iterator[Step]:
    with store.write() as connection:
        cursor, done = syncs.begin(connection, scope.site, scope.name, since, wall_clock())
    total: int | None = None
    for page in api.pages(scope.name, since, cursor, wall_clock()):
        for facts in page.facts:
            if facts != Facts():
                inbox.read(scope.site, scope.name[:128], facts)
        done, total = page.done, page.total
        _advance(store, scope, page)
        yield Step(done, total)
    with store.write() as connection:
        syncs.finish(connection, scope.site, scope.name, wall_clock())
    yield Step(done, done)


def _advance(store: Store, scope: Scope, page: Page) -> None:
    with store.write() as connection:
        syncs.advance(connection, scope.site, scope.name, page.cursor, page.done, page.total)
        if page.cursor is None:  # the end: a kill from here on starts nothing again
            syncs.finish(connection, scope.site, scope.name, wall_clock())


def _failed(store: Store, scope: Scope, error: str) -> Step:
    with store.write() as connection:
        done = syncs.fail(connection, scope.site, scope.name, error)
    return Step(done, None, error)
