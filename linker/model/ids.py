"""Who is who: immutable identity, and references to items that may not be held yet."""

from typing import NamedTuple

from linker.model.words import TrackerName


class ItemId(NamedTuple):
    """Identity: tracker, site and the tracker's immutable id.

    Jira issues by their numeric id (`10063`); GitHub issues and pull requests by repository id and number
    (`186853002#7`), which no rename changes. Sprints, milestones, repositories, projects and boards are
    told apart by a prefix: `sprint:7`, `milestone:9`, `repo:186853002`, `project:10000`, `board:8`.
    """

    tracker: TrackerName
    site: str
    id: str

    def __str__(self) -> str:
        return f"{self.tracker}:{self.site}:{self.id}"

    @property
    def place(self) -> str | None:
        """`sprint`, `milestone`, `repo`, `project` or `board`; None for an item of work."""
        head, colon, _ = self.id.partition(":")
        return head if colon else None


def item_id(text: str) -> ItemId:
    """Read an ItemId back from its text; ValueError when it is none."""
    tracker, _, rest = text.partition(":")
    site, _, own = rest.partition(":")
    if tracker == "jira" and site and own:
        return ItemId("jira", site, own)
    if tracker == "github" and site and own:
        return ItemId("github", site, own)
    raise ValueError(f"not an item id: {text!r}")


# A Ref names an item that may not be held yet: an ItemId as text (`jira:acme:10063`) where the tracker gave
# the immutable id, else an alias in its short form (`jira:PAY-12`, `github:acme/pay#7`).
Ref = str
