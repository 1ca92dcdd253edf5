"""What a planner does on the page becomes decisions; what changed meanwhile is said, not overwritten.

An act is `verb:row:what:state`: the state is that of the ticket when the page was drawn.
"""

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from fractions import Fraction
from typing import Any, NamedTuple, get_args

from linker.model import Decision, DecisionKind, ItemId, Reason
from linker.scope import Card
from linker.store import Store, deliveries, lookup
from reports import wording
from reports.frame import Frame
from reports.person import person
from reports.plan import PAGE, Draft, Sheet

PATIENCE = 2.5  # seconds to wait until a decision shows
STEP = 0.04
LONGEST_SNOOZE_DAYS = 366


class Done(NamedTuple):
    """What came of an act: decisions to keep, what is said of it, and the what-if that holds now."""

    decisions: tuple[Decision, ...]
    said: Mapping[str, Any]  # text, undo: ids of decisions
    draft: Draft


class Refusal(Exception):  # noqa: N818 - an answer to a person, not an error of ours
    """Nothing was done, and why."""


class Act(NamedTuple):
    """One act on one ticket."""

    frame: Frame
    sheet: Sheet
    form: Mapping[str, str]
    rows: tuple[int, ...]
    what: str


def act(frame: Frame, sheet: Sheet, form: Any) -> Done:
    """Do what a form asks for; a refusal does nothing, and says why."""
    verb, _, rest = str(form.get("do", "")).partition(":")
    do = VERBS.get(verb)
    try:
        if do is None:
            raise Refusal("That button is not known here. Load the page again.")
        if not sheet.planned.known.is_open and verb != "undo":
            raise Refusal(f"{sheet.plan.title} was closed meanwhile. Nothing was changed.")
        row, _, rest = rest.partition(":")
        what, _, state = rest.rpartition(":") if row != "selected" else (rest, "", "")
        picked = form.getlist("item") if row == "selected" else [f"{row}:{state}"]
        if not picked:
            raise Refusal("No ticket is selected. Select some with the boxes first.")
        rows = tuple(int(one.partition(":")[0]) for one in picked if one.partition(":")[0].isdecimal())
        if verb in CHECKED:
            _unchanged(sheet, picked)
        return do(Act(frame, sheet, form, rows, what))
    except Refusal as refusal:
        return Done((), {"text": str(refusal), "undo": [], "refused": True}, sheet.draft)


def state_of(card: Card) -> str:
    """What a decision on a ticket would stand on, in six characters."""
    told = f"{card.krs}{card.exemption}{card.category}{card.story.inside}{sorted(card.impact.items())}"
    return hashlib.sha256(told.encode()).hexdigest()[:6]


def size_of(frame: Frame, card: Card, kr: str) -> str:
    """The size of impact that a ticket has on a key result; empty where it has none, or another share."""
    share = card.impact.get(kr)
    sizes = frame.config.policy.planning.impact
    return next((size for size, own in sizes.items() if share == Fraction(str(own))), "")


