"""What follows from the facts: links with their provenance, findings, and changes that we want."""

from typing import Any, Literal

from linker.model.ids import ItemId
from linker.model.words import LinkKind, Millis, Noun


class Provenance(Noun):
    """What made a link: rule, field and text span, actor and the time from which it holds."""

    rule: str
    field: str
    span: tuple[int, int] | None = None
    text: str = ""
    actor: str = ""
    at: Millis = 0


class Link(Noun):
    """child -> parent: an item, or a key result by its full id when `kind` is `tag`."""

    child: ItemId
    parent: str  # str(ItemId), or a full KR id for tags
    kind: LinkKind
    why: Provenance


class Finding(Noun):
    """Something a person should look at, and what would fix it."""

    id: str
    severity: Literal["error", "warning", "note"]
    subject: str
    text: str
    fix: str = ""


class Change(Noun):
    """One write that we want on a tracker: the state that a surface of an item should have."""

    item: ItemId
    surface: str  # label:kr:O1.KR2, sprint, check:<sha>, status:<sha>, comment, reaction:<id>
    desired: dict[str, Any]  # JSON
