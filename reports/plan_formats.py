"""FORMATS of a plan: text for a terminal, JSON and CSV for scripts; the same numbers as on the page."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from linker import scope
from linker.scope import PARTS, Budget, Card, Effect, Goal
from reports import wording
from reports.plan import Hint, Sheet, exact

PART_WORDS = {
    "active": "serve an active key result",
    "inactive": "only inactive ones",
    "exempt": "exempt on purpose",
    "none": "no key result",
}
COLUMNS = (
    "ticket", "title", "points", "counted", "part", "key_results", "exemption", "state", "planned", "added",
    "carried", "assignee",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run


def as_data(sheet: Sheet) -> dict[str, Any]:
    """The plan for scripts; points and shares are exact fractions in text."""
    numbers = sheet.numbers
    parts = numbers.parts
    return {
        "sprint": _sprint(sheet),
        "percent_serving": numbers.serving,
        "points": {part: exact(parts.points[part]) for part in PARTS} | {"total": exact(parts.total)},
        "tickets": {part: parts.tickets[part] for part in PARTS} | {"total": parts.number},
        "unestimated": parts.unestimated,
        "negative": parts.negative,
        "capacity": None if numbers.capacity is None else exact(numbers.capacity),
        "capacity_from": sheet.planned.capacity_from,
        "key_results": [_goal(sheet, goal) for goal in sheet.plan.goals],
        "budgets": [_budget(one) for one in numbers.budgets],
        "findings": [
            {"id": one.id, "severity": one.severity, "subject": one.subject, "text": one.text, "fix": one.fix}
            for group in sheet.groups
            for one in group.findings
        ],
        "snoozed": [
            {"id": one.id, "subject": one.subject, "until": decision.until, "why": decision.why}
            for one, decision in sheet.snoozed
        ],
        "suggestions": {
            card.name: [{"kr": hint.kr, "because": list(hint.reasons)} for hint in sheet.hints[card.row]]
            for card in sheet.plan.cards
            if sheet.hints.get(card.row)
        },
        "swaps": [
            {"out": swap.out.name, "in": swap.into.name, "effects": _effects(swap.effects)}
            for swap in sheet.swaps
        ],
        "draft": {
            "out": [card.name for card in sheet.out],
            "in": [card.name for card in sheet.into],
            "effects": _effects(sheet.effects),
        },
        "items": [dict(zip(COLUMNS, row, strict=True)) for row in rows(sheet)],
    }


def _sprint(sheet: Sheet) -> dict[str, Any]:
    term, known = sheet.plan.term, sheet.planned.known
    return {
        "id": known.row,
        "title": sheet.plan.title,
        "state": known.sprint.dates.state,
        "start": term.start,
        "end": term.end,
        "closed": term.closed,
        "teams": [team.name for team in sheet.planned.teams],
    }


def _goal(sheet: Sheet, goal: Goal) -> dict[str, Any]:
    parts, nothing = sheet.numbers.parts, Fraction(0)
    return {
        "id": goal.id,
        "code": goal.code,
        "title": goal.title,
        "owner": goal.owner,
        "team": goal.team,
        "active": goal.active,
        "pace": goal.pace,
        "progress": None if goal.progress is None else exact(goal.progress),
        "confidence": None if goal.confidence is None else str(goal.confidence),
        "points": exact(parts.krs.get(goal.id, nothing)),
        "tickets": parts.serving.get(goal.id, 0),
        "expected_impact": exact(sheet.numbers.impact.get(goal.id, nothing)),
    }


def _budget(one: Budget) -> dict[str, Any]:
    return {
        "name": one.name,
        "points": exact(one.points),
        "share": exact(one.share),
        "budget": None if one.limit.most is None else exact(one.limit.most),
        "floor": None if one.limit.least is None else exact(one.limit.least),
        "state": one.state,
    }


def _effects(effects: Iterable[Effect]) -> list[dict[str, str]]:
    return [
        {"name": one.name, "before": exact(one.before), "after": exact(one.after), "unit": one.unit}
        for one in effects
    ]


def rows(sheet: Sheet) -> list[list[Any]]:
    """A row for each ticket, in the order of parts and then of size."""
    counted = {card.row for card in sheet.plan.carrying}
    active = sheet.plan.active
    cards = sorted(
        sheet.plan.cards,
        key=lambda card: (PARTS.index(scope.part(card, active)), -scope.worth(card), card.name),
    )
    return [_row(card, scope.part(card, active), card.row in counted) for card in cards]


def _row(card: Card, part: str, counted: bool) -> list[Any]:
    return [
        card.name,
        card.title,
        None if card.points is None else str(card.points),
        counted,
        part,
        " ".join(card.krs),
        card.exemption or "",
        card.category,
        card.story.planned,
        card.story.added,
        card.carried,
        wording.person(card.assignee),
    ]


def as_json(sheet: Sheet) -> str:
    """JSON for scripts."""
    return json.dumps(as_data(sheet), ensure_ascii=False, indent=2) + "\n"


def as_csv(sheet: Sheet) -> str:
    """One line a ticket; nothing in it runs as a formula."""
    written = io.StringIO()
    sheet_of = csv.writer(written, lineterminator="\n")
    sheet_of.writerow(COLUMNS)
    for row in rows(sheet):
        sheet_of.writerow([_cell(name, value) for name, value in zip(COLUMNS, row, strict=True)])
    return written.getvalue()


def _cell(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) and name != "points" else text


def as_text(sheet: Sheet) -> str:
    """What a terminal shows: the share, the findings, suggestions and budgets."""
    plan, numbers = sheet.plan, sheet.numbers
    parts = numbers.parts
    whole = (
        f"{wording.number(parts.points['active'])} of {wording.number(parts.total)} points"
        if parts.total
        else f"{parts.tickets['active']} of {parts.number} tickets"
    )
    if not parts.number:
        return f"{plan.title}: no tickets yet. Put tickets into the sprint in the tracker."
    lines = [f"{plan.title}: {numbers.serving} % serve an active key result ({whole})."]
    shares = scope.shares(parts)
    lines += [
        f"  {shares[part]:>3} %  {wording.number(parts.points[part]):>5} points  "
        f"{wording.plural(parts.tickets[part], 'ticket'):>11}  {PART_WORDS[part]}"
        for part in PARTS
    ]
    if numbers.capacity is not None:
        lines.append(f"  Capacity {wording.number(numbers.capacity)} points ({sheet.planned.capacity_from}).")
    for group in sheet.groups:
        lines += ["", f"{group.severity}: {wording.finding(group.id)} ({len(group.findings)})"]
        for one in group.worst:
            lines.append(f"  {one.subject}  {one.text} {one.fix}")
            lines += [
                f"      maybe {hint.code}: {'; '.join(hint.reasons)}" for hint in _hints(sheet, one.subject)
            ]
        if len(group.findings) > len(group.worst):
            lines.append(f"  and {len(group.findings) - len(group.worst)} more")
    if sheet.swaps:
        lines += ["", "Swaps"]
        lines += [
            f"  {swap.out.name} out, {swap.into.name} in: {said_effects(swap.effects)}"
            for swap in sheet.swaps
        ]
    if sheet.out or sheet.into:
        lines += ["", f"Would change: {said_effects(sheet.effects) or 'nothing'}"]
    lines += ["", "Checklist"]
    lines += [
        f"  {'✓' if one.ready else ' '} {one.text}: {one.done} of {one.whole}"
        + ("" if one.ready else f". {one.todo}")
        for one in sheet.checklist
    ]
    return "\n".join(lines)


def said_effects(effects: Iterable[Effect]) -> str:
    """What changes, in words: serves an active key result 60 to 66 %, O1.KR2 5 to 8 points."""
    return ", ".join(
        f"{one.name} {wording.number(one.before)} to {wording.number(one.after)} {one.unit}"
        for one in effects
    )


def _hints(sheet: Sheet, subject: str) -> tuple[Hint, ...]:
    row = next((card.row for card in sheet.plan.cards if card.name == subject), 0)
    return sheet.hints.get(row, ())


FORMATS: Mapping[str, Callable[[Sheet], str]] = {"text": as_text, "json": as_json, "csv": as_csv}
