"""The nouns: frozen values in which every other module speaks; times are epoch milliseconds, UTC.

words     words with few values
ids       who is who
facts     what a delivery says
okrs      cycles, objectives, key results
results   what follows from it
undoing   which of several words stand when some take others back
"""

from linker.model.facts import (
    Asked,
    Command,
    Decision,
    Facets,
    Facts,
    Head,
    ItemLink,
    Kind,
    LabelAct,
    Observation,
    Person,
    PlaceFacts,
    Reading,
    Relation,
    SprintDates,
    State,
)
from linker.model.ids import (
    ItemId,
    Ref,
    item_id,
)
from linker.model.okrs import (
    Cycle,
    KeyResult,
    Objective,
    StateChange,
)
from linker.model.results import (
    Change,
    Finding,
    Link,
    Provenance,
)
from linker.model.words import (
    CHECK,
    COMMENT_MARK,
    SPRINT,
    Category,
    Comparator,
    DecisionKind,
    KRKind,
    KRState,
    Level,
    LinkKind,
    Millis,
    Noun,
    Reason,
    Role,
    TrackerName,
    VerdictWord,
)

__all__ = [
    "CHECK",
    "COMMENT_MARK",
    "SPRINT",
    "Asked",
    "Category",
    "Change",
    "Command",
    "Comparator",
    "Cycle",
    "Decision",
    "DecisionKind",
    "Facets",
    "Facts",
    "Finding",
    "Head",
    "ItemId",
    "ItemLink",
    "KRKind",
    "KRState",
    "KeyResult",
    "Kind",
    "LabelAct",
    "Level",
    "Link",
    "LinkKind",
    "Millis",
    "Noun",
    "Objective",
    "Observation",
    "Person",
    "PlaceFacts",
    "Provenance",
    "Reading",
    "Reason",
    "Ref",
    "Relation",
    "Role",
    "SprintDates",
    "State",
    "StateChange",
    "TrackerName",
    "VerdictWord",
    "item_id",
]
