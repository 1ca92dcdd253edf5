"""The OKR side: cycles, objectives and key results."""

from datetime import date
from decimal import Decimal

from pydantic import Field

from linker.model.words import Comparator, KRKind, KRState, Noun


class StateChange(Noun):
    """A key result changed state on a day, for a reason."""

    state: KRState
    on: date
    reason: str = ""


class KeyResult(Noun):
    """A measured outcome with baseline, target and owner; unique by code within its cycle."""

    code: str
    title: str
    cycle: str
    objective: str
    metric: str = ""
    unit: str = ""
    baseline: Decimal | None = None
    target: Decimal | None = None
    comparator: Comparator = "from_to"
    owner: str = ""
    team: str = ""
    source: dict[str, str] = Field(default_factory=dict)
    kind: KRKind = "committed"
    state: KRState = "open"
    history: tuple[StateChange, ...] = ()
    keywords: tuple[str, ...] = ()
    guards: str | None = None
    weight: Decimal = Decimal(1)

    @property
    def id(self) -> str:
        """The full id, `2026Q4/O1.KR2`."""
        return f"{self.cycle}/{self.code}"


class Objective(Noun):
    """What we want to be true and why now; its key results say how we would know."""

    code: str
    title: str
    cycle: str
    owner: str = ""
    why_now: str = ""
    driver: str = ""
    parent: str | None = None
    team: str = ""
    key_results: tuple[KeyResult, ...] = ()


class Cycle(Noun):
    """A span of days, both inclusive, in its own time zone."""

    id: str
    start: date
    end: date
    timezone: str = "UTC"
    objectives: tuple[Objective, ...] = ()