def folded(store: Store) -> bool:
    """Wait a moment until what was decided shows."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with store.read() as connection:
            if deliveries.oldest_waiting(connection) is None:
                return True
        time.sleep(STEP)
    return False


def _unchanged(sheet: Sheet, picked: Sequence[str]) -> None:
    """Whether the tickets are as the planner saw them."""
    now = {str(card.row): card for card in _all(sheet)}
    for one in picked:
        row, _, state = one.partition(":")
        if row not in now:
            raise Refusal("That ticket is no longer in this sprint. Nothing was changed.")
        if state != state_of(now[row]):
            raise Refusal(
                f"{_short(now[row].name)} was changed by somebody else after this page was drawn. "
                "Nothing was changed. Look at it below, and do it again if you still want it."
            )


def _link(act: Act) -> Done:
    kr = act.what or act.form.get("kr", "")
    if kr not in act.frame.catalogue.krs:
        raise Refusal("Choose a key result first.")
    if kr not in act.sheet.plan.active:
        why = act.frame.catalogue.why_inactive(kr, act.sheet.planned.on, act.frame.grace)
        raise Refusal(f"{act.frame.code(kr)} is not active: {why}. Nothing was linked.")
    made = [_made(act, row, "link", kr=kr) for row in act.rows]
    return _done(act, made, f"linked to {act.frame.code(kr)}")


def _exempt(act: Act) -> Done:
    reason = act.what or act.form.get("reason", "")
    if reason not in get_args(Reason):
        raise Refusal("Choose a reason first.")
    made = [_made(act, row, "exempt", reason=reason) for row in act.rows]
    return _done(act, made, f"exempt: {wording.reason(reason)}")


def _impact(act: Act) -> Done:
    kr, _, size = act.what.rpartition("=")
    sizes = act.frame.config.policy.planning.impact
    (row,) = act.rows
    if size not in sizes or kr not in act.frame.catalogue.krs:
        raise Refusal("That size is not known here. Load the page again.")
    card = next(card for card in _all(act.sheet) if card.row == row)
    share = None if size_of(act.frame, card, kr) == size else str(Fraction(str(sizes[size])))
    made = [_made(act, row, "impact", kr=kr, impact=share)]
    said = f"expected impact {size} on {act.frame.code(kr)}" if share else "no impact expected any more"
    return _done(act, made, said)


def _snooze(act: Act) -> Done:
    """Keep a finding away until a day; `what` is its id and subject."""
    try:
        until = date.fromisoformat(act.form.get("until", ""))
    except ValueError:
        raise Refusal("Choose the day until which it sleeps.") from None
    days = (until - act.frame.today).days
    if not 0 < days <= LONGEST_SNOOZE_DAYS:
        raise Refusal("Choose a day after today, within a year.")
    if not act.form.get("why", "").strip():
        raise Refusal("Say why it can wait.")
    at = int(datetime(until.year, until.month, until.day, tzinfo=act.frame.zone).timestamp() * 1000)
    own = _sprint_id(act)
    made = [_decision(act, own, "snooze", finding=act.what, until=at)]
    return _done(act, made, f"{wording.finding(act.what.partition(' ')[0])}: sleeps until {until}", named="")


def _undo(act: Act) -> Done:
    """Take decisions back; they stay in the history."""
    made = []
    for own in act.what.split(","):
        with_id = lookup.decision(act.frame.connection, own)
        if with_id is None:
            raise Refusal("That decision is not held.")
        made.append(_decision(act, with_id.item, with_id.kind, kr=with_id.kr, undoes=own))
    return Done(tuple(made), {"text": "Taken back.", "undo": []}, act.sheet.draft)


def _out(act: Act) -> Done:
    draft = act.sheet.draft
    into = tuple(row for row in draft.into if row not in act.rows)
    here = {card.row for card in act.sheet.planned.plan.cards}
    out = tuple(dict.fromkeys([*draft.out, *(row for row in act.rows if row in here)]))
    return Done((), _drafting(), Draft(out, into))


def _in(act: Act) -> Done:
    draft = act.sheet.draft
    out = tuple(row for row in draft.out if row not in act.rows)
    coming = {card.row for card in act.sheet.planned.candidates}
    into = tuple(dict.fromkeys([*draft.into, *(row for row in act.rows if row in coming)]))
    return Done((), _drafting(), Draft(out, into))


def _swap(act: Act) -> Done:
    """One goes, one comes: `what` is the row of the one that comes."""
    going = _out(act)
    coming = int(act.what) if act.what.isdecimal() else 0
    return Done((), _drafting(), Draft(going.draft.out, tuple(dict.fromkeys([*going.draft.into, coming]))))


def _forget(act: Act) -> Done:
    return Done((), {"text": "Forgotten: nothing was written.", "undo": []}, Draft())


def _apply(act: Act) -> Done:
    """Write the what-if: each ticket that goes or comes is moved in its tracker."""
    sprint = str(_sprint_id(act))
    moves = [*((card, None) for card in act.sheet.out), *((card, sprint) for card in act.sheet.into)]
    if not moves:
        raise Refusal("Nothing is marked to move.")
    made = [_made(act, card.row, "move", sprint=to, seen=card.sprints) for card, to in moves]
    return _done(act, made, "on the way to the tracker", draft=Draft())


VERBS: Mapping[str, Callable[[Act], Done]] = {
    "link": _link,
    "exempt": _exempt,
    "impact": _impact,
    "snooze": _snooze,
    "undo": _undo,
    "out": _out,
    "in": _in,
    "swap": _swap,
    "forget": _forget,
    "apply": _apply,
}
CHECKED = frozenset({"link", "exempt", "impact"})


def _done(
    act: Act, made: Sequence[Decision], said: str, *, draft: Draft | None = None, named: str | None = None
) -> Done:
    names = [_short(card.name) for row in act.rows for card in _all(act.sheet) if card.row == row]
    who = named if named is not None else wording.plural(len(made), "ticket")
    who = names[0] if named is None and len(made) == 1 and names else who
    text = f"{who} {said}." if who else f"{said}."
    undo = ",".join(one.id for one in made)
    return Done(tuple(made), {"text": text, "undo": undo}, act.sheet.draft if draft is None else draft)


def _drafting() -> dict[str, Any]:
    return {"text": "", "undo": []}


def _made(act: Act, row: int, kind: DecisionKind, **other: Any) -> Decision:
    return _decision(act, lookup.item_of(act.frame.connection, row), kind, **other)


def _decision(act: Act, item: ItemId, kind: DecisionKind, **other: Any) -> Decision:
    who = person()
    return Decision(
        id=f"{PAGE}{uuid.uuid4().hex}",
        item=item,
        kind=kind,
        why=act.form.get("why", "").strip()[:500],
        actor=who.name,
        at=act.frame.now,
        order=str(time.time_ns()),  # of two at one moment the later holds
        permission=who.role or "",
        **other,
    )


def _sprint_id(act: Act) -> ItemId:
    return lookup.item_of(act.frame.connection, act.sheet.planned.known.row)


def _all(sheet: Sheet) -> list[Card]:
    return [*sheet.planned.plan.cards, *sheet.planned.candidates]


def _short(name: str) -> str:
    return name.partition(":")[2] or name
