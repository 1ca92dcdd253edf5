"""What the trackers say, in the order it happened; it reaches us mostly at once, sometimes late or twice."""

from datetime import datetime, timedelta
from random import Random

from webhooks.simulator.deliveries import Delivery, Json, Told, headers_of, stable_id, to_bytes

LATE_SHARE = 0.02
REPEATED_SHARE = 0.015
OTHER_ID_SHARE = 0.007
_SETTLED = {"ping", "installation", "project_created", "board_created"}


class Tape:
    """Collects what is told; lateness and repeats follow from the place on the tape: later days only add."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(f"tape-{seed}")  # noqa: S311  a seeded quarter, not a secret
        self._seed = seed
        self._counters: dict[str, int] = {}
        self.told: list[Told] = []
        self.deliveries: list[Delivery] = []
        self.late: list[str] = []
        self.repeated: list[str] = []
        self.other_id: list[str] = []

    def next(self, name: str, first: int = 1) -> int:
        """The next number of a named counter, as a tracker would assign it."""
        self._counters[name] = self._counters.get(name, first - 1) + 1
        return self._counters[name]

    def tell(
        self,
        at: datetime,
        source: str,
        site: str,
        event: str,
        subject: str,
        body: Json,
        late: timedelta | None = None,
    ) -> None:
        """Note what happened and send it; `late` holds it back on purpose."""
        told = Told(at, source, event, subject, to_bytes(body))
        self.told.append(told)
        number = self.next("delivery")
        delivery_id = str(stable_id(f"{self._seed}-delivery-{number}"))
        lot, delay = self._rng.random(), timedelta(milliseconds=self._rng.randrange(600, 3500))
        if late is None and lot < LATE_SHARE and event not in _SETTLED:
            late = timedelta(seconds=int(3600 * 1.5 ** self._rng.uniform(0, 9.5)))  # one hour to two days
        if late is not None:
            delay = late
            self.late.append(delivery_id)
        sent = Delivery(
            at + delay, source, site, delivery_id, event, headers_of(source, event, delivery_id), told.body
        )
        self.deliveries.append(sent)
        self._repeat(sent, self._rng.random())

    def note(self, at: datetime, source: str, event: str, subject: str, body: Json) -> None:
        """Note what a tracker holds without any delivery that speaks of it."""
        self.told.append(Told(at, source, event, subject, to_bytes(body)))

    def _repeat(self, sent: Delivery, lot: float) -> None:
        again = sent.at + timedelta(seconds=int(20 * 1.6 ** self._rng.uniform(0, 16)))
        if lot < REPEATED_SHARE:
            headers = (
                sent.headers
                if sent.source == "github"
                else {**sent.headers, "X-Atlassian-Webhook-Retry": "1"}
            )
            self.deliveries.append(sent._replace(at=again, headers=headers))
            self.repeated.append(sent.id)
        elif lot < REPEATED_SHARE + OTHER_ID_SHARE:
            other = str(stable_id(f"{self._seed}-other-{sent.id}"))
            self.deliveries.append(
                sent._replace(at=again, id=other, headers=headers_of(sent.source, sent.event, other))
            )
            self.other_id.append(other)
