"""Which sprints run now, by the words of trackers that call many of them active."""

from collections.abc import Iterable
from typing import NamedTuple

from linker.model import Millis, SprintDates


class Span(NamedTuple):
    """A sprint as its tracker dates it; `place` is its board, or the repository of a milestone."""

    row: int
    dates: SprintDates
    milestone: bool
    place: str | None


def running(spans: Iterable[Span], now: Millis) -> list[int]:
    """The sprints that run, in order of their end.

    A Jira sprint runs while it is active; one past its end only as long as its board has no newer one.
    Of a repository's open milestones the one that is due next runs, since milestones have no start.
    """
    places: dict[tuple[bool, str | None], list[Span]] = {}
    for span in sorted(spans, key=lambda one: (one.dates.end or 0, one.row)):
        if span.dates.state == "active":
            places.setdefault((span.milestone, span.place), []).append(span)
    found = []
    for (milestone, _), own in places.items():
        current = [span for span in own if span.dates.end is None or span.dates.end >= now]
        if milestone:
            current = [span for span in current if span.dates.end is not None][:1]
        found += current or ([] if milestone else own[-1:])
    return [span.row for span in sorted(found, key=lambda one: (one.dates.end or 0, one.row))]
