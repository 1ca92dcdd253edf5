"""A delivery becomes links and standing: the order of the steps, one transaction a batch, no network."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import structlog

from linker import okrs, tags
from linker.batch import Batch, ids_in
from linker.ending import write_links, write_rows, write_standing
from linker.linking import Reader, relink, take_graph
from linker.model import Facts, Millis
from linker.okrs import Catalogue
from linker.own import OwnState
from linker.resolve import SiteOf, arrived, renamed, resolve
from linker.store import Connection, Store, StoreDown, deliveries, facts, items, links
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
        self._catalogue_at = -1

    def load(self) -> None:
        """Build the trace graph and the catalogue from the store."""
        with self.store.read() as connection:
            newest = facts.newest_catalogue(connection)
            if newest is not None:
                self._catalogue_at = newest.at
                catalogue = okrs.load(newest.content)
                self.reader = Reader(catalogue, self._vocabulary(catalogue))
            nodes, edges, owns = links.graph_rows(connection)
        self.trace = Trace()
        self.trace.load(nodes, edges, ((row, OwnState.load(own)) for row, own in owns))

    def run(self, limit: int = BATCH) -> int:
        """Fold the next deliveries; returns how many were taken. StoreDown when nothing can be written."""
        with self.store.read() as connection:
            batch = deliveries.waiting(connection, limit)
        if batch:
            self._guarded(batch)
        return len(batch)

    def _guarded(self, batch: Sequence[Delivery]) -> None:
        """Look for a failure one by one: the poison goes to the dead letters, the rest goes on."""
        try:
            self._transact(batch)
        except StoreDown:
            self.load()
            raise
        except Exception as error:
            self.load()
            if len(batch) > 1:
                for delivery in batch:
                    self._guarded([delivery])
                return
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
        taken: list[tuple[Delivery, Facts]] = []
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
                taken.append((delivery, parsed))
        work.need({own for _, facts in taken for own in ids_in(facts)})
        for delivery, said in taken:
            work.take(delivery.id, said)
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
        """The newest version holds; items that name a code whose meaning changed are linked again."""
        facts.keep_catalogue(work.connection, loaded.at, loaded.catalogue.dump(), delivery.id, work.now)
        if loaded.at < self._catalogue_at:
            return
        changed = okrs.changed_codes(self.reader.catalogue, loaded.catalogue)
        self._catalogue_at = loaded.at
        self.reader = Reader(loaded.catalogue, self._vocabulary(loaded.catalogue))
        rows = items.naming(work.connection, {f"CODE:{code}" for code in changed})
        work.need_rows(rows)
        work.relink |= rows
        work.dirty |= rows
        for row in rows:
            work.makers.setdefault(row, delivery.id)

    def _link(self, work: Batch) -> None:
        """Link, trace, and write what follows from the facts."""
        came = {row for row in work.relink if row in work.fresh or not work.rows[row].since}
        waiting = renamed(work) | arrived(work, came)
        work.need_rows(waiting)
        work.late |= waiting - work.relink
        work.relink |= waiting
        found = relink(work, self.reader, sorted(work.relink))
        changed = take_graph(work, self.trace, found)
        write_rows(work, found)
        write_links(work, self.reader, found)
        write_standing(work, self.trace, changed, found)
        self._want(work)

    def _want(self, work: Batch) -> None:
        """What is named and not held is asked for once, where it can be."""
        asked = []
        known = resolve(work, work.wanted.keys())
        for ref, why in work.wanted.items():
            own, site = known[ref], self._site_of(ref)
            held = own is not None and work.held[own].seen and why != "unsettled"
            if site and not held:
                asked.append((ref, site, why))
        facts.want(work.connection, asked, work.now)
