"""The shape of okrs.yaml: what an author may write, key by key; editors and messages take words from here."""

from typing import Any

from pydantic import Field

from linker.model import Comparator, KRKind, KRState, Noun
from linker.okrs.words import CycleId, Day, Number, ObjectiveCode, Source, Text, Title, Zone


class StateEntry(Noun):
    """A key result changed state on a day, for a reason."""

    state: KRState = Field(description="The state from this day on.", examples=["dropped"])
    on: Day = Field(description="The first day of this state.", examples=["2026-11-03"])
    reason: Text = Field("", description="Why, in one sentence.")


class KeyResultEntry(Noun):
    """A measured outcome with baseline, target and owner."""

    code: Title = Field(description="The code in full, unique in its cycle.", examples=["O1.KR2"])
    title: Title = Field(
        description="What will be true, in one line.",
        examples=["Fewer payments are given up at the last step"],
    )
    metric: Text = Field("", description="What is measured.", examples=["share of payments given up"])
    unit: Text = Field("", description="The unit of baseline and target.", examples=["%"])
    baseline: Number | None = Field(None, description="The value when the cycle starts.", examples=[45])
    target: Number | None = Field(None, description="The value that counts as reached.", examples=[10])
    comparator: Comparator = Field(
        "from_to", description="How the value is compared with the target.", examples=["at_most"]
    )
    owner: Text = Field("", description="The one role or person who keeps it on course.")
    team: Text = Field("", description="A team of app.yaml.", examples=["payments"])
    source: Source = Field(
        default_factory=lambda: {"type": "manual"},
        description="Where the values come from.",
        examples=["{type: manual}"],
    )
    kind: KRKind = Field("committed", description="Promised, a stretch, or a bound that must not be crossed.")
    state: KRState | None = Field(None, description="The state; open when left out.")
    since: Day | None = Field(
        None, description="The first day of `state`, where there is no history.", examples=["2026-11-03"]
    )
    history: tuple[StateEntry, ...] = Field((), description="How the state changed, with dates and reasons.")
    keywords: tuple[Title, ...] = Field((), description="Words that speak for this key result in a ticket.")
    guards: Text | None = Field(
        None, description="For a guardrail: the key result whose price it watches.", examples=["O1.KR1"]
    )
    weight: Number = Field(
        default="1",
        validate_default=True,
        description="Its share where an item serves several.",
        examples=[1],
    )


class ObjectiveEntry(Noun):
    """What we want to be true and why now."""

    code: ObjectiveCode = Field(description="The code, unique in its cycle.", examples=["O1"])
    title: Title = Field(description="What we want to be true.", examples=["Buyers finish what they started"])
    owner: Text = Field("", description="The one role or person who answers for it.")
    why_now: Text = Field("", description="Why this cycle and not the next one.")
    driver: Text = Field("", description="The business reason: revenue, retention, efficiency, risk.")
    parent: Text | None = Field(None, description="The objective that this one supports.")
    team: Text = Field("", description="A team of app.yaml; its key results take it over.")
    key_results: tuple[KeyResultEntry, ...] = Field((), description="How we would know.")


class CycleEntry(Noun):
    """A span of days, both inclusive."""

    id: CycleId = Field(description="The name of the cycle.", examples=["2026Q4"])
    start: Day = Field(description="The first day.", examples=["2026-10-01"])
    end: Day = Field(description="The last day, inclusive.", examples=["2026-12-31"])
    timezone: Zone = Field("UTC", description="Where its days begin and end.", examples=["Europe/Berlin"])
    objectives: tuple[ObjectiveEntry, ...] = Field((), description="What we want to be true in this cycle.")


class OkrsFile(Noun):
    """okrs.yaml: cycles with their objectives and key results."""

    cycles: tuple[CycleEntry, ...] = Field(description="All cycles, past and future.", examples=["[]"])


def okrs_schema() -> dict[str, Any]:
    """The JSON Schema of okrs.yaml, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | OkrsFile.model_json_schema()
