"""Whether a team is to be warned about a running sprint, and in which words; pure, and quiet by default.

One message at its start, where something is wrong then, and one for each later change of scope that serves
no active key result. Only keys and codes are named, never titles or people.
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from linker.model import Finding, Millis
from linker.scope import UNPLANNED, Numbers, Plan
from linker.scope.saying import said, share, short
from linker.verdict.markdown import listed

MOST_NAMED = 5
NEW_MS: Millis = 24 * 3_600_000  # a start that is older was before anybody asked for warnings
ADDED = "added_without_key_result"
START_WORDS = {  # finding -> what is said of one, and of several
    "no_key_result": ("serves no key result", "serve no key result"),
    "inactive_key_result": ("serves only inactive key results", "serve only inactive key results"),
    "unstaffed_key_result": ("has no ticket in this sprint", "have no ticket in this sprint"),
    "short_key_result": ("is at risk and gets little of it", "are at risk and get little of it"),
    "blocked": ("waits for an unfinished ticket", "wait for unfinished tickets"),
    "carried_twice": ("was carried over more than once", "were carried over more than once"),
    "unknown_code": ("names an unknown key result", "name unknown key results"),
    "over_budget": ("is above its budget", "are above their budgets"),
}


class Told(NamedTuple):
    """What a team was told of a sprint: its start, tickets added without a key result, the budget."""

    start: bool = False
    tickets: tuple[str, ...] = ()
    unplanned: bool = False

    @classmethod
    def load(cls, stored: Any) -> "Told":
        """From the stored form."""
        if not stored:
            return cls()
        return cls(bool(stored["start"]), tuple(stored["tickets"]), bool(stored["unplanned"]))

    def dump(self) -> dict[str, Any]:
        """The stored form."""
        return {"start": self.start, "tickets": list(self.tickets), "unplanned": self.unplanned}


class Notice(NamedTuple):
    """A message, and what will have been told with it."""

    lines: tuple[str, ...]
    told: Told


def notice(plan: Plan, numbers: Numbers, findings: Sequence[Finding], told: Told, url: str) -> Notice | None:
    """What a team should hear of a sprint now; None where there is nothing new."""
    if not plan.started or plan.term.closed is not None:
        return None
    late = sorted(one.subject for one in findings if one.id == ADDED)
    over = any(one.id == "over_budget" and one.subject == UNPLANNED for one in findings)
    fresh = [name for name in late if name not in told.tickets]
    lines: list[str] = []
    start = told.start
    if not start:
        lines += _start(plan, findings)
        start = True
    if fresh:
        lines.append(_late(fresh))
    if over and not told.unplanned:
        (one,) = (one for one in numbers.budgets if one.name == UNPLANNED)
        most = share(one.limit.most or Fraction(0))
        lines.append(f"{share(one.share)} of the points came after the start; the policy allows {most}.")
    known = Told(start, tuple(sorted({*told.tickets, *late})), told.unplanned or over)
    if not lines:
        return None
    return Notice((_head(plan.title, numbers), *lines, f"Look and decide: {url}"), known)


def whole(
    plan: Plan, numbers: Numbers, findings: Sequence[Finding], url: str, *, titled: bool = True
) -> tuple[str, ...]:
    """All that a team should know of a sprint now, for a comment that is kept true."""
    lines = _wrong(findings)
    late = sorted(one.subject for one in findings if one.id == ADDED)
    if late:
        lines.append(_late(late))
    return (
        _head(plan.title if titled else "This sprint", numbers),
        *(lines or ["Nothing else needs a look."]),
        f"Look and decide: {url}",
    )


def _start(plan: Plan, findings: Sequence[Finding]) -> list[str]:
    """What is wrong at the start; nothing of a sprint that began long ago, or where only notes were found."""
    if plan.term.start is None or plan.now - plan.term.start > NEW_MS:
        return []
    return _wrong(findings)


def _wrong(findings: Sequence[Finding]) -> list[str]:
    found: dict[str, list[str]] = {}
    for one in findings:
        if one.severity in ("error", "warning") and one.id in START_WORDS and one.subject != UNPLANNED:
            found.setdefault(one.id, []).append(one.subject)
    return [f"{_named(subjects)} {START_WORDS[own][len(subjects) > 1]}." for own, subjects in found.items()]


def _head(title: str, numbers: Numbers) -> str:
    parts = numbers.parts
    whole = (
        f"{said(parts.points['active'])} of {said(parts.total)} points"
        if parts.total
        else f"{parts.tickets['active']} of {parts.number} tickets"
    )
    return f"{title}: {whole} serve an active key result, {numbers.serving} %."


def _late(subjects: Sequence[str]) -> str:
    verb = "serves" if len(subjects) == 1 else "serve"
    return f"{_named(subjects)} came after the start and {verb} no active key result."


def _named(subjects: Sequence[str]) -> str:
    return listed(map(short, subjects), MOST_NAMED)
