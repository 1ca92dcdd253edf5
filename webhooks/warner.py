"""Looks at running sprints when nothing else is to do, and puts what their teams should hear in the outbox.

What was told lies in the outbox row itself: so neither a restart nor another leader tells it twice.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from linker import scope
from linker.config import SLACK, Config
from linker.model import Finding, ItemId, Millis
from linker.notices import Told, notice, whole
from linker.okrs import Catalogue
from linker.planning import Look, SprintKnown, planned, sprints_known
from linker.scope import Numbers, Plan
from linker.store import Connection, Store, flow, lookup, work

DELAY_MS: Millis = 120_000  # so that several edits make one message
EVERY_MS: Millis = 5_000
AT_LEAST_MS: Millis = 60_000  # a sprint may begin without any word from the tracker


class Warner:
    """One engine's look at the sprints of teams that want to be warned."""

    def __init__(self, config: Config, store: Store) -> None:
        self._config = config
        self._store = store
        self._teams = {team.name: team for team in config.teams if team.warn.slack or team.warn.ticket}
        self._asked_at: Millis = 0
        self._looked_at: Millis = 0
        self._seen: list[Any] = []

    def step(self, catalogue: Catalogue, now: Millis, wall: Millis) -> None:
        """`now` is the moment of the sprints, `wall` the one at which we work."""
        if not self._teams or wall - self._asked_at < EVERY_MS:
            return
        self._asked_at = wall
        with self._store.read() as connection:
            version = flow.version(connection)
            if version == self._seen and wall - self._looked_at < AT_LEAST_MS:
                return
            look = Look(self._config, catalogue, now)
            known = sprints_known(connection, look)
            running = [one for one in known.values() if one.sprint.dates.state == "active"]
            told = [self._told(connection, look, one, wall) for one in running]
        self._looked_at, self._seen = wall, version
        fresh = [row for one, _ in told for row in one]
        moot = [own for _, one in told for own in one]
        if fresh or moot:  # else nobody waits for a write lock
            with self._store.write() as connection:
                work.plan(connection, fresh)
                work.moot(connection, moot)

    def _told(
        self, connection: Connection, look: Look, one: SprintKnown, wall: Millis
    ) -> tuple[list[dict[str, Any]], list[int]]:
        """Messages to plan, and those that wait and are not true any more."""
        found = planned(connection, look, one.row)
        fresh: list[dict[str, Any]] = []
        moot: list[int] = []
        teams = [team for team in (found.teams if found else ()) if team.name in self._teams]
        if found is None or not teams:
            return fresh, moot
        rows = work.current_plans(connection, [one.row])
        numbers = scope.numbers(found.plan)
        findings = scope.find(found.plan, numbers)
        said = Said(found.plan, numbers, findings, f"{self._config.url}/sprints/{one.row}/plan")
        for team in teams:
            if team.warn.slack:
                row = rows.get((one.row, surface := f"notice:{SLACK}:{team.name}"))
                state = work.WAITING if team.name in self._config.hooks else work.DRY
                _plan(said.message(row, wall), row, (one.row, surface, SLACK, state), wall, fresh, moot)
            ticket = self._ticket(connection, team.warn.ticket)
            if ticket is not None:
                row = rows.get((one.row, surface := f"notice:ticket:{team.name}"))
                site = self._config.site(ticket.tracker, ticket.site)
                state = work.DRY if site is None or site.dry else work.WAITING
                desired = said.comment(row, ticket, one.sprint.tid)
                _plan(desired, row, (one.row, surface, ticket.site, state), wall, fresh, moot)
        return fresh, moot

    def _ticket(self, connection: Connection, name: str | None) -> ItemId | None:
        """The planning ticket, as soon as anything is held of it."""
        found = list(lookup.rows(connection, name)) if name else []
        return lookup.item_of(connection, found[0]) if len(found) == 1 else None


class Said(NamedTuple):
    """A sprint, and what there is to say of it."""

    plan: Plan
    numbers: Numbers
    findings: Sequence[Finding]
    url: str

    def message(self, row: Any, wall: Millis) -> dict[str, Any] | None:
        """What is new since the last message; None where nothing is."""
        before = Told.load(_before(row, wall))
        new = notice(self.plan, self.numbers, self.findings, before, self.url)
        if new is None:
            return None
        return {"text": "\n".join(new.lines), "told": new.told.dump(), "before": before.dump()}

    def comment(self, row: Any, ticket: ItemId, sprint: str) -> dict[str, Any] | None:
        """The comment as it should be: begun when there is something to say, then kept true."""
        begun = row is not None and row["state"] in (work.SENT, work.REFUSED_CHANGE)
        if not begun and notice(self.plan, self.numbers, self.findings, Told(), self.url) is None:
            return None
        titled = ticket.tracker == "jira"  # an issue of GitHub may be public: keys and codes only
        text = "\n".join(whole(self.plan, self.numbers, self.findings, self.url, titled=titled))
        return {"text": text, "item": str(ticket), "mark": f"Sightline, {sprint.replace(':', ' ')}"}


def _plan(
    desired: dict[str, Any] | None,
    row: Any,
    to: tuple[int, str, str, int],
    wall: Millis,
    fresh: list[dict[str, Any]],
    moot: list[int],
) -> None:
    """Plan what is wanted and not planned or sent yet; what waits and is not wanted is moot."""
    item, surface, site, state = to
    waits = row is not None and _waits(row, wall)
    if desired is None:
        moot += [row["id"]] if waits else []
        return
    if row is not None and row["desired"] == desired and row["state"] != work.MOOT:
        return
    due = row["due_at"] if waits else wall + DELAY_MS
    fresh.append(
        {"item": item, "site": site, "surface": surface, "desired": desired, "state": state,
         "planned_at": wall, "due_at": due, "rank": 0}
    )  # fmt: skip


def _waits(row: Any, wall: Millis) -> bool:
    return bool(row["state"] == work.WAITING and row["lease_until"] <= wall)


def _before(row: Any, wall: Millis) -> Any:
    """What was told before the message that waits, or with the last one."""
    if row is None:
        return None
    unsent = _waits(row, wall) or row["state"] in (work.MOOT, work.DRY)
    return row["desired"]["before" if unsent else "told"]
