"""Drives fold and settle in one thread; per site another thread reads and applies; any of them may die."""

import gc
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import structlog

from linker import okrs
from linker.advising import Suggester
from linker.config import SLACK, Config, vocabulary
from linker.fold import BATCH, Fold, Parsed
from linker.model import Facts
from linker.okrs import Catalogue
from linker.settle import settle
from linker.store import Store, StoreDown, advice, facts, meta, sources, views, work
from linker.store.database import Leading
from linker.store.deliveries import Delivery
from linker.trackers import SiteView
from linker.trackers.api import open_api
from linker.trackers.slack import SlackApi
from webhooks.applier import Applier
from webhooks.inbox import Clock, Inbox, wall_clock
from webhooks.okrs_file import OkrsFile
from webhooks.parsing import UNKNOWN, parse
from webhooks.sites import SPACING, SitePolicy, access, site_of, view
from webhooks.warner import Warner

log = structlog.get_logger()
IDLE = 0.03  # seconds between looks at the inbox when nothing came
BEAT, BEAT_MS = "engine_beat", 5_000
RETRY_SECONDS = 1.0
LONGEST_UNSETTLED_MS = 2_000
SILENT_MS = 45_000  # without a beat for so long no engine runs; a large catalogue takes seconds to link
STOP_SECONDS = 10.0  # for calls to trackers that are under way; what they did is found out by the next leader
MOST_STRANGERS = 1_000


