"""Keep: raw bytes committed before the answer; a duplicate is a delivery that is kept, not one seen."""

import time
import uuid
from collections.abc import Callable

from linker.model import Decision, Facts, Millis, Reading
from linker.okrs import Catalogue
from linker.store import Store, deliveries
from linker.store.deliveries import Kept, Parcel
from linker.store.writer import Writer

Clock = Callable[[], Millis]


def wall_clock() -> Millis:
    """Epoch milliseconds now."""
    return time.time_ns() // 1_000_000


class Inbox:
    """The one way in: receivers, commands, pages and readers all keep their facts here."""

    def __init__(self, store: Store, clock: Clock = wall_clock) -> None:
        self._store = store
        self._writer: Writer[Parcel, Kept] = Writer(store, deliveries.keep)
        self._clock = clock

    def keep(self, parcel: Parcel, patience: float = 60.0) -> Kept:
        """On disk when it returns: `new`, `again` for a dead one sent once more, or `duplicate`.

        StoreDown, or TimeoutError after `patience` seconds, when it is not.
        """
        return self._writer.call(parcel, patience)

    def decide(self, *decisions: Decision) -> None:
        """Keep a person's decisions: all of them, or none."""
        now = self._clock()
        parcels = [
            Parcel(
                "person", "", one.id, one.kind, now, {}, one.model_dump_json(exclude_defaults=True).encode()
            )
            for one in decisions
        ]
        if parcels:
            with self._store.write() as connection:
                deliveries.keep(connection, parcels)

    def check_in(self, reading: Reading) -> Kept:
        """Keep a reading of a key result; the same id twice is one reading."""
        body = reading.model_dump_json(exclude_defaults=True).encode()
        return self.keep(Parcel("reading", "", reading.id, reading.source, self._clock(), {}, body))

    def load(self, catalogue: Catalogue) -> Kept:
        """Keep a version of the catalogue."""
        body = catalogue.dump().encode()
        return self.keep(Parcel("catalogue", "", uuid.uuid4().hex, "load", self._clock(), {}, body))

    def read(self, site: str, what: str, facts: Facts) -> Kept:
        """Keep what a tracker answered when we asked."""
        body = facts.model_dump_json(exclude_unset=True).encode()
        return self.keep(Parcel("read", site, uuid.uuid4().hex, what, self._clock(), {}, body))
