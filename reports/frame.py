"""What every page stands in: the catalogue, the day, the time zone, and how fresh the data is."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app, render_template

from linker import okrs
from linker.config import Config
from linker.model import Cycle, KeyResult, Millis
from linker.okrs import Catalogue
from linker.store import Connection, deliveries, facts, flow, meta
from reports import wording

ENGINE_SILENT_MS = 60_000


@dataclass(frozen=True)
class Frame:
    """One request's look at the store; nothing of it outlives the request."""

    connection: Connection
    config: Config
    catalogue: Catalogue
    now: Millis
    zone: tzinfo
    zone_name: str
    last: Millis | None  # when a tracker last sent something
    as_of: Millis
    inbox: dict[str, int]
    engine_silent: bool

    @property
    def today(self) -> date:
        """The day for which key results are active or not, as the engine judges."""
        return datetime.fromtimestamp(self.now / 1000, UTC).date()

    @property
    def grace(self) -> int:
        """Days after a cycle in which its key results stay active."""
        return self.config.policy.grace_days

    @property
    def cycles(self) -> list[Cycle]:
        """The cycles that hold the day."""
        return [cycle for cycle in self.catalogue.cycles if cycle.start <= self.today <= cycle.end]

    @property
    def active(self) -> frozenset[str]:
        """Full ids of the active key results."""
        known = self.catalogue.krs
        return frozenset(kr for kr in known if self.catalogue.active(kr, self.today, self.grace))

    def kr(self, kr_id: str) -> KeyResult | None:
        """A key result; None when the catalogue does not hold it any more."""
        return self.catalogue.krs.get(kr_id)

    def code(self, kr_id: str) -> str:
        """The code where it means this key result today, else the full id."""
        return self.catalogue.label_code(kr_id, self.today) if kr_id in self.catalogue.krs else kr_id

    def team_of(self, container: str | None) -> str:
        """The team that a project or repository belongs to."""
        for team in self.config.teams:
            if container in team.projects or container in team.repositories:
                return team.name
        return ""


@contextmanager
def framed() -> Iterator[Frame]:
    """Open one consistent look at the store for a page."""
    services = current_app.extensions["sightline"]
    with services.store.read() as connection:
        yield look(connection, services.config, services.clock())


def look(connection: Connection, config: Config, wall: Millis) -> Frame:
    """Find out the day, the zone and how fresh the data is."""
    newest = facts.newest_catalogue(connection)
    catalogue = _catalogue(newest.content) if newest else Catalogue(())
    last = flow.newest_arrival(connection)
    beat = int(json.loads(meta.get(connection, "engine_beat") or "{}").get("at", 0))
    now = the_time(wall, beat, meta.get(connection, "ticked"), last)
    inbox = deliveries.counts(connection)
    oldest = deliveries.oldest_waiting(connection)
    zone, name = _zone(catalogue, now)
    as_of = now if oldest is None else min(oldest, now)
    left = oldest is not None and wall - oldest > ENGINE_SILENT_MS  # without a beat, what waits tells
    silent = wall - beat > ENGINE_SILENT_MS if beat else left
    return Frame(connection, config, catalogue, now, zone, name, last, as_of, inbox, silent)


def the_time(wall: Millis, beat: Millis, ticked: str | None, last: Millis | None) -> Millis:
    """The wall clock, unless the engine lives by another one: then its day, as late as something came.

    The engine judges key results by its own clock, which in the demo follows the simulated quarter; pages
    must not call active what it calls inactive. An engine that is silent says nothing about the day.
    """
    if ticked is None or wall - beat > ENGINE_SILENT_MS:
        return wall
    theirs = datetime.fromisoformat(ticked).replace(tzinfo=UTC)
    ours = datetime.fromtimestamp(wall / 1000, UTC)
    if abs(theirs.date() - ours.date()) <= timedelta(days=1):
        return wall
    start = int(theirs.timestamp() * 1000)
    return min(max(start, last or start), start + wording.DAY - 1)


def render(template: str, frame: Frame, **values: Any) -> str:
    """A page with the line that says how fresh it is."""
    return render_template(template, frame=frame, signed_in=True, **values)


@lru_cache(maxsize=4)
def _catalogue(content: str) -> Catalogue:
    return okrs.load(content)


def _zone(catalogue: Catalogue, now: Millis) -> tuple[tzinfo, str]:
    """The time zone of the running cycle, where all that run agree; else UTC."""
    on = datetime.fromtimestamp(now / 1000, UTC).date()
    names = {cycle.timezone for cycle in catalogue.cycles if cycle.start <= on <= cycle.end}
    name = names.pop() if len(names) == 1 else "UTC"
    return ZoneInfo(name), name
