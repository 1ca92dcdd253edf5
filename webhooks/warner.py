"""Looks at running sprints when nothing else is to do, and puts what their teams should hear in the outbox.

What was told lies in the outbox row itself: so neither a restart nor another leader tells it twice.
"""

from typing import Any

from linker import scope
from linker.config import SLACK, Config
from linker.model import Millis
from linker.notices import Told, notice
from linker.okrs import Catalogue
from linker.planning import Look, Planned, SprintKnown, planned, sprints_known
from linker.store import Connection, Store, flow, work

DELAY_MS: Millis = 120_000  # so that several edits make one message
EVERY_MS: Millis = 5_000
AT_LEAST_MS: Millis = 60_000  # a sprint may begin without any word from the tracker


class Warner:
    """One engine's look at the sprints of teams that want to be warned."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._teams = {team.name: team for team in config.teams if team.warn.slack}
        self._looked_at: Millis = 0
        self._seen: list[Any] = []

    def step(self, catalogue: Catalogue, now: Millis, wall: Millis) -> None:
        """`now` is the moment of the sprints, `wall` the one at which we work."""
        if not self._teams or wall - self._looked_at < EVERY_MS:
            return
        with self._store.read() as connection:
            version = flow.version(connection)
            if version == self._seen and wall - self._looked_at < AT_LEAST_MS:
                return
            look = Look(self._config, catalogue, now)
            known = sprints_known(connection, look)
            running = [one for one in known.values() if one.sprint.dates.state == "active"]
            told = [self._told(connection, look, one, wall) for one in running]
        self._looked_at, self._seen = wall, version
        if any(told):
            with self._store.write() as connection:
                work.plan(connection, [row for fresh, _ in told for row in fresh])
                work.moot(connection, [own for _, moot in told for own in moot])

    def _told(
        self, connection: Connection, look: Look, one: SprintKnown, wall: Millis
    ) -> tuple[list[dict[str, Any]], list[int]]:
        """Messages to plan, and those that wait and are not true any more."""
        found = planned(connection, look, one.row)
        teams = [team for team in (found.teams if found else ()) if team.name in self._teams]
        rows = work.current_plans(connection, [one.row]) if teams else {}
        fresh: list[dict[str, Any]] = []
        moot: list[int] = []
        for team in teams:
            surface = f"notice:{SLACK}:{team.name}"
            self._one(found, rows.get((one.row, surface)), surface, wall, fresh, moot)  # type: ignore[arg-type]
        return fresh, moot

    def _one(
        self,
        found: Planned,
        row: Any,
        surface: str,
        wall: Millis,
        fresh: list[dict[str, Any]],
        moot: list[int],
    ) -> None:
        waits = row is not None and row["state"] == work.WAITING and row["lease_until"] <= wall
        before = Told.load(_before(row, waits))
        numbers = scope.numbers(found.plan)
        url = f"{self._config.url}/sprints/{found.known.row}/plan"
        said = notice(found.plan, numbers, scope.find(found.plan, numbers), before, url)
        if said is None:
            if waits:
                moot.append(row["id"])
            return
        desired = {"text": "\n".join(said.lines), "told": said.told.dump(), "before": before.dump()}
        if waits and row["desired"] == desired:
            return
        site = SLACK
        state = work.WAITING if surface.rpartition(":")[2] in self._config.hooks else work.DRY
        if row is not None and row["state"] == work.DRY and row["desired"]["told"] == desired["told"]:
            return
        due = row["due_at"] if waits else wall + DELAY_MS
        fresh.append(
            {"item": found.known.row, "site": site, "surface": surface, "desired": desired, "state": state,
             "planned_at": wall, "due_at": due, "rank": 0}
        )  # fmt: skip


def _before(row: Any, waits: bool) -> Any:
    """What was told before the message that waits, or with the last one."""
    if row is None:
        return None
    return row["desired"]["before" if waits or row["state"] in (work.MOOT, work.DRY) else "told"]