class Engine:
    """Everything that follows an ack. `run` returns when `stop` is set; one engine leads, others wait."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Clock = wall_clock,
        spacing: float = SPACING,
        wall: Clock = wall_clock,
    ) -> None:
        self.config = config
        self.store = store
        self.clock = clock  # what day it is for key results; the demo's follows its quarter
        self.stop = threading.Event()
        self._wall = wall  # when we work: for waits and records
        self._spacing = spacing
        self._policy = SitePolicy(config)
        self._views: dict[tuple[str, str], SiteView] = {}
        self._beat_at = self._settled_at = self._folded_at = 0
        self._day = ""
        self._strangers: set[str] = set()
        self._okrs = OkrsFile(config, store, Inbox(store, clock))
        self._suggester = Suggester(self._policy.grace_days)
        self._warner = Warner(config, store)
        self.fold = Fold(
            store,
            self._parse,
            lambda catalogue: vocabulary(config, catalogue),
            lambda ref: site_of(config, ref),
            wall,
        )

    @property
    def catalogue(self) -> Catalogue:
        """The catalogue that holds now."""
        return self.fold.reader.catalogue

    def run(self) -> None:
        """Lead when nobody else does; a store that is down is waited for."""
        waits = False
        while not self.stop.is_set():
            try:
                with self.store.leader() as leading:
                    if leading is not None:
                        waits = False
                        self._lead(leading)
                        continue
                if not waits:
                    log.info("another engine leads; waiting to take over")
                waits = True
            except StoreDown as error:
                log.warning("the store does not answer; waiting", error=str(error))
            self.stop.wait(RETRY_SECONDS)

    def prepare(self) -> None:
        """Load what the fold needs; `step` can be called afterwards."""
        with self.store.read() as connection:
            for site in self.config.sites:
                known = json.loads(meta.get(connection, f"jira:{site.name}") or "{}")
                self._views[site.tracker, site.name] = view(site, known)
        self.fold.load()
        self._terms()

    def _terms(self) -> None:
        """Another policy than that of the last run judges every open pull request again."""
        known = self.config.policy.model_dump_json()
        with self.store.write() as connection:
            if meta.get(connection, "policy") != known:
                meta.put(connection, "policy", known)
                work.mark_dirty(connection, views.open_items(connection), self._wall())

    def step(self) -> bool:
        """Fold one batch, settle what it made dirty; True when something was done."""
        self._beat()
        self._tick()
        folded = self.fold.run()
        if folded:
            self._folded_at = self._wall()
        if folded == BATCH and self._wall() - self._settled_at < LONGEST_UNSETTLED_MS:
            return True  # a burst: judge what it comes to, not each state on the way
        self._settled_at = self._wall()
        settled = settle(
            self.store, self.catalogue, self._policy, self._wall(), self._today(), advisor=self._suggester
        )
        if not folded and not settled:
            self._advise()
            self._warner.step(self.catalogue, self.clock(), self._wall())
        return bool(folded or settled)

    def _advise(self) -> None:
        """When nothing else is to do: suggestions for tickets that are being planned."""
        if self._suggester.behind:
            with self.store.read() as connection:  # the store is not locked while it thinks
                found = self._suggester.catch_up(connection)
            with self.store.write() as connection:
                advice.keep(connection, found)

    def _lead(self, leading: Leading) -> None:
        """Until stopped, or until the right to lead is lost; no tracker is waited for."""
        with self.store.write() as connection:
            work.release(connection)
        appliers = self._appliers()
        log.info("engine leads", sites=[applier.site for applier in appliers])
        for applier in appliers:
            applier.start()
        try:
            self._work(leading)
        finally:
            for applier in appliers:
                applier.stop.set()
            # Another engine must not send while ours still do, but for an end that somebody waits for.
            deadline = time.monotonic() + (STOP_SECONDS if self.stop.is_set() else 120.0)
            for applier in appliers:
                applier.join(max(0.0, deadline - time.monotonic()))
            log.info("engine stopped")

    def _work(self, leading: Leading) -> None:
        ready = False
        while not self.stop.is_set():
            try:
                if not ready:
                    self.prepare()
                    gc.collect()
                    gc.freeze()  # the graph lives as long as we lead: looking through it for rubbish is waste
                    ready = True
                if self._beat_due() and not leading():
                    log.warning("the right to lead was lost")
                    return
                self._okrs.look()
                if not self.step():
                    self.stop.wait(IDLE)
            except StoreDown as error:
                log.warning("the store does not answer; waiting", error=str(error))
                ready = False  # what is in memory may be ahead of what was written
                self.stop.wait(RETRY_SECONDS)
        with self.store.write() as connection:
            meta.remove(connection, BEAT)

    def _appliers(self) -> list[Applier]:
        inbox = Inbox(self.store, wall_clock)
        return [
            Applier(
                site.name,
                open_api(access(self.config, site, self._spacing)),
                self.store,
                inbox,
                partial(self._discovered, site.name) if site.tracker == "jira" else None,
            )
            for site in self.config.sites
            if not site.dry
        ] + self._messengers(inbox)

    def _messengers(self, inbox: Inbox) -> list[Applier]:
        """Slack is written to as a tracker is, where a team has a webhook."""
        hooks = {team: hook.url for team, hook in self.config.hooks.items()}
        return [Applier(SLACK, SlackApi(hooks), self.store, inbox)] if hooks else []

    def _discovered(self, name: str, found: SiteView) -> None:
        """Jira told which fields hold points, sprints and so on: what was read without them is read again.

        A facet that was not read is absent and contradicts nothing, so folding the site's deliveries once
        more adds what was missing, at the time at which it was so.
        """
        known = json.dumps({"fields": found.fields, "categories": dict(sorted(found.categories.items()))})
        before = self._views.get(("jira", name))
        self._views["jira", name] = found
        with self.store.write() as connection:
            if meta.get(connection, f"jira:{name}") == known:
                return
            meta.put(connection, f"jira:{name}", known)
            again = 0
            if before is None or before.fields != found.fields:
                again = sources.fold_again(connection, "jira", name)
        log.info("fields discovered", site=name, folded_again=again)

    def _parse(self, delivery: Delivery) -> Parsed:
        """Read a delivery; an event that nobody knows is named in the log, once."""
        parsed = parse(delivery, self._views)
        if isinstance(parsed, Facts) and parsed.ignored and parsed.ignored.startswith(UNKNOWN):
            stranger = f"{delivery.source} {parsed.ignored}"
            if stranger not in self._strangers and len(self._strangers) < MOST_STRANGERS:
                self._strangers.add(stranger)
                log.warning(parsed.ignored, source=delivery.source, delivery=delivery.id)
        return parsed

    def _beat_due(self) -> bool:
        return self._wall() - self._beat_at >= BEAT_MS

    def _beat(self) -> None:
        if self._beat_due():
            now = self._wall()
            with self.store.write() as connection:
                meta.put(connection, BEAT, json.dumps({"at": now, "folded_at": self._folded_at}))
            self._beat_at = now

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock() / 1000, UTC).date()

    def _tick(self) -> None:
        """The clock is an input: when key results begin or cease to be active, items are judged again."""
        today = self._today()
        if today.isoformat() == self._day:
            return
        with self.store.write() as connection:
            before = meta.get(connection, "ticked")
            meta.put(connection, "ticked", today.isoformat())
            start = datetime.fromisoformat(before).date() if before else today - timedelta(days=1)
            turns = [*self.catalogue.turns(start, self._policy.grace_days), *self.config.policy.turns()]
            if any(start < day <= today for day in turns):
                work.mark_dirty(connection, views.open_items(connection), self._wall())
        self._day = today.isoformat()


def drain(engine: Engine, done: Callable[[], bool] = lambda: False) -> None:
    """Fold and settle until nothing is left; for commands and tests that need no thread."""
    engine.prepare()
    while engine.step() and not done():
        pass


def is_led(store: Store) -> bool:
    """Whether an engine folds what is kept now: whether somebody holds the right to."""
    with store.leader() as free:
        return free is None


def held_catalogue(store: Store) -> Catalogue:
    """The catalogue that the store holds, for processes that do not fold."""
    with store.read() as connection:
        newest = facts.newest_catalogue(connection)
    return okrs.load(newest.content) if newest else Catalogue(())
