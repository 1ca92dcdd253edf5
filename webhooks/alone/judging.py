"""One event judged: kept, folded and settled as the service does it, reading on until nothing is missing."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from linker.batch import Batch, as_id
from linker.config import Config, GitHubSite, vocabulary
from linker.fold import Fold
from linker.linking import subject, texts_of
from linker.looking import looked_at
from linker.model import ItemId, Millis
from linker.okrs import Catalogue
from linker.pulls import Day
from linker.rules import Context, apply_rules, named
from linker.settle import settle
from linker.store import Connection, Store, deliveries, open_store, work
from linker.store.deliveries import Parcel
from linker.store.items import by_ids
from linker.store.up import SERVING, neighbourhood, serves
from linker.verdict import Judged, Unread, Verdict, judge
from webhooks.alone.event import CannotRunError, Event
from webhooks.alone.reads import Reads
from webhooks.inbox import Inbox, wall_clock
from webhooks.parsing import Views, parse
from webhooks.sites import SitePolicy, site_of, view

ROUNDS = 10  # levels above a pull request; each takes one


class Told(NamedTuple):
    """What is said of the pull request, what it serves through what, what was not read and why (Markdown)."""

    verdict: Verdict
    krs: tuple[str, ...]
    path: tuple[str, ...]
    unread: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


def judge_event(config: Config, site: GitHubSite, catalogue: Catalogue, event: Event) -> Told:
    """What the service would say of the pull request of an event, had it seen nothing else."""
    with thrown_away() as store:
        return Road(config, site, catalogue, event, store).judge()


@contextmanager
def thrown_away() -> Iterator[Store]:
    """An empty store that is gone afterwards."""
    with TemporaryDirectory(prefix="sightline-verdict-") as folder:
        store = open_store(f"sqlite:///{Path(folder).resolve() / 'store.sqlite'}")
        try:
            store.create()
            yield store
        finally:
            store.close()


class Road:
    """The road of the service over one store, for one pull request."""

    def __init__(
        self, config: Config, site: GitHubSite, catalogue: Catalogue, event: Event, store: Store
    ) -> None:
        self._config, self._event, self._store = config, event, store
        self._item = ItemId("github", site.name, f"{event.repository_id}#{event.number}")
        self._inbox = Inbox(store)
        self._policy = SitePolicy(config)
        self._now: Millis = wall_clock()
        on = datetime.fromtimestamp(self._now / 1000, UTC).date()
        self._day = Day(catalogue, self._policy, self._now, on, config.policy.grace_days)
        views: Views = {(known.tracker, known.name): view(known) for known in config.sites}
        self._fold = Fold(
            store,
            lambda delivery: parse(delivery, views),
            lambda known: vocabulary(config, known),
            lambda ref: site_of(config, ref),
            wall_clock,
        )
        self._reads = Reads(config, store, self._inbox)

    def judge(self) -> Told:
        """Fold the event, read what it names level by level, and say what is so by then."""
        self._fold.load()
        self._inbox.load(self._day.catalogue)
        heads = {"X-GitHub-Event": self._event.name, "Content-Type": "application/json"}
        self._inbox.keep(
            Parcel("github", self._item.site, "event", self._event.name, self._now, heads, self._event.body)
        )
        self._settle()
        self._must_be_read()
        for _ in range(ROUNDS):
            verdict = self._verdict()
            if verdict is not None and verdict.word == "serving":
                break
            asked = [self._reads.ask(ref) for ref in self._missing() if self._reads.open(ref)]
            if not any(asked):
                break
            self._settle()
        return self._told()

    def _settle(self) -> None:
        while self._fold.run():
            pass
        while settle(self._store, self._day.catalogue, self._policy, wall_clock(), self._day.on):
            pass

    def _must_be_read(self) -> None:
        with self._store.read() as connection:
            bad = deliveries.newest(connection, deliveries.DEAD, 1)
            left = deliveries.newest(connection, deliveries.IGNORED, 1)
        for row in (*bad, *left):
            raise CannotRunError(f"The event cannot be read: {row['reason']}.")

    def _row(self, connection: Connection) -> Any:
        return next((row for row in by_ids(connection, [self._item]) if row["level"] is not None), None)

    def _verdict(self) -> Verdict | None:
        with self._store.read() as connection:
            row = self._row(connection)
            said = work.verdicts_of(connection, [row["id"]]) if row is not None else {}
        return Verdict.model_validate(next(iter(said.values()))["content"]) if said else None

    def _missing(self) -> list[str]:
        """What would have to be read next: the pull request itself, what it names, and what is above."""
        with self._store.read() as connection:
            row = self._row(connection)
            if row is None:  # a merge group tells only its number
                return [str(self._item)]
            above, _ = neighbourhood(connection, row["id"])
            own = self._commits(connection)
            return [*self._leading(connection, above), *row["doc"].get("n", ()), *own]

    def _leading(self, connection: Connection, rows: Collection[int]) -> list[str]:
        """What items name by words that serve, and what is not held; by the rules that link."""
        batch = Batch(connection, self._now)
        batch.need_rows(rows)
        texts_of(batch, rows)
        found: dict[str, None] = {}
        for row in sorted(rows):
            if not batch.rows[row].value("kind"):
                continue
            one = subject(batch, self._fold.reader, batch.rows[row], frozenset())
            stand_ins = {ref: as_id(ref) or ItemId("jira", "?", ref) for ref in named(one)}
            links = apply_rules(one, Context(self._day.catalogue, stand_ins)).links
            serving = {link.parent for link in links if link.kind in SERVING}
            unheld = set(batch.rows[row].unheld)
            found.update((ref, None) for ref, to in stand_ins.items() if str(to) in serving and ref in unheld)
        return [ref for ref in found if self._reads.site_of(ref)]

    def _told(self) -> Told:
        """The service's word; what could still serve and was not read makes a bad one undecided."""
        verdict = self._verdict()
        with self._store.read() as connection:
            row = self._row(connection)
            if row is None:
                return self._away(Judged(), [str(self._item)])
            above, _ = neighbourhood(connection, row["id"])
            live = {row["id"]: [kr for kr in self._krs(connection, row["id"]) if self._day.active(kr)]}
            seen = looked_at(connection, self._day.catalogue, [row], live)[row["id"]]
            unread = [ref for ref in self._leading(connection, above) if not self._reads.answered(ref)]
            unread += self._commits(connection)
        if verdict is None:
            raise CannotRunError("The event tells of a pull request that is gone, so there is none to judge.")
        if verdict.word in ("serving", "exempt"):
            return Told(verdict, tuple(seen.krs), tuple(seen.path))
        if unread:
            return self._away(seen, unread)
        if verdict.word == "undecided":  # what is only mentioned, which serves nothing whatever it is
            over = [one for one in seen.unread if one.why != "waiting"]
            verdict = judge(seen._replace(unread=over), self._day.active, self._day.why_inactive)
        return Told(verdict, tuple(seen.krs), tuple(seen.path))

    def _away(self, seen: Judged, refs: Sequence[str]) -> Told:
        names = tuple(dict.fromkeys(map(self._short, refs)))
        unread = [Unread(name, "away") for name in names]
        verdict = judge(seen._replace(unread=unread), self._day.active, self._day.why_inactive)
        return Told(verdict, tuple(seen.krs), tuple(seen.path), names, tuple(self._reads.why_not(refs)))

    def _krs(self, connection: Connection, row: int) -> tuple[str, ...]:
        return serves(connection, [row]).get(row, ((), None))[0]

    def _commits(self, connection: Connection) -> list[str]:
        """The pull request itself, where its commits are asked for and did not come."""
        own = str(self._item)
        asked = work.commits_asked(connection, [own])
        return [own] if own in asked and asked[own].state == work.OPEN else []

    def _short(self, ref: str) -> str:
        """A reference as people write it; of the pull request itself only its commits can be missing."""
        own = as_id(ref)
        if own == self._item:
            return "its commits" if self._event.name == "pull_request" else self._event.alias
        if own is not None and own.tracker == "github":
            place, _, number = own.id.partition("#")
            return f"{self._event.repository if place == self._event.repository_id else place}#{number}"
        return own.id if own is not None else ref.partition(":")[2]
