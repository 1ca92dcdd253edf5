"""The words with few values, and what every noun is: frozen, and strict about its fields."""

from enum import IntEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

Millis = int
TrackerName = Literal["jira", "github"]
Comparator = Literal["from_to", "at_most", "at_least", "maintain_below", "zero", "ratio", "boolean"]
KRKind = Literal["committed", "aspirational", "guardrail"]
KRState = Literal["proposed", "open", "deferred", "dropped", "closed"]
Category = Literal["todo", "doing", "done", "dropped"]
LinkKind = Literal["tag", "parent", "delivers", "contributes", "mentions", "blocks"]
DecisionKind = Literal["link", "unlink", "exempt", "snooze", "confirm", "move", "impact"]
Reason = Literal["ktlo", "debt", "incident", "spike", "upstream", "docs"]
Role = Literal["viewer", "planner", "director", "admin"]  # each may do what the ones before it may
VerdictWord = Literal["serving", "exempt", "undecided", "inactive", "unknown", "unlinked"]


CHECK = "sightline"  # the name of our check run, and the context of our commit status
SPRINT = "sprint"  # the surface of an item on which a person's move is written
COMMENT_MARK = "<!-- sightline -->"  # how our one comment begins


class Noun(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(IntEnum):
    """How far below a key result an item stands; serving links only go down."""

    KR = 0
    INITIATIVE = 1
    EPIC = 2
    TICKET = 3
    SUBTASK = 4
    PULL_REQUEST = 5
