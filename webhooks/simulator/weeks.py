"""The quarter's calendar: two cycles, six two-week sprints, working hours; all times are UTC."""

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random
from typing import NamedTuple

PREVIOUS = "2026Q3"
RUNNING = "2026Q4"
CYCLES = {PREVIOUS: (date(2026, 7, 1), date(2026, 9, 30)), RUNNING: (date(2026, 10, 1), date(2026, 12, 31))}
TIMEZONE = "Europe/Berlin"
DEFAULT_TODAY = date(2026, 11, 27)  # Friday of week 9: sprint 4 runs, sprint 5 is being planned
SPRINT_COUNT = 6

_FIRST_MONDAY = date(2026, 10, 5)
_SUMMER_ENDS = datetime(2026, 10, 25, 1, tzinfo=UTC)


class Window(NamedTuple):
    """When one sprint starts and is completed (UTC)."""

    number: int
    start: datetime
    end: datetime


def at(day: date, hour: int = 8, minute: int = 0) -> datetime:
    """A moment of a day in UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def windows(team: str) -> list[Window]:
    """The six sprints of a team: Monday 10:00 in Berlin to Monday 09:30; platform meets an hour later."""
    later = 60 if team == "platform" else 0
    found = []
    for number in range(1, SPRINT_COUNT + 1):
        first = _FIRST_MONDAY + timedelta(days=14 * (number - 1))
        start = _berlin(first, 10, 0) + timedelta(minutes=later)
        end = _berlin(first + timedelta(days=14), 9, 30) + timedelta(minutes=later)
        found.append(Window(number, start, end))
    return found


def now_of(today: date) -> datetime:
    """The last moment of a day that the quarter tells of: 19:00 UTC, when everybody has gone home."""
    return at(today, 19)


def local(moment: datetime) -> datetime:
    """The same moment on a Berlin wall clock; worked out here, as not every machine holds time zone data."""
    hours = 2 if moment < _SUMMER_ENDS else 1
    return moment.astimezone(timezone(timedelta(hours=hours)))


def week_of(moment: datetime) -> int:
    """The week of the running quarter, from 1; 0 and less lie before it."""
    return (moment.date() - CYCLES[RUNNING][0]).days // 7 + 1


def working(moment: datetime, rng: Random) -> datetime:
    """The same moment, or one on the next working day when it falls on a night or a weekend."""
    if moment.weekday() > 4 or not 6 <= moment.hour < 17:
        day = moment.date() + timedelta(days=1 if moment.hour >= 17 and moment.weekday() <= 4 else 0)
        while day.weekday() > 4:
            day += timedelta(days=1)
        moment = at(day, 7) + timedelta(seconds=rng.randrange(9 * 3600))
    return moment


def _berlin(day: date, hour: int, minute: int) -> datetime:
    guess = at(day, hour - 1, minute)
    return guess if guess >= _SUMMER_ENDS else at(day, hour - 2, minute)
