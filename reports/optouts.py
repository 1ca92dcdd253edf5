"""Opt-outs: how many pull requests serve no key result on purpose, where and why; and ways around it."""

from typing import Any, NamedTuple

from linker import optouts as counting
from linker.model import Level
from linker.optouts import Count, Judged, Late, Part, Week
from linker.store import counts, lists
from linker.store import optouts as rows_of
from linker.store.items import by_rows
from linker.store.lists import UNSAID, Wanted
from linker.store.up import serves
from linker.why import short
from reports import wording
from reports.frame import Frame, framed, render
from reports.late import late_pulls
from reports.pull_terms import created_term

MOST = 20  # of late links; the list behind their number holds all
BAR, HEIGHT, GAP = 10, 40, 2  # of the chart, in its own units
LEAST_TOP = 10  # percent at the top of the chart, at least: a single opt-out is no mountain


class Line(NamedTuple):
    """A part as a row of a table: its name in words, and the terms that let through its pull requests."""

    part: Part
    name: str
    optouts: str  # terms of those that opted out
    judged: str  # terms of those that it is measured against
    team: str | None = None


class Umbrella(NamedTuple):
    """A ticket that takes in far more pull requests than others."""

    row: Any
    name: str
    pulls: int
    krs: tuple[str, ...]
    exemption: str | None


class LateLink(NamedTuple):
    """A pull request that was linked after its merge."""

    row: Any
    name: str
    late: Late


class Chart(NamedTuple):
    """Bars of the opt-out rate by week, as (x, y, width, height) in the chart's own units."""

    width: int
    height: int
    top: int  # percent
    bars: tuple[tuple[int, float, int, float], ...]


def optouts() -> str:
    """Opt-outs of the last weeks, umbrella tickets, and links made after the merge."""
    with framed() as frame:
        if not frame.inbox and not counts.any_items(frame.connection):
            return render("empty.html", frame, sites=frame.config.sites)
        weeks = counting.last_weeks(frame.now, frame.zone)
        start, end = weeks[0].start, weeks[-1].end
        pulls = [Judged(*row) for row in rows_of.judged(frame.connection, start, end)]
        found = counting.rates(pulls, weeks, lambda name: frame.team_of(name or None))
        absorbed = rows_of.absorbed(frame.connection, start, end)
        late = late_pulls(frame, start, end)
        made = (Level.PULL_REQUEST,)
        bare = Wanted(finding="optout_without_reason", levels=made, created=(start, end))
        return render(
            "optouts.html",
            frame,
            weeks=weeks,
            made=created_term(weeks[0].monday, weeks[-1].sunday),
            whole=Line(found.whole, "All pull requests", "verdict:exempt", "judged"),
            teams=[_team(part) for part in found.teams],
            repositories=[_repository(part) for part in found.repositories],
            reasons=[_among(part, "exempt", wording.reason) for part in found.reasons],
            sources=[_among(part, "source", wording.source) for part in found.sources],
            chart=chart(found.whole.weeks),
            umbrellas=_umbrellas(frame, absorbed),
            usual=counting.usual(absorbed.values()),
            named=len(absorbed),
            late=_late(frame, late[:MOST]),
            late_total=len(late),
            without_reason=lists.count(frame.connection, bare),
            week_term=_week_term,
        )


def chart(weeks: tuple[Count, ...]) -> Chart:
    """The rate of each week as a bar; the top is a round percentage above the highest."""
    shares = [100 * one.share for one in weeks]
    top = max(LEAST_TOP, -(-max(shares, default=0) // 10) * 10)
    heights = [float(round(share * HEIGHT / top, 2)) for share in shares]
    bars = [
        (place * BAR, round(HEIGHT - height, 2), BAR - GAP, height) for place, height in enumerate(heights)
    ]
    return Chart(len(bars) * BAR - GAP, HEIGHT, int(top), tuple(bars))


def _week_term(week: Week) -> str:
    return created_term(week.monday, week.sunday)


def _team(part: Part) -> Line:
    if part.name:
        return Line(part, part.name, "verdict:exempt", "judged", part.name)
    return Line(part, "no team", "teamless verdict:exempt", "teamless judged")


def _repository(part: Part) -> Line:
    return Line(part, part.name, f"in:{part.name} verdict:exempt", f"in:{part.name} judged")


def _among(part: Part, term: str, words: Any) -> Line:
    return Line(part, words(part.name or UNSAID), f"{term}:{part.name or UNSAID}", "judged")


def _umbrellas(frame: Frame, absorbed: dict[int, int]) -> list[Umbrella]:
    found = counting.umbrellas(absorbed)
    rows = {row["id"]: row for row in by_rows(frame.connection, [row for row, _ in found])}
    standing = serves(frame.connection, list(rows))
    return [
        Umbrella(rows[row], short(rows[row]), number, *standing.get(row, ((), None))) for row, number in found
    ]


def _late(frame: Frame, late: list[Late]) -> list[LateLink]:
    rows = {row["id"]: row for row in by_rows(frame.connection, [one.item for one in late])}
    return [LateLink(rows[one.item], short(rows[one.item]), one) for one in late]
