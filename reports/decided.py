"""What people decided on an item, in words: what was said, what was taken back, and what became of it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from linker.model import SPRINT, Decision, ItemId, Millis
from linker.moves import said
from linker.moving import Moved, ids_of, moved
from linker.own import undos
from linker.store import Connection, flow, sprints
from reports import wording
from reports.frame import Frame

Names = Mapping[str, str]  # ItemId of a sprint, as text -> what it is called


class Decided(NamedTuple):
    """One decision: `words`, a key result where it is about one, `more`, and what became of it."""

    at: Millis | None
    actor: str
    words: str
    kr: str | None
    more: str
    why: str
    note: str = ""


def decided(frame: Frame, row: Any) -> list[Decided]:
    """Every decision on an item, newest first."""
    rows = [one["content"] for one in flow.decisions_on(frame.connection, row["id"])]
    if not rows:
        return []
    held = moved(frame.connection, [row], frame.now).get(row["id"])
    refs = {ref for one in rows for ref in (one.get("sprint"), *one.get("seen", ())) if ref}
    named = names(frame.connection, refs | (held.spot.now if held else frozenset()))
    notes = _notes(held, row, named)
    taken_back = undos([Decision.model_validate(one) for one in rows])
    return [_one(frame, one, rows, taken_back, named, row["tracker"], notes) for one in rows]


def names(connection: Connection, refs: Iterable[str]) -> Names:
    """What sprints and milestones are called."""
    found: dict[ItemId, str] = sprints.named(connection, ids_of(set(refs)))
    return {str(own): title for own, title in found.items()}


def names_in(connection: Connection, changes: Iterable[Any]) -> Names:
    """What the sprints are called that changes are about."""
    moves = [one["desired"] for one in changes if one["surface"] == SPRINT]
    return names(connection, {ref for one in moves for ref in (one["to"], *one["from"]) if ref})


def _one(
    frame: Frame,
    content: dict[str, Any],
    rows: Sequence[dict[str, Any]],
    taken_back: Callable[[str], Sequence[Decision]],
    named: Names,
    tracker: str,
    notes: Mapping[str, str],
) -> Decided:
    undone = next((one for one in rows if one["id"] == content.get("undoes")), None)
    words, kr, more = wording.decision(undone or content, named, tracker, frame.zone)
    if content.get("undoes"):
        words = f"takes back: {words}" if undone else f"takes back decision {content['undoes']}"
    if taken_back(content["id"]):
        more = f"{more} (taken back)"
    at, actor, why = content.get("at"), content.get("actor", ""), content.get("why", "")
    return Decided(at, actor, words, kr, more, why, notes.get(content["id"], ""))


def _notes(held: Moved | None, row: Any, named: Names) -> dict[str, str]:
    """Why the last word on its sprint is not followed."""
    word = None if held is None else said(row["category"], held.decisions, held.spot)
    if held is None or word is None:
        return {}
    if word.says == "elsewhere":
        places = [wording.sprint(ref, named, row["tracker"]) for ref in sorted(held.spot.now)]
        place = wording.listed(places) or wording.sprint(None, named, row["tracker"])
        tracker = "Jira" if row["tracker"] == "jira" else "GitHub"
        return {word.decision: f"Not done: it was moved to {place} in {tracker} meanwhile."}
    return {word.decision: "Not done: what is done is not moved."} if word.says == "over" else {}
