"""Pull requests judged: what they show, by which terms, and what has to be read before anything is said."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from linker.changes import Pull, Terms
from linker.held import Request
from linker.looking import looked_at, source_of
from linker.model import ItemId, Millis
from linker.okrs import Catalogue
from linker.store import Connection, work
from linker.store.items import by_ids
from linker.verdict import COMMITS, Advice, Judged, Unread, Verdict, judge

PATIENCE_MS = 600_000  # undecided for so long, and the check ends as the policy says until there is an answer
BAD = ("inactive", "unknown", "unlinked")


class Facts(NamedTuple):
    """What rules of exemption look at in a pull request; `paths` is None where they were not read."""

    repository: str
    author: str
    title: str
    labels: tuple[str, ...]
    size: int | None
    paths: tuple[str, ...] | None


class Spared(NamedTuple):
    """A rule of the policy that exempts: its reason code, and in words what in it fits."""

    reason: str
    words: str


class Policy(Protocol):
    """What the configuration says of the checks of pull requests."""

    def terms(self, row: Any, base: str, on: date) -> Terms:
        """How strict the check of a pull request is that goes to `base`, and where it is shown."""

    def spared(self, facts: Facts) -> Spared | None:
        """The rule that exempts a pull request; rules of paths hold only where those were read."""

    def reads(self, site: str) -> bool:
        """Whether commits and files can be asked for."""


class Advisor(Protocol):
    """Suggests key results for pull requests that have none."""

    def turn(self, connection: Connection, catalogue: Catalogue, on: date) -> None:
        """Draw from this catalogue on this day."""

    def learn(self, connection: Connection, rows: Collection[int]) -> None:
        """Take items in as they are now."""

    def advise(self, connection: Connection, rows: Sequence[Any]) -> Mapping[int, Sequence[Advice]]:
        """At most three for each row, best first; the same as before while the same is asked."""


class Said(NamedTuple):
    """A pull request with its verdict, and what is kept beside it."""

    pull: Pull
    exemption: str | None
    source: str | None
    since: Millis | None  # since when it is undecided


class Day(NamedTuple):
    """By what pull requests are judged."""

    catalogue: Catalogue
    policy: Policy
    now: Millis
    on: date
    grace_days: int

    def active(self, kr: str) -> bool:
        """Whether a key result is active on that day; one that the catalogue does not hold is not."""
        return kr in self.catalogue.krs and self.catalogue.active(kr, self.on, self.grace_days)

    def why_inactive(self, kr: str) -> str:
        """Why a key result is not active, in words that a public check may hold: no reason of a person's."""
        return self.catalogue.why_inactive(kr, self.on, self.grace_days).partition(": ")[0]


class _Known(NamedTuple):
    """What the store holds beside the pull requests that are judged."""

    asked: Mapping[str, work.Commits]
    before: Mapping[int, Any]  # verdicts
    homes: Mapping[ItemId, Mapping[str, Request]]


def judged(
    connection: Connection,
    day: Day,
    rows: Sequence[Any],
    live: Mapping[int, Sequence[str]],
    advisor: Advisor | None = None,
) -> dict[int, Said]:
    """What we say of pull requests; asks for the commits and files that could still speak for one."""
    seen = looked_at(connection, day.catalogue, rows, live)
    known = _Known(
        work.commits_asked(connection, [_ref(row) for row in rows]),
        work.verdicts_of(connection, list(seen)),
        _homes(connection, rows),
    )
    found = {}
    missing = []
    for row in rows:
        found[row["id"]], unasked = _said(day, row, seen[row["id"]], known)
        if unasked:
            missing.append((_ref(row), row["site"], row["head"]))
    work.want_commits(connection, missing, day.now)
    if advisor is None:
        return found
    bad = [row for row in rows if found[row["id"]].pull.verdict.word in (*BAD, "undecided")]
    for own, advice in advisor.advise(connection, bad).items():
        found[own] = found[own]._replace(pull=found[own].pull._replace(advice=advice))
    return found


