"""What is wrong with each sprint, worked out from the world's own plan and history: an oracle for planning.

It never asks the service and reads no delivery. A sprint that is closed is judged as it was when it was
closed, with the readings and key results of that moment; any other one as it is now.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from webhooks.simulator.catalogue import KeyResultPlan, all_key_results
from webhooks.simulator.readings import Reading
from webhooks.simulator.serving import exempt, serves
from webhooks.simulator.weeks import CYCLES, RUNNING, Window, local
from webhooks.simulator.world import Pull, Sprint, Ticket, World

Place = tuple[str, int]  # team and number of a sprint
Found = tuple[str, str]  # id of a finding, and its subject
Scope = dict[Place, frozenset[Found]]

GRACE = timedelta(minutes=15)
CYCLE_GRACE_DAYS = 14
AT_RISK = 0.5
SHORT = Fraction(1, 10)
BUDGETS = {"ktlo": Fraction(1, 4), "debt": Fraction(3, 10)}
FLOORS = {"debt": Fraction(1, 5)}
UNPLANNED = Fraction(1, 4)
MOST_KEY_RESULTS = 5
STALE_AFTER = timedelta(days=14)
LAST_SPRINTS = 3


def scope_truth(world: World, now: datetime, read: Sequence[Reading]) -> Scope:
    """(team, sprint number) -> (finding id, subject) for each sprint that the trackers hold now.

    A subject is `jira:PAY-12`, `github:northwind/ledger#7`, a full id `2026Q4/O1.KR2`, a reason, `unplanned`
    or the name of the sprint.
    """
    found = {}
    for place, sprint in world.sprints.items():
        if sprint.known:
            seen = Seen(world, sprint, now, read)
            found[place] = frozenset(one for look in _LOOKS for one in look(seen))
    return found


class Seen:
    """One sprint as it stands at the moment that counts for it."""

    def __init__(self, world: World, sprint: Sprint, now: datetime, read: Sequence[Reading]) -> None:
        self.world, self.sprint = world, sprint
        self.at = sprint.window.end if sprint.state == "closed" else now
        self.read = [reading for reading in read if reading.at <= self.at]

    @property
    def day(self) -> date:
        """The day that counts, on the company's calendar."""
        return local(self.at).date()

    @cached_property
    def tickets(self) -> list[Ticket]:
        """Those that count: members that nobody has dropped. Nothing in this company lies below a member."""
        return [held for held in self._members(self.sprint.place, self.at) if not self._dropped(held)]

    @cached_property
    def total(self) -> Fraction:
        """The points of the sprint."""
        return sum((worth(ticket) for ticket in self.tickets), Fraction(0))

    @property
    def own(self) -> list[tuple[str, KeyResultPlan]]:
        """Active key results of the team in the cycle that holds the sprint."""
        held = ((f"{cycle}/{kr.code}", kr) for cycle, kr in all_key_results() if cycle == RUNNING)
        return [(name, kr) for name, kr in held if kr.team == self.sprint.team.name and self.active(name)]

    def active(self, name: str) -> bool:
        """Open on the day, in a cycle that holds it or ended not long ago."""
        cycle, _, code = name.partition("/")
        begin, end = CYCLES[cycle]
        plan = next(kr for held, kr in all_key_results() if (held, kr.code) == (cycle, code))
        states = plan.states(begin, self.day)
        in_time = begin <= self.day <= end + timedelta(days=CYCLE_GRACE_DAYS)
        return in_time and bool(states) and states[-1].state == "open"

    def serving(self, ticket: Ticket) -> list[str]:
        """The active key results that a ticket serves."""
        return [name for name in serves(ticket) if self.active(name)]

    def part(self, ticket: Ticket) -> str:
        """The one part that a ticket belongs to: active, exempt, inactive or none."""
        if self.serving(ticket):
            return "active"
        if exempt(ticket) is not None:
            return "exempt"
        return "inactive" if serves(ticket) else "none"

    def added(self, ticket: Ticket) -> bool:
        """It joined after the start; a milestone starts when the one before it is due."""
        start = self.sprint.window.start
        if not ticket.in_jira:
            before = self._windows(lambda window: window.number == self.sprint.window.number - 1)
            if not before:
                return False
            start = before[0].end
        joined = next(at for at, places in ticket.stays if self.sprint.place in places)
        return joined > start + GRACE

    def carried(self, ticket: Ticket) -> int:
        """In how many earlier closed sprints it was left undone."""
        earlier = self._windows(
            lambda window: window.number < self.sprint.window.number and window.end <= self.at
        )
        places = [((ticket.team, window.number), window.end) for window in earlier]
        return sum(place in _places(ticket, end) and not _done(ticket, end) for place, end in places)

    def open(self, ticket: Ticket) -> bool:
        """Known, and not finished in either way."""
        return ticket.known and not _done(ticket, self.at)

    def capacity(self) -> Fraction | None:
        """The mean of the points done in the last sprints that were closed before; at most three."""
        closed = self._windows(
            lambda window: window.number < self.sprint.window.number and window.end <= self.at
        )[-LAST_SPRINTS:]
        if not closed:
            return None
        done = [
            worth(ticket)
            for window in closed
            for ticket in self._members((self.sprint.team.name, window.number), window.end)
            if _done(ticket, window.end) and not ticket.dropped
        ]
        return sum(done, Fraction(0)) / len(closed)

    def _members(self, place: Place, at: datetime) -> list[Ticket]:
        return [held for held in self.world.tickets if held.known and place in _places(held, at)]

    def _dropped(self, ticket: Ticket) -> bool:
        return ticket.dropped and _done(ticket, self.at)

    def _windows(self, wanted: Callable[[Window], bool]) -> list[Window]:
        own = (held.window for held in self.world.sprints.values() if held.team == self.sprint.team)
        return sorted(window for window in own if wanted(window))


