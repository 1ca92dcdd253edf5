"""A delivery becomes links and standing: the order of the steps, one transaction a batch, no network."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from linker import okrs, tags
from linker.batch import Batch
from linker.ending import write_findings, write_links, write_rows, write_standing
from linker.linking import Reader, relink, take_graph
from linker.model import Facts, Millis
from linker.okrs import Catalogue
from linker.own import OwnState
from linker.resolve import SiteOf, arrived, renamed, resolve
from linker.store import Connection, Store, StoreDown, deliveries, facts, items, links
from linker.store import work as queue
from linker.store.deliveries import Delivery, Outcome
from linker.trace import Trace

log = structlog.get_logger()
BATCH = 64
TRIES = 2


class Loaded(NamedTuple):
    """A version of the catalogue, as a delivery brings it."""

    at: Millis
    catalogue: Catalogue


Parsed = Facts | Loaded
Parse = Callable[[Delivery], Parsed]  # raises ValueError with the reason when the body cannot be read


class Fold:
    """Folds deliveries one batch after the other; one leader per store. `load` before the first `run`."""

    def __init__(
        self,
        store: Store,
        parse: Parse,
        vocabulary: Callable[[Catalogue], tags.Vocabulary],
        site_of: SiteOf,
        now: Callable[[], Millis],
    ) -> None:
        self.store = store
        self._parse = parse
        self._vocabulary = vocabulary
        self._site_of = site_of
        self._now = now
        self.trace = Trace()
        self.reader = Reader(Catalogue(()), vocabulary(Catalogue(())))
        self._version = (-1, "")  # of the catalogue: when it was loaded, and its digest
        self._stale = False  # a transaction failed: what we hold in memory is not what the store holds

    def load(self) -> None:
        """Build the trace graph and the catalogue from the store."""
        with self.store.read() as connection:
            newest = facts.newest_catalogue(connection)
            nodes, edges, owns = links.graph_rows(connection)
        catalogue = okrs.load(newest.content) if newest else Catalogue(())
        self._version = (newest.at, newest.digest) if newest else (-1, "")
        self.reader = Reader(catalogue, self._vocabulary(catalogue))
        self.trace = Trace()
        self.trace.load(nodes, edges, ((row, OwnState.load(own)) for row, own in owns))
        self._stale = False

    def run(self, limit: int = BATCH) -> int:
        """Fold the next deliveries; returns how many were taken. StoreDown when nothing can be written."""
        if self._stale:
            self.load()
        with self.store.read() as connection:
            batch = deliveries.waiting(connection, limit)
        if batch:
            self._guarded(batch)
        return len(batch)

    def _guarded(self, batch: Sequence[Delivery]) -> None:
        """Look for a failure one by one: the poison goes to the dead letters, the rest goes on."""
        if self._stale:
            self.load()
        try:
            self._transact(batch)
        except StoreDown:
            self._stale = True
            raise
        except Exception as error:
            self._stale = True
            if len(batch) > 1:
                for delivery in batch:
                    self._guarded([delivery])
            else:
                self._fail(batch[0], error)

    def _fail(self, delivery: Delivery, error: Exception) -> None:
        reason = f"{type(error).__name__}: {str(error).splitlines()[0][:300] if str(error) else ''}"
        dead = delivery.attempts + 1 >= TRIES
        log.error("fold failed", delivery=delivery.id, dead=dead, error=reason, exc_info=not dead)
        with self.store.write() as connection:
            deliveries.failed(connection, delivery.id)
            if dead:
                deliveries.settle(connection, [Outcome(delivery.id, deliveries.DEAD, reason)], self._now())
        if not dead:
            self._guarded([delivery._replace(attempts=delivery.attempts + 1)])

    def _transact(self, batch: Sequence[Delivery]) -> None:
        with self.store.write() as connection:
            rest = list(batch)
            while rest:
                rest = self._fold(connection, rest)

    def _fold(self, connection: Connection, batch: Sequence[Delivery]) -> list[Delivery]:
        """Fold up to the next change of the catalogue, which every item after it must see."""
        work = Batch(connection, self._now())
        taken: list[tuple[int, Facts]] = []
        outcomes: list[Outcome] = []
        rest: list[Delivery] = []
        for position, delivery in enumerate(batch):
            parsed = self._read(delivery, outcomes)
            if isinstance(parsed, Loaded):
                if taken:
                    rest = list(batch[position:])
                    break
                self._take_catalogue(work, delivery, parsed)
                rest = list(batch[position + 1 :])
                break
            if parsed is not None:
                taken.append((delivery.id, parsed))
        work.take(taken)
        work.write_facts()
        self._link(work)
        deliveries.settle(connection, outcomes, work.now)
        return rest

    def _read(self, delivery: Delivery, outcomes: list[Outcome]) -> Parsed | None:
        try:
            parsed = self._parse(delivery)
        except ValueError as error:
            outcomes.append(Outcome(delivery.id, deliveries.DEAD, str(error)[:500]))
            return None
        if isinstance(parsed, Facts) and parsed.ignored is not None:
            outcomes.append(Outcome(delivery.id, deliveries.IGNORED, parsed.ignored[:500]))
        else:
            outcomes.append(Outcome(delivery.id, deliveries.DONE))
        return parsed

    def _take_catalogue(self, work: Batch, delivery: Delivery, loaded: Loaded) -> None:
        """The newest version holds; items that name a code whose meaning changed are linked again.

        A key result that is open or not any more changes no link: who serves it is only judged again.
        """
        version = (
            loaded.at,
            facts.keep_catalogue(work.connection, loaded.at, loaded.catalogue.dump(), delivery.id, work.now),
        )
        if version <= self._version:
            return
        before, after = self.reader.catalogue, loaded.catalogue
        codes = okrs.changed_codes(before, after)
        work.dirty |= links.open_serving(work.connection, _changed_krs(before, after, codes))
        self._version = version
        self.reader = Reader(after, self._vocabulary(after))
        rows = items.naming(work.connection, {f"CODE:{code}" for code in codes})
        work.need_rows(rows)
        work.relink |= rows
        work.late |= rows
        work.dirty |= rows
        work.makers.update(dict.fromkeys(rows, delivery.id))

    def _link(self, work: Batch) -> None:
        """Link, trace, and write what follows from the facts."""
        waiting = renamed(work) | arrived(work)
        work.need_rows(waiting)
        work.relink |= waiting
        work.late |= waiting
        found = relink(work, self.reader, sorted(work.relink))
        traced = take_graph(work, self.trace, found)
        write_rows(work, found)
        write_links(work, self.reader, found)
        write_standing(work, self.trace, traced)
        write_findings(work, self.trace, traced, found)
        self._want(work)

    def _want(self, work: Batch) -> None:
        """What is named and not held is asked for once, where it can be; what two bodies dispute, again."""
        came = [work.rows[row] for row in work.came]
        answered = {str(item.id) for item in came}
        answered |= {f"{item.id.tracker}:{alias}" for item in came if (alias := item.value("alias"))}
        queue.answered(work.connection, answered)
        known = resolve(work, work.wanted)
        asked = {ref: self._site_of(ref) for ref, own in known.items() if own is None}
        queue.want(work.connection, [(ref, site) for ref, site in asked.items() if site], work.now)
        disputed = {str(own): self._site_of(str(own)) for own in work.doubtful if work.held[own].unsettled}
        queue.want_again(work.connection, [(ref, site) for ref, site in disputed.items() if site], work.now)


def _changed_krs(before: Catalogue, after: Catalogue, codes: frozenset[str]) -> set[str]:
    """Key results that are judged otherwise, or that their labels spell otherwise."""
    return {
        kr
        for kr in before.krs.keys() | after.krs.keys()
        if _told(before, kr) != _told(after, kr) or tags.canonical(kr.rpartition("/")[2]) in codes
    }


def _told(catalogue: Catalogue, kr: str) -> object:
    if kr not in catalogue.krs:
        return None
    cycle = catalogue.cycle_of(kr)
    return catalogue.krs[kr], cycle.start, cycle.end, cycle.timezone
