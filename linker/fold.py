"""A delivery becomes links and standing: the order of the steps, one transaction a batch, no network."""

from collections.abc import Callable, Collection, Sequence
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
from linker.staying import write_stays
from linker.store import Connection, Store, StoreDown, deliveries, facts, items, links
from linker.store import work as queue
from linker.store.deliveries import Delivery, Outcome, outcome
from linker.trace import Trace

log = structlog.get_logger()
BATCH = 64
SMALL = 16
TRIES = 2
SLICE = 200  # items in one transaction when a change of the catalogue links many again


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
        self._newest = -1
        self._stale = False  # a transaction failed: what we hold in memory is not what the store holds

    def load(self) -> None:
        """Build the trace graph and the catalogue from the store."""
        with self.store.read() as connection:
            newest = facts.newest_catalogue(connection)
            nodes, edges, owns = links.graph_rows(connection)
        self._use(okrs.load(newest.content) if newest else Catalogue(()))
        self.trace = Trace()
        self.trace.load(nodes, edges, ((row, OwnState.load(own)) for row, own in owns))
        self._stale = False

    def run(self, limit: int | None = None) -> int:
        """Fold the next deliveries; returns how many were taken. StoreDown when nothing can be written.

        While deliveries keep coming the batches are small, so that acks wait for none of them long.
        """
        if self._stale:
            self.load()
        with self.store.read() as connection:
            newest = deliveries.newest_id(connection)
            batch = deliveries.waiting(connection, limit or (BATCH if newest == self._newest else SMALL))
        self._newest = newest
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
                deliveries.settle(connection, [outcome(delivery, deliveries.DEAD, reason)], self._now())
        if not dead:
            self._guarded([delivery._replace(attempts=delivery.attempts + 1)])

    def _transact(self, batch: Sequence[Delivery]) -> None:
        """Parse before the store is locked; a change of the catalogue is seen by every item after it."""
        said: list[tuple[int, Facts]] = []
        outcomes: list[Outcome] = []
        for delivery in batch:
            parsed, outcome = self._read(delivery)
            if isinstance(parsed, Loaded):
                self._fold(said, outcomes)
                self._turn(delivery, parsed)
                said, outcomes = [], []
            else:
                outcomes.append(outcome)
                if parsed is not None:
                    said.append((delivery.id, parsed))
        self._fold(said, outcomes)

    def _read(self, delivery: Delivery) -> tuple[Parsed | None, Outcome]:
        try:
            parsed = self._parse(delivery)
        except ValueError as error:
            return None, outcome(delivery, deliveries.DEAD, str(error)[:500])
        if isinstance(parsed, Facts) and parsed.ignored is not None:
            return None, outcome(delivery, deliveries.IGNORED, parsed.ignored[:500])
        return parsed, outcome(delivery, deliveries.DONE)

    def _fold(self, said: Sequence[tuple[int, Facts]], outcomes: Sequence[Outcome]) -> None:
        if outcomes:
            with self.store.write() as connection:
                work = Batch(connection, self._now())
                if said:
                    work.take(said)
                    work.write_facts()
                    self._link(work)
                deliveries.settle(connection, outcomes, work.now)

    def _turn(self, delivery: Delivery, loaded: Loaded) -> None:
        """The newest version holds; items that name a code whose meaning changed are linked again.

        There can be many, so they come in slices and acks have their turn between these. Until all are linked
        the delivery waits, and what is linked by then is known by the version that it goes by.
        """
        with self.store.write() as connection:
            own = facts.keep_catalogue(
                connection, loaded.at, loaded.catalogue.dump(), delivery.id, self._now()
            )
            linked = facts.linked_catalogue(connection)
            if own == facts.newest_catalogue(connection) != linked:
                before = okrs.load(linked.content) if linked else Catalogue(())
                codes = okrs.changed_codes(before, loaded.catalogue)
                krs = _changed_krs(before, loaded.catalogue, codes)
                queue.mark_dirty(connection, links.open_serving(connection, krs), self._now())
                rows = items.naming(connection, {f"CODE:{code}" for code in codes})
                self._use(loaded.catalogue)
            else:
                rows = set()
        for part in items.chunks(sorted(rows), SLICE):
            with self.store.write() as connection:
                self._link(self._again(connection, part, delivery))
        with self.store.write() as connection:
            if own == facts.newest_catalogue(connection):
                facts.note_linked(connection, own)
            deliveries.settle(connection, [outcome(delivery, deliveries.DONE)], self._now())

    def _again(self, connection: Connection, rows: Collection[int], delivery: Delivery) -> Batch:
        """Items to link once more, their whole past included."""
        work = Batch(connection, self._now())
        work.need_rows(rows)
        work.relink |= set(rows)
        work.late |= set(rows)
        work.dirty |= set(rows)
        work.makers.update(dict.fromkeys(rows, delivery.id))
        return work

    def _use(self, catalogue: Catalogue) -> None:
        self.reader = Reader(catalogue, self._vocabulary(catalogue))

    def _link(self, work: Batch) -> None:
        """Link, trace, and write what follows from the facts."""
        waited = arrived(work)
        work.dirty |= links.pulls_below(work.connection, waited)  # what their verdicts wait for is there
        waiting = renamed(work) | waited
        work.need_rows(waiting)
        work.relink |= waiting
        work.late |= waiting
        found = relink(work, self.reader, sorted(work.relink))
        traced = take_graph(work, self.trace, found)
        write_rows(work, found)
        write_links(work, self.reader, found)
        write_standing(work, self.trace, traced)
        write_findings(work, self.trace, traced, found)
        write_stays(work)
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
