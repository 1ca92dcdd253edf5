"""Drives fold and settle in one thread; per site another thread reads and applies; any of them may die."""

import json
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import structlog

from linker import okrs
from linker.config import Config, vocabulary
from linker.fold import BATCH, Fold
from linker.model import Millis
from linker.okrs import Catalogue
from linker.settle import settle
from linker.store import Store, StoreDown, facts, meta, views, work
from linker.trackers import SiteView
from linker.trackers.api import Api, open_api
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Blocked, Gone, Refused, Unreachable
from webhooks.applier import Applier
from webhooks.inbox import Clock, Inbox, wall_clock
from webhooks.parsing import parse
from webhooks.sites import SPACING, SitePolicy, access, site_of, view

log = structlog.get_logger()
IDLE = 0.03  # seconds between looks at the inbox when nothing came
BEAT_MS = 5_000
RETRY_SECONDS = 1.0
LONGEST_UNSETTLED_MS = 2_000


class Engine:
    """Everything that follows an ack. `run` returns when `stop` is set; one engine leads, others wait."""

    def __init__(
        self, config: Config, store: Store, clock: Clock = wall_clock, spacing: float = SPACING
    ) -> None:
        self.config = config
        self.store = store
        self.clock = clock  # what day it is for key results; the demo's follows its quarter
        self.stop = threading.Event()
        self._spacing = spacing
        self._policy = SitePolicy(config)
        self._views: dict[tuple[str, str], SiteView] = {}
        self._beat_at = self._settled_at = 0
        self._day = ""
        self.fold = Fold(
            store,
            lambda delivery: parse(delivery, self._views),
            lambda catalogue: vocabulary(config, catalogue),
            lambda ref: site_of(config, ref),
            wall_clock,
        )

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that holds now."""
        return self.fold.reader.catalogue

    def run(self) -> None:
        """Lead when nobody else does; a store that is down is waited for."""
        while not self.stop.is_set():
            try:
                with self.store.leader() as leading:
                    if leading:
                        self._lead()
                    else:
                        self.stop.wait(RETRY_SECONDS)
            except StoreDown as error:
                log.warning("the store does not answer; waiting", error=str(error))
                self.stop.wait(RETRY_SECONDS)

    def prepare(self) -> None:
        """Load what the fold needs; `step` can be called afterwards."""
        known: dict[str, Any] = {}
        with self.store.write() as connection:
            work.release(connection)
            for site in self.config.jira_sites:
                known[site.name] = json.loads(meta.get(connection, f"jira:{site.name}") or "{}")
        self._views = {
            (site.tracker, site.name): view(site, known.get(site.name)) for site in self.config.sites
        }
        self.fold.load()

    def step(self) -> bool:
        """Fold one batch, settle what it made dirty; True when something was done."""
        self._beat()
        self._tick()
        folded = self.fold.run()
        if folded == BATCH and wall_clock() - self._settled_at < LONGEST_UNSETTLED_MS:
            return True  # a burst: judge what it comes to, not each state on the way
        self._settled_at = wall_clock()
        settled = settle(self.store, self.catalogue, self._policy, wall_clock(), self._today())
        return bool(folded or settled)

    def _lead(self) -> None:
        self.prepare()
        appliers = self._appliers()
        for applier in appliers:
            applier.start()
        log.info("engine leads", sites=[applier.site for applier in appliers])
        try:
            while not self.stop.is_set():
                if not self.step():
                    self.stop.wait(IDLE)
        finally:
            for applier in appliers:
                applier.stop.set()
            for applier in appliers:
                applier.join(timeout=35)

    def _appliers(self) -> list[Applier]:
        inbox = Inbox(self.store, wall_clock)
        apis = {
            site.name: open_api(access(self.config, site, self._spacing))
            for site in self.config.sites
            if not site.dry
        }
        self._discover(apis)
        return [Applier(name, api, self.store, inbox) for name, api in apis.items()]

    def _discover(self, apis: Mapping[str, Api]) -> None:
        """Ask each Jira site which fields hold points, sprints and so on; the answer is kept."""
        for name, api in apis.items():
            if isinstance(api, JiraApi):
                try:
                    found = api.view()
                except (Blocked, Gone, Refused, Unreachable) as error:
                    log.warning(
                        "fields not discovered; using those known before", site=name, error=str(error)
                    )
                    continue
                self._views["jira", name] = found
                known = json.dumps({"fields": found.fields, "categories": dict(found.categories)})
                with self.store.write() as connection:
                    meta.put(connection, f"jira:{name}", known)

    def _beat(self) -> None:
        now = wall_clock()
        if now - self._beat_at >= BEAT_MS:
            self._beat_at = now
            with self.store.write() as connection:
                meta.put(connection, "engine_beat", json.dumps({"at": now}))

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock() / 1000, UTC).date()

    def _tick(self) -> None:
        """The clock is an input: when key results begin or cease to be active, items are judged again."""
        today = self._today()
        if today.isoformat() == self._day:
            return
        self._day = today.isoformat()
        with self.store.write() as connection:
            before = meta.get(connection, "ticked")
            meta.put(connection, "ticked", self._day)
            start = datetime.fromisoformat(before).date() if before else today - timedelta(days=1)
            turns = self.catalogue.turns(start, self._policy.grace_days)
            if any(start < day <= today for day in turns):
                work.mark_dirty(connection, views.open_items(connection), wall_clock())


def drain(engine: Engine, done: Callable[[], bool] = lambda: False) -> None:
    """Fold and settle until nothing is left; for commands and tests that need no thread."""
    engine.prepare()
    while engine.step() and not done():
        pass


def held_catalogue(store: Store) -> Catalogue:
    """The catalogue that the store holds, for processes that do not fold."""
    with store.read() as connection:
        newest = facts.newest_catalogue(connection)
    return okrs.load(newest.content) if newest else Catalogue(())


def epoch(now: datetime) -> Millis:
    """Epoch milliseconds of a moment."""
    return int(now.timestamp() * 1000)
