"""A small part of JQL: clauses joined by AND, and an order; all else is refused, as Jira refuses nonsense."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from webhooks.simulator.deliveries import Json
from webhooks.simulator.places_jira import SPRINT_FIELD
from webhooks.simulator.weeks import local

Test = Callable[[Json], bool]

_ORDER = re.compile(r"\s*\border\s+by\s+(.+)$", re.IGNORECASE)
_AND = re.compile(r"\s+and\s+(?=(?:[^\"']*[\"'][^\"']*[\"'])*[^\"']*$)", re.IGNORECASE)
_CLAUSE = re.compile(r"^\(?\s*([A-Za-z]+)\s*(not in|in|>=|<=|!=|=|>|<)\s*(.+?)\s*\)?$", re.IGNORECASE)
_AGO = re.compile(r"^-(\d+)([mhdw])$")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SORTABLE = {"key", "id", "updated", "created", "rank"}


class BadQueryError(ValueError):
    """A query that the fake does not understand."""


def parse(query: str, now: datetime) -> tuple[Test, Callable[[list[Json]], list[Json]]]:
    """A query as a test of one issue and an order of many; times are on the site's wall clock."""
    found = _ORDER.search(query)
    order = _order(found[1]) if found else _order("id ASC")
    rest = query[: found.start()] if found else query
    if not rest.strip():
        raise BadQueryError(
            "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."
        )
    tests = [_clause(part.strip(), now) for part in _AND.split(rest)]
    return (lambda issue: all(test(issue) for test in tests)), order


def _clause(text: str, now: datetime) -> Test:
    opened = text.startswith("(") and not text.endswith(")")
    found = _CLAUSE.match(
        text.strip("() ") + (")" if " in " in f" {text.lower()} " and "(" in text[1:] else "")
    )
    if found is None or opened:
        raise BadQueryError(f"Error in the JQL Query: '{text}' is not understood.")
    name, operator, value = found[1].lower(), found[2].lower(), found[3]
    if name in ("updated", "created"):
        return _time(name, operator, value, now)
    if name not in _VALUES:
        raise BadQueryError(f"Field '{found[1]}' does not exist or you do not have permission to view it.")
    if operator not in ("=", "!=", "in", "not in"):
        raise BadQueryError(f"The operator '{operator}' is not supported by the '{name}' field.")
    wanted = {_bare(part).lower() for part in value.strip("()").split(",")}
    negative = operator in ("!=", "not in")
    values = _VALUES[name]
    return lambda issue: bool(values(issue) & wanted) is not negative


def _time(name: str, operator: str, value: str, now: datetime) -> Test:
    moment = _moment(_bare(value), now)
    compare: dict[str, Callable[[datetime], bool]] = {
        ">=": lambda held: held >= moment, "<=": lambda held: held <= moment, ">": lambda held: held > moment,
        "<": lambda held: held < moment,
    }  # fmt: skip
    if operator not in compare:
        raise BadQueryError(f"The operator '{operator}' is not supported by the '{name}' field.")
    return lambda issue: compare[operator](_stamp(issue, name))


def _moment(text: str, now: datetime) -> datetime:
    ago = _AGO.match(text)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    if text.isdigit():
        return datetime.fromtimestamp(int(text) / 1000, now.tzinfo)
    for pattern in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        try:
            wall = datetime.strptime(text, pattern).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
        return wall - (local(wall).utcoffset() or timedelta())
    raise BadQueryError(
        f"Date value '{text}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm'."
    )


def _stamp(issue: Json, name: str) -> datetime:
    return datetime.strptime(issue["fields"][name], "%Y-%m-%dT%H:%M:%S.%f%z")


def _order(text: str) -> Callable[[list[Json]], list[Json]]:
    steps = []
    for part in text.split(","):
        words = part.split()
        if (
            not words
            or words[0].lower() not in _SORTABLE
            or (len(words) > 1 and words[1].upper() not in ("ASC", "DESC"))
        ):
            raise BadQueryError(f"Error in the JQL Query: cannot order by '{part.strip()}'.")
        steps.append((words[0].lower(), len(words) > 1 and words[1].upper() == "DESC"))

    def ordered(issues: list[Json]) -> list[Json]:
        for name, reverse in reversed(steps):
            issues = sorted(issues, key=lambda issue: _sort_key(issue, name), reverse=reverse)
        return issues

    return ordered


def _sort_key(issue: Json, name: str) -> Any:
    if name in ("updated", "created"):
        return _stamp(issue, name)
    project, _, number = issue["key"].partition("-")
    return (project, int(number)) if name in ("key", "rank") else int(issue["id"])


def _bare(text: str) -> str:
    return text.strip().strip("\"'")


def _one(*names: Any) -> set[str]:
    return {str(name).lower() for name in names if name is not None}


def _parent(issue: Json) -> set[str]:
    above = issue["fields"].get("parent") or {}
    return _one(above.get("key"), above.get("id"))


_VALUES: dict[str, Callable[[Json], set[str]]] = {
    "project": lambda issue: _one(*(issue["fields"]["project"][name] for name in ("key", "id", "name"))),
    "key": lambda issue: _one(issue["key"]),
    "issuekey": lambda issue: _one(issue["key"]),
    "issue": lambda issue: _one(issue["key"], issue["id"]),
    "id": lambda issue: _one(issue["id"], issue["key"]),
    "issuetype": lambda issue: _one(issue["fields"]["issuetype"]["name"]),
    "status": lambda issue: _one(issue["fields"]["status"]["name"]),
    "statuscategory": lambda issue: _one(
        *(issue["fields"]["status"]["statusCategory"][name] for name in ("name", "key"))
    ),
    "labels": lambda issue: _one(*issue["fields"]["labels"]),
    "parent": _parent,
    "sprint": lambda issue: _one(*(held["id"] for held in issue["fields"].get(SPRINT_FIELD) or ())),
}