def _said(day: Day, row: Any, seen: Judged, known: _Known) -> tuple[Said, bool]:
    """A verdict, and whether its commits are to be asked for: what would be bad waits for them a while."""
    seen, by_rule = _spared(day.policy, row, seen)
    commits = _commits(day, row, judge(seen, day.active, day.why_inactive), known)
    if commits is not None:
        seen = seen._replace(unread=[*seen.unread, Unread(COMMITS, "waiting")])
    since = None
    if any(one.why == "waiting" for one in seen.unread):
        before = known.before.get(row["id"])
        since = int(before["since"]) if before is not None and before["since"] is not None else day.now
        if day.now - since >= PATIENCE_MS:
            away = [one._replace(why="away") if one.why == "waiting" else one for one in seen.unread]
            seen = seen._replace(unread=away)
    verdict = judge(seen, day.active, day.why_inactive)
    exempt, undecided = verdict.word == "exempt", verdict.word == "undecided"
    said = Said(
        _pull(day, row, verdict, known),
        seen.exemption if exempt else None,
        ("rule" if by_rule else source_of(row)) if exempt else None,
        since if undecided else None,
    )
    return said, commits == "unasked"


def _commits(day: Day, row: Any, verdict: Verdict, known: _Known) -> str | None:
    """`unasked` or `asked` while commits could speak for it; None when they were read, or never will be."""
    live = row["category"] == "doing" and bool(row["head"])
    if verdict.word not in BAD or not live or not day.policy.reads(row["site"]):
        return None
    own = known.asked.get(_ref(row))
    if own is None or own.reason != work.commits_of(row["head"]):
        return "unasked"
    return None if own.over(_read_at(row)) else "asked"


def _pull(day: Day, row: Any, verdict: Verdict, known: _Known) -> Pull:
    item = ItemId(row["tracker"], row["site"], row["tid"])
    terms = day.policy.terms(row, str(_facet(row, "head", {}).get("base", "")), day.on)
    asked = {**known.homes.get(home_of(row), {}), **_asked(row)}
    return Pull(item, row["head"], row["category"], verdict, terms, asked)


def _spared(policy: Policy, row: Any, seen: Judged) -> tuple[Judged, bool]:
    """With the exemption by rule, where nothing else says what it serves or why not."""
    if seen.krs or seen.exemption not in (None, "none"):
        return seen, False
    facts = Facts(
        row["container"] or "",
        str((_facet(row, "author") or {}).get("id", "")),
        row["title"],
        tuple(_facet(row, "labels") or ()),
        _facet(row, "size"),
        tuple(_facet(row, "paths") or ()) if "paths" in row["doc"].get("f", {}) else None,
    )
    rule = policy.spared(facts)
    if rule is None:
        return seen, False
    return seen._replace(exemption=rule.reason, because=f"by rule: {rule.words}"), True


def home_of(row: Any) -> ItemId:
    """The repository of a GitHub item."""
    return ItemId(row["tracker"], row["site"], f"repo:{row['tid'].partition('#')[0]}")


def _homes(connection: Connection, rows: Sequence[Any]) -> dict[ItemId, Mapping[str, Request]]:
    """What is asked of commits without saying which pull request they belong to."""
    places = {home_of(row) for row in rows if row["tracker"] == "github"}
    found = by_ids(connection, places)
    return {ItemId(row["tracker"], row["site"], row["tid"]): _asked(row) for row in found}


def _asked(row: Any) -> dict[str, Request]:
    return {place: Request(*request) for place, request in row["doc"].get("q", {}).items()}


def _facet(row: Any, name: str, otherwise: Any = None) -> Any:
    facet = row["doc"].get("f", {}).get(name)
    return facet[3] if facet and facet[3] is not None else otherwise


def _ref(row: Any) -> str:
    return str(ItemId(row["tracker"], row["site"], row["tid"]))


def _read_at(row: Any) -> Millis:
    facet = row["doc"].get("f", {}).get("commits")
    return int(facet[1]) if facet else 0
