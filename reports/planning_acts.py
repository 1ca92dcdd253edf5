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

from linker.model import Decision, DecisionKind, Reason
from linker.scope import Card
from linker.scope.saying import short
from linker.store import Store, deliveries, lookup
from reports import wording
from reports.frame import Frame
from reports.person import person
from reports.plan import PAGE, Draft, Sheet

PATIENCE = 2.5  # seconds to wait until a decision shows
STEP = 0.04
LONGEST_SNOOZE_DAYS = 366
LONGEST_WHY = 500


class Done(NamedTuple):
    """What came of an act: decisions to keep, what is said of it, and the what-if that holds now."""

    decisions: tuple[Decision, ...]
    said: Mapping[str, Any]  # text, undo: a decision, or the act that made several
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
    own: str  # how the ids of its decisions begin: a cookie has no room for many


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
        names = dict.fromkeys(one.partition(":")[0] for one in picked)
        rows = tuple(int(name) for name in names if name.isdecimal())
        if verb in CHECKED:
            _unchanged(sheet, picked)
        return do(Act(frame, sheet, form, rows, what, f"{PAGE}{uuid.uuid4().hex}"))
    except Refusal as refusal:
        return Done((), {"text": str(refusal), "undo": "", "refused": True}, sheet.draft)


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
        time.sleep(STEP)  # another process folds it, and tells nobody
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
                f"{short(now[row].name)} was changed by somebody else after this page was drawn. "
                "Nothing was changed. Look at it below, and do it again if you still want it."
            )


def _link(act: Act) -> Done:
    kr = act.what or act.form.get("kr", "")
    if kr not in act.frame.catalogue.krs:
        raise Refusal("Choose a key result first.")
    if kr not in act.sheet.plan.active:
        why = act.frame.catalogue.why_inactive(kr, act.sheet.planned.on, act.frame.grace)
        raise Refusal(f"{act.frame.code(kr)} is not active: {why}. Nothing was linked.")
    made = [_decided(act, row, "link", kr=kr) for row in act.rows]
    return _done(act, made, f"linked to {act.frame.code(kr)}")


def _exempt(act: Act) -> Done:
    reason = act.what or act.form.get("reason", "")
    if reason not in get_args(Reason):
        raise Refusal("Choose a reason first.")
    made = [_decided(act, row, "exempt", reason=reason) for row in act.rows]
    return _done(act, made, f"exempt: {wording.reason(reason)}")


def _impact(act: Act) -> Done:
    kr, _, size = act.what.rpartition("=")
    sizes = act.frame.config.policy.planning.impact
    if size not in sizes or kr not in act.frame.catalogue.krs:
        raise Refusal("That size is not known here. Load the page again.")
    if len(act.rows) != 1:
        raise Refusal("Give a size to one ticket at a time.")
    card = next(card for card in _all(act.sheet) if card.row == act.rows[0])
    share = None if size_of(act.frame, card, kr) == size else str(Fraction(str(sizes[size])))
    made = [_decided(act, card.row, "impact", kr=kr, impact=share)]
    said = f"expected impact {size} on {act.frame.code(kr)}" if share else "no impact expected any more"
    return _done(act, made, said)


def _snooze(act: Act) -> Done:
    """Keep a finding away until a day; `what` is its id and subject, and ends the names of its fields."""
    why = act.form.get(f"why {act.what}", "").strip()
    try:
        until = date.fromisoformat(act.form.get(f"until {act.what}", ""))
    except ValueError:
        raise Refusal("Choose the day until which it sleeps.") from None
    days = (until - act.frame.today).days
    if not 0 < days <= LONGEST_SNOOZE_DAYS:
        raise Refusal("Choose a day after today, within a year.")
    if not why:
        raise Refusal("Say why it can wait.")
    at = int(datetime(until.year, until.month, until.day, tzinfo=act.frame.zone).timestamp() * 1000)
    row = act.sheet.planned.known.row
    made = [_decided(act, row, "snooze", finding=act.what[:255], until=at, why=why[:LONGEST_WHY])]
    return _done(act, made, f"{wording.finding(act.what.partition(' ')[0])}: sleeps until {until}", named="")


def _undo(act: Act) -> Done:
    """Take back a decision, or all that one act made; they stay in the history."""
    made = [one.decision for one in act.sheet.decisions]
    back = [one for one in made if one.id == act.what or one.id.startswith(f"{act.what}-")]
    if not act.what.startswith(PAGE) or not back:
        raise Refusal("That decision is not held here any more.")
    undone = [
        Decision(id=f"{act.own}-{n}", item=one.item, kind=one.kind, kr=one.kr, undoes=one.id, **_said(act))
        for n, one in enumerate(back)
    ]
    return Done(tuple(undone), {"text": "Taken back.", "undo": ""}, act.sheet.draft)


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
    return Done((), {"text": "Forgotten: nothing was written.", "undo": ""}, Draft())


def _apply(act: Act) -> Done:
    """Write the what-if: each ticket that goes or comes is moved in its tracker."""
    sprint = act.sheet.planned.known.sprint.name
    moves = [*((card, None) for card in act.sheet.out), *((card, sprint) for card in act.sheet.into)]
    if not moves:
        raise Refusal("Nothing is marked to move.")
    made = [_decided(act, card.row, "move", sprint=to, seen=card.sprints) for card, to in moves]
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
    names = [short(card.name) for row in act.rows for card in _all(act.sheet) if card.row == row]
    who = named if named is not None else wording.plural(len(made), "ticket")
    who = names[0] if named is None and len(made) == 1 and names else who
    text = f"{who} {said}." if who else f"{said}."
    return Done(tuple(made), {"text": text, "undo": act.own}, act.sheet.draft if draft is None else draft)


def _drafting() -> dict[str, Any]:
    return {"text": "", "undo": ""}


def _decided(act: Act, row: int, kind: DecisionKind, **other: Any) -> Decision:
    item = lookup.item_of(act.frame.connection, row)
    return Decision(id=f"{act.own}-{row}", item=item, kind=kind, **(_said(act) | other))


def _said(act: Act) -> dict[str, Any]:
    """Who says it, when, why and by which right."""
    who = person()
    return {
        "why": act.form.get("why", "").strip()[:LONGEST_WHY],
        "actor": who.name,
        "at": act.frame.now,
        "order": str(time.time_ns()),  # of two at one moment the later holds
        "permission": who.role or "",
    }


def _all(sheet: Sheet) -> list[Card]:
    return [*sheet.planned.plan.cards, *sheet.planned.candidates]
