"""Opt-outs counted, tickets that take in far too much, links made only after the merge; pure."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction
from statistics import median
from typing import NamedTuple, TypeVar

from linker.model import Decision, Millis
from linker.own import in_force
from linker.spans import Span, told

WEEKS = 13
FEW, TIMES, SPREAD = 8, 4, 6  # an umbrella is above all three: pull requests, medians, deviations
MOMENT_MS = 60_000  # a merge and the edit that goes with it are two calls, seconds apart
COMMITS = "commits"  # what commits name was there at the merge, whenever we read them
Row = TypeVar("Row")


# --- rates ---


class Week(NamedTuple):
    """A week from Monday to Sunday in the reader's zone; `end` is the first moment after it."""

    monday: date
    start: Millis
    end: Millis

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)


class Judged(NamedTuple):
    """A pull request that was judged; `reason` and `source` are those of its exemption."""

    created: Millis
    repository: str
    exempt: bool
    reason: str | None = None
    source: str | None = None


class Count(NamedTuple):
    """How many pull requests opted out, of how many that were judged."""

    optouts: int = 0
    judged: int = 0

    @property
    def share(self) -> Fraction:
        """The opt-out rate; 0 where nothing was judged."""
        return Fraction(self.optouts, self.judged) if self.judged else Fraction(0)


class Part(NamedTuple):
    """A part of all pull requests by its name, in all weeks together and in each."""

    name: str
    all: Count
    weeks: tuple[Count, ...]


class Rates(NamedTuple):
    """Opt-outs of some weeks. Teams and repositories split what was judged, reasons and sources the opt-outs.

    So a reason is measured against everything that was judged. One without a name was not kept. The most
    opt-outs come first.
    """

    whole: Part
    teams: tuple[Part, ...]
    repositories: tuple[Part, ...]
    reasons: tuple[Part, ...]
    sources: tuple[Part, ...]


def last_weeks(now: Millis, zone: tzinfo, number: int = WEEKS) -> tuple[Week, ...]:
    """The last weeks up to the running one, oldest first."""
    today = datetime.fromtimestamp(now / 1000, zone).date()
    monday = today - timedelta(days=today.weekday())
    mondays = [monday - timedelta(weeks=back) for back in range(number - 1, -2, -1)]
    starts = [start_of(one, zone) for one in mondays]
    return tuple(map(Week, mondays[:-1], starts[:-1], starts[1:]))


def start_of(day: date, zone: tzinfo) -> Millis:
    """The first moment of a calendar day in a zone."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def rates(pulls: Iterable[Judged], weeks: Sequence[Week], team_of: Callable[[str], str]) -> Rates:
    """Count pull requests by the week of their creation; what lies outside of the weeks is left out."""
    placed = [(place, one) for one in pulls if (place := _week(one.created, weeks)) is not None]
    exempt = [(place, one) for place, one in placed if one.exempt]
    number = len(weeks)
    whole = _part("", placed, number)

    def split(name: Callable[[Judged], str]) -> tuple[Part, ...]:
        return _sorted(_part(key, own, number) for key, own in _groups(placed, name).items())

    def among(name: Callable[[Judged], str | None]) -> tuple[Part, ...]:
        groups = _groups(exempt, lambda one: name(one) or "")
        return _sorted(_against(_part(key, own, number), whole) for key, own in groups.items())

    return Rates(
        whole,
        split(lambda one: team_of(one.repository)),
        split(lambda one: one.repository),
        among(lambda one: one.reason),
        among(lambda one: one.source),
    )


def _week(created: Millis, weeks: Sequence[Week]) -> int | None:
    return next((place for place, one in enumerate(weeks) if one.start <= created < one.end), None)


def _groups(
    placed: Iterable[tuple[int, Judged]], name: Callable[[Judged], str]
) -> dict[str, list[tuple[int, Judged]]]:
    found: dict[str, list[tuple[int, Judged]]] = {}
    for place, one in placed:
        found.setdefault(name(one), []).append((place, one))
    return found


def _part(name: str, placed: Sequence[tuple[int, Judged]], number: int) -> Part:
    judged, optouts = [0] * number, [0] * number
    for place, one in placed:
        judged[place] += 1
        optouts[place] += one.exempt
    return Part(name, Count(sum(optouts), sum(judged)), tuple(map(Count, optouts, judged)))


def _against(part: Part, whole: Part) -> Part:
    """The same opt-outs, of all that was judged."""
    weeks = tuple(Count(own.optouts, of.judged) for own, of in zip(part.weeks, whole.weeks, strict=True))
    return Part(part.name, Count(part.all.optouts, whole.all.judged), weeks)


def _sorted(parts: Iterable[Part]) -> tuple[Part, ...]:
    return tuple(sorted(parts, key=lambda one: (-one.all.optouts, -one.all.judged, one.name)))


# --- umbrella tickets ---


def usual(numbers: Collection[int]) -> Fraction:
    """The most pull requests that a ticket takes in without being an umbrella.

    `numbers` are the pull requests of each ticket that has any. The median and the median deviation from it
    stay where they are when a few tickets take in hundreds.
    """
    if not numbers:
        return Fraction(FEW)
    middle = Fraction(median(numbers))
    deviation = Fraction(median(abs(number - middle) for number in numbers))
    return max(Fraction(FEW), TIMES * middle, middle + SPREAD * deviation)


def umbrellas(numbers: Mapping[Row, int]) -> list[tuple[Row, int]]:
    """Tickets that take in more pull requests than is usual among `numbers`, the largest first."""
    most = usual(numbers.values())
    found = [(row, number) for row, number in numbers.items() if number > most]
    return sorted(found, key=lambda one: -one[1])


# --- links made after the merge ---


class Merged(NamedTuple):
    """A merged pull request, with all that its log of links and persons' decisions say, in order."""

    item: int
    at: Millis
    log: tuple[tuple[str, Span, str], ...]  # op, span, the field that it was read in
    decisions: tuple[Decision, ...] = ()


class Late(NamedTuple):
    """A pull request that named what it serves only after it was merged."""

    item: int
    merged: Millis
    linked: Millis
    by: str  # the field that the link was read in, or `decision`

    @property
    def after(self) -> Millis:
        """How long after the merge."""
        return self.linked - self.merged


def late(pulls: Iterable[Merged]) -> list[Late]:
    """Pull requests whose first serving link begins after the merge, the newest link first."""
    found = [Late(one.item, one.at, *first) for one in pulls if (first := _first(one)) is not None]
    return sorted((one for one in found if one.after > MOMENT_MS), key=lambda one: (-one.linked, one.item))


def _first(pull: Merged) -> tuple[Millis, str] | None:
    """When its first serving link or link by a person began, and where that was said."""
    fields = {span[:3]: field for op, span, field in pull.log if op == "assert"}
    begins = [(span.start, fields[span[:3]]) for span in told((op, span) for op, span, _ in pull.log)]
    begins += [(one.at, "decision") for one in in_force(pull.decisions) if one.kind == "link"]
    return min(((min(at, pull.at) if by == COMMITS else at, by) for at, by in begins), default=None)
