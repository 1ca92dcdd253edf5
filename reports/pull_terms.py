"""What a filter can say of pull requests: when they were made, whose work they are, what exempts them."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from linker.optouts import start_of
from linker.store import lookup
from reports import wording
from reports.frame import Frame

Reader = Callable[[Frame, dict[str, Any], str, str], str]


def created_term(first: date, last: date) -> str:
    """The term for what was made on these days and between."""
    return f"created:{first.isoformat()}..{last.isoformat()}"


def _created(frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    """One day, or two with `..` between, both inclusive, in the zone of the page."""
    start, dots, end = rest.partition("..")
    try:
        first = date.fromisoformat(start)
        last = date.fromisoformat(end) if dots else first
        parts["created"] = (start_of(first, frame.zone), start_of(last + timedelta(days=1), frame.zone))
    except (ValueError, OverflowError):
        return ""
    if first == last:
        return f"made on {wording.calendar(first)}"
    return f"made from {wording.calendar(first, first.year != last.year)} to {wording.calendar(last)}"


def _source(_frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    parts["source"] = rest
    return f"exempt by {wording.source(rest)}"


def _in(_frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    parts["containers"] = (rest,)
    return f"in {rest}"


def _teamless(frame: Frame, parts: dict[str, Any], _head: str, _rest: str) -> str:
    named = [name for team in frame.config.teams for name in (*team.projects, *team.repositories)]
    parts["elsewhere"] = tuple(named)
    return "of no team"


def _work_of(frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    rows = lookup.rows(frame.connection, rest)
    if not rows:
        return ""
    parts["work_of"] = next(iter(rows))
    return f"for {rest}"


def _judged(_frame: Frame, parts: dict[str, Any], _head: str, _rest: str) -> str:
    parts["judged"] = True
    return "judged"


def _late(_frame: Frame, _parts: dict[str, Any], _head: str, _rest: str) -> str:
    return "linked only after the merge"


PULL_TERMS: dict[str, Reader] = {
    "created": _created,
    "source": _source,
    "in": _in,
    "teamless": _teamless,
    "for": _work_of,
    "judged": _judged,
    "late": _late,
}
BARE_PULL_TERMS = frozenset({"teamless", "judged", "late"})
