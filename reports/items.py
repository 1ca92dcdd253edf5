"""The list behind every number: items by what they serve, where they are and what was found on them."""

from typing import Any, NamedTuple

from flask import request

from linker.model import Level
from linker.store import counts, lists, lookup
from linker.store.lists import Wanted
from reports import wording
from reports.coverage import counted_rows, running_rows
from reports.frame import Frame, framed, render
from reports.late import late_pulls
from reports.pull_terms import BARE_PULL_TERMS, PULL_TERMS

PARTS = ("active", "inactive", "exempt", "none")
LEVELS: dict[str, tuple[str, tuple[int, ...]]] = {
    "epic": ("Epics", (Level.INITIATIVE, Level.EPIC)),
    "work": ("Tickets", (Level.TICKET, Level.SUBTASK)),
    "ticket": ("Tickets, no sub-tasks", (Level.TICKET,)),
    "pull": ("Pull requests", (Level.PULL_REQUEST,)),
}
LAST_PAGE = 10_000


class Asked(NamedTuple):
    """A filter as the reader wrote it, what it lets through, and what it could not make sense of."""

    wanted: Wanted
    said: tuple[str, ...]  # each part in words
    lost: tuple[str, ...]


def items() -> str:
    """Items that a filter lets through; every number on other pages opens one."""
    with framed() as frame:
        asked = ask(
            frame,
            request.args.get("q", "")[:300],
            request.args.get("level", ""),
            request.args.get("team", ""),
        )
        number = page_number()
        total = 0 if asked.lost else lists.count(frame.connection, asked.wanted)
        rows = []
        if total:
            rows = lists.page(frame.connection, asked.wanted, (number - 1) * lists.MOST)
        return render(
            "items.html",
            frame,
            asked=asked,
            total=total,
            rows=[_shown(frame, row) for row in _with_krs(frame, rows)],
            page=number,
            pages=max(-(-total // lists.MOST), 1),
            first=(number - 1) * lists.MOST + 1,
            levels=LEVELS,
            teams=[team.name for team in frame.config.teams],
        )


def page_number() -> int:
    """The page that was asked for, kept in bounds."""
    return min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)


def ask(frame: Frame, q: str, level: str, team: str) -> Asked:
    """Read a filter: words, and terms like `serves:O1.KR2 open` that must all hold."""
    parts: dict[str, Any] = {"words": (), "serves": (), "active": tuple(sorted(frame.active))}
    said: list[str] = []
    lost: list[str] = []
    terms = q.replace("\0", " ").split()
    for term in terms:
        head, colon, rest = term.partition(":")
        reader = TERMS.get(head) if colon or head in BARE else None
        if reader is None:
            parts["words"] += (term.strip('"'),)
            said.append(f"named “{term.strip(chr(34))}”")
            continue
        words = reader(frame, parts, head, rest)
        (said if words else lost).append(words or term)
    if "counted" in terms:
        parts["rows"] = counted_rows(frame, list(parts.get("sprints", ())))
    if "late" in terms:
        own = {one.item for one in late_pulls(frame, *parts.get("created", (None, None)))}
        parts["rows"] = tuple(own.intersection(parts.get("rows", own)))
    if level in LEVELS:
        parts["levels"] = LEVELS[level][1]
    if team:
        places = _places(frame, team)
        parts["containers"] = tuple(name for name in places if name in parts.get("containers", places))
        said.append(f"of team {team}")
    return Asked(Wanted(**parts), tuple(said), tuple(lost))


def _places(frame: Frame, team: str) -> tuple[str, ...]:
    """Projects and repositories of a team; one that two teams name belongs to the first, as in the list."""
    named = [name for one in frame.config.teams for name in (*one.projects, *one.repositories)]
    return tuple(name for name in named if frame.team_of(name) == team)


def _serves(frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    kr = rest if rest in frame.catalogue.krs else frame.catalogue.bind(rest, None, frame.now).kr
    if kr is None:
        return ""
    parts["serves"] += (kr,)
    return f"serving {frame.code(kr)}"


def _part(_frame: Frame, parts: dict[str, Any], head: str, rest: str) -> str:
    parts["part"] = head
    if head == "exempt" and rest:
        parts["exemption"] = rest
        return f"exempt for {wording.EXEMPTIONS.get(rest, rest)}"
    words = {
        "active": "serving an active key result",
        "inactive": "serving only inactive key results",
        "exempt": "exempt",
        "none": "serving no key result",
    }
    return words[head]


def _finding(_frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    parts["finding"] = rest
    return f"with “{wording.finding(rest)}”"


def _verdict(_frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    parts["verdict"] = rest
    return f"judged {rest}"


def _sprint(frame: Frame, parts: dict[str, Any], _head: str, rest: str) -> str:
    if rest == "running":
        parts["sprints"] = tuple(running_rows(frame)) or (-1,)
        return "in the running sprints"
    if not rest.isdecimal() or len(rest) > 18:
        return ""
    parts["sprints"] = (int(rest),)
    name = lists.title(frame.connection, int(rest))
    return f"in {name}" if name else ""


def _below(frame: Frame, parts: dict[str, Any], head: str, rest: str) -> str:
    rows = lookup.rows(frame.connection, rest)
    if not rows:
        return ""
    parts[head] = next(iter(rows))
    return f"directly below {rest}" if head == "below" else f"of the epic {rest}"


def _state(_frame: Frame, parts: dict[str, Any], head: str, _rest: str) -> str:
    parts["state"] = head
    return head


def _counted(_frame: Frame, _parts: dict[str, Any], _head: str, _rest: str) -> str:
    return "each counted once"


def _unestimated(_frame: Frame, parts: dict[str, Any], _head: str, _rest: str) -> str:
    parts["unestimated"] = True
    return "without an estimate"


TERMS = {
    "serves": _serves,
    "active": _part,
    "inactive": _part,
    "exempt": _part,
    "none": _part,
    "finding": _finding,
    "verdict": _verdict,
    "sprint": _sprint,
    "below": _below,
    "epic": _below,
    "open": _state,
    "done": _state,
    "dropped": _state,
    "counted": _counted,
    "unestimated": _unestimated,
    **PULL_TERMS,
}
BARE = frozenset({*PARTS, "open", "done", "dropped", "counted", "unestimated", *BARE_PULL_TERMS})


def _with_krs(frame: Frame, rows: list[Any]) -> list[dict[str, Any]]:
    sets = counts.kr_sets(frame.connection) if rows else {}
    return [{**row, "krs": sets.get(row["kr_set"] or 0, ())} for row in rows]


def _shown(frame: Frame, row: dict[str, Any]) -> dict[str, Any]:
    live = [kr for kr in row["krs"] if kr in frame.active]
    spared = row["exemption"] not in (None, "none")
    part = "active" if live else "exempt" if spared else "inactive" if row["krs"] else "none"
    return {
        **row,
        "name": f"{row['tracker']}:{row['alias'] or row['tid']}",
        "part": part,
        "team": frame.team_of(row["container"]),
    }