def worth(ticket: Ticket) -> Fraction:
    """Its points; what is negative or not estimated counts 0, and issues on GitHub carry no estimate."""
    return max(Fraction(_points(ticket) or 0), Fraction(0))


def _points(ticket: Ticket) -> float | None:
    return ticket.points if ticket.in_jira else None


def _places(ticket: Ticket, at: datetime) -> tuple[Place, ...]:
    held = [places for moment, places in ticket.stays if moment <= at]
    return held[-1] if held else ()


def _done(ticket: Ticket, at: datetime) -> bool:
    return ticket.closed is not None and ticket.closed <= at


# --- the findings


def _serving_none(seen: Seen) -> Iterator[Found]:
    for ticket in seen.tickets:
        part, added = seen.part(ticket), seen.added(ticket)
        if part in ("none", "inactive") and added:
            yield "added_without_key_result", ticket.alias
        elif part == "none":
            yield "no_key_result", ticket.alias
        elif part == "inactive":
            yield "inactive_key_result", ticket.alias


def _unknown_code(seen: Seen) -> Iterator[Found]:
    for ticket in seen.tickets:
        if ticket.unknown:
            yield "unknown_code", ticket.alias


def _staffing(seen: Seen) -> Iterator[Found]:
    for name, kr in seen.own:
        on_it = [ticket for ticket in seen.tickets if name in seen.serving(ticket)]
        share = sum((worth(ticket) / len(seen.serving(ticket)) for ticket in on_it), Fraction(0))
        if not on_it and kr.kind != "guardrail":
            yield "unstaffed_key_result", name
        if on_it and at_risk(seen.read, name) and share < SHORT * seen.total:
            yield "short_key_result", name


def at_risk(read: Sequence[Reading], name: str) -> bool:
    """Whoever checked in last did not believe in it."""
    said = [
        held.confidence for held in read if held.key_result == name and held.confidence is not None
    ]  # oldest first
    return bool(said) and said[-1] < AT_RISK


def _budgets(seen: Seen) -> Iterator[Found]:
    if not seen.total:
        return
    spent: dict[str, Fraction] = dict.fromkeys(BUDGETS, Fraction(0))
    for ticket in seen.tickets:
        reason = exempt(ticket) if seen.part(ticket) == "exempt" else None
        if reason is not None:
            spent[reason] = spent.get(reason, Fraction(0)) + worth(ticket)
    for reason, points in spent.items():
        if reason in BUDGETS and points > BUDGETS[reason] * seen.total:
            yield "over_budget", reason
        if reason in FLOORS and points < FLOORS[reason] * seen.total:
            yield "under_floor", reason
    added = sum((worth(ticket) for ticket in seen.tickets if seen.added(ticket)), Fraction(0))
    if added > UNPLANNED * seen.total:
        yield "over_budget", "unplanned"


def _blocked(seen: Seen) -> Iterator[Found]:
    links = [(blocker, blocked) for at, blocker, blocked in seen.world.blocks if at <= seen.at]
    for ticket in seen.tickets:
        if seen.open(ticket) and any(blocked is ticket and seen.open(by) for by, blocked in links):
            yield "blocked", ticket.alias


def _carried_twice(seen: Seen) -> Iterator[Found]:
    for ticket in seen.tickets:
        if seen.carried(ticket) >= 2:
            yield "carried_twice", ticket.alias


def _estimates(seen: Seen) -> Iterator[Found]:
    estimated = any(_points(ticket) is not None for ticket in seen.tickets)
    for ticket in seen.tickets:
        points = _points(ticket)
        if points is None and estimated:
            yield "no_estimate", ticket.alias
        if points is not None and points < 0:
            yield "odd_estimate", ticket.alias


def _whole(seen: Seen) -> Iterator[Found]:
    if len({name for ticket in seen.tickets for name in seen.serving(ticket)}) > MOST_KEY_RESULTS:
        yield "unfocused", seen.sprint.name
    capacity = seen.capacity()
    if capacity is not None and seen.total > capacity:
        yield "over_capacity", seen.sprint.name


def _stale(seen: Seen) -> Iterator[Found]:
    """From the 47th of 92 days on more than half of the cycle is over, that day included."""
    begin, end = CYCLES[RUNNING]
    if 2 * ((seen.day - begin).days + 1) <= (end - begin).days + 1:
        return
    for name, _ in seen.own:
        read = [held.at for held in seen.read if held.key_result == name]
        if read and seen.at - read[-1] > STALE_AFTER:
            yield "stale_reading", name


def _disagreeing(seen: Seen) -> Iterator[Found]:
    below = {id(ticket) for ticket in seen.tickets}
    for pull in seen.world.planted.get("branch and title disagree", ()):
        if _running(pull, seen.at) and below & {id(ticket) for ticket in pull.serves}:
            yield "branch_title_disagree", pull.alias


def _running(pull: Pull, at: datetime) -> bool:
    return pull.known and pull.opened <= at and (pull.closed is None or pull.closed > at)


_LOOKS: tuple[Callable[[Seen], Iterator[Found]], ...] = (
    _serving_none, _unknown_code, _staffing, _budgets, _blocked, _carried_twice, _estimates, _whole, _stale,
    _disagreeing,
)  # fmt: skip
