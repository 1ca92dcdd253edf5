"""A sprint's plan as data: numbers, findings, suggestions, budgets; the page and all formats show this."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from linker import scope
from linker.model import Decision, Finding
from linker.own import in_force
from linker.planning import Look, Planned, planned
from linker.scope import Card, Effect, Goal, Numbers, Part, Plan, Swap
from linker.store import advice, work
from linker.store import planning as rows_of
from reports import wording
from reports.decided import names as names_of
from reports.frame import Frame

WORST = 10
PAGE = "page-"  # how ids of decisions begin that were made on a page


class Draft(NamedTuple):
    """What-if: rows of tickets that would go and come; nothing of it is written."""

    out: tuple[int, ...] = ()
    into: tuple[int, ...] = ()


class Group(NamedTuple):
    """All findings of one kind; the worst come first."""

    id: str
    severity: str
    findings: tuple[Finding, ...]

    @property
    def worst(self) -> tuple[Finding, ...]:
        """Those to show."""
        return self.findings[:WORST]


class Hint(NamedTuple):
    """A key result that a ticket may serve, and what speaks for it."""

    kr: str
    code: str
    reasons: tuple[str, ...]


class Check(NamedTuple):
    """A line of the planning checklist: how many of how many are done, and what to do about the rest."""

    text: str
    done: int
    whole: int
    todo: str

    @property
    def ready(self) -> bool:
        """Whether nothing is left to do."""
        return self.done >= self.whole


class Made(NamedTuple):
    """A decision that a planner made on the page: on what, and in words."""

    name: str
    decision: Decision
    words: str
    kr: str | None
    more: str


class Unsent(NamedTuple):
    """A change on a ticket of the sprint that is not on its tracker: which, and why not."""

    name: str
    surface: str
    desired: Mapping[str, object]
    state: int
    error: str


@dataclass(frozen=True)
class Sheet:
    """A plan with all that is said of it; `plan` is the drafted one, `held` the one that is."""

    planned: Planned
    plan: Plan
    numbers: Numbers
    held: Numbers
    draft: Draft
    out: tuple[Card, ...]  # that would go
    into: tuple[Card, ...]  # that would come
    effects: tuple[Effect, ...]
    groups: tuple[Group, ...]
    snoozed: tuple[tuple[Finding, Decision], ...]
    swaps: tuple[Swap, ...]
    candidates: tuple[Card, ...]
    hints: Mapping[int, tuple[Hint, ...]]
    checklist: tuple[Check, ...]
    decisions: tuple[Made, ...]  # that planners made here, newest first
    unsent: tuple[Unsent, ...]  # what a tracker did not take, or has not taken yet

    @property
    def errors(self) -> int:
        """How many findings the policy calls errors."""
        return sum(len(group.findings) for group in self.groups if group.severity == "error")

    def cards(self, part: Part) -> list[Card]:
        """The counted cards of a part, the largest first; those that would go are left out."""
        active = self.plan.active
        fit = [card for card in self.plan.carrying if scope.part(card, active) == part]
        return sorted(fit, key=lambda card: (-scope.worth(card), card.name))


def look_of(frame: Frame) -> Look:
    """A page's look at the store as planning needs it."""
    return Look(frame.config, frame.catalogue, frame.now)


def sheet(frame: Frame, row: int, draft: Draft = Draft()) -> Sheet | None:  # noqa: B008  frozen
    """All that is said of a sprint; None when there is no such sprint."""
    found = planned(frame.connection, look_of(frame), row)
    if found is None:
        return None
    before = scope.numbers(found.plan)
    coming = {card.row: card for card in found.candidates}
    into = tuple(coming[own] for own in dict.fromkeys(draft.into) if own in coming)
    out = tuple(card for card in found.plan.cards if card.row in set(draft.out))
    plan = scope.drafted(found.plan, [card.row for card in out], into)
    after = scope.numbers(plan)
    named = [row, *(card.row for card in (*found.plan.cards, *found.gone, *found.candidates))]
    told = rows_of.decided(frame.connection, named)
    groups, snoozed = _findings(frame, plan, after, told.get(row, []))
    left = [card for card in found.candidates if card.row not in set(draft.into)]
    return Sheet(
        found,
        plan,
        after,
        before,
        Draft(tuple(card.row for card in out), tuple(card.row for card in into)),
        out,
        into,
        scope.effects(plan, before, after),
        groups,
        snoozed,
        tuple(scope.swaps(plan, left)) if found.known.is_open else (),
        tuple(scope.rank(plan, after, left)),
        _hints(frame, plan),
        tuple(_checklist(plan, groups)),
        tuple(_made_here(frame, found, told)),
        tuple(_unsent(frame, found)),
    )


def _findings(
    frame: Frame, plan: Plan, numbers: Numbers, told: Sequence[Decision]
) -> tuple[tuple[Group, ...], tuple[tuple[Finding, Decision], ...]]:
    asleep = {
        one.finding: one
        for one in in_force(told)
        if one.kind == "snooze" and one.finding and (one.until or 0) > frame.now
    }
    awake: dict[str, list[Finding]] = {}
    snoozed = []
    for one in scope.find(plan, numbers):
        decision = asleep.get(f"{one.id} {one.subject}")
        if decision is None:
            awake.setdefault(one.id, []).append(one)
        else:
            snoozed.append((one, decision))
    return tuple(Group(own, all_[0].severity, tuple(all_)) for own, all_ in awake.items()), tuple(snoozed)


def _hints(frame: Frame, plan: Plan) -> dict[int, tuple[Hint, ...]]:
    """What is suggested for tickets that serve no active key result; only what is active still."""
    active = plan.active
    asking = [card.row for card in plan.cards if scope.part(card, active) in ("none", "inactive")]
    return {
        own: tuple(Hint(kr, frame.code(kr), tuple(reasons)) for kr, reasons in kept.content if kr in active)
        for own, kept in advice.kept(frame.connection, asking).items()
    }


def _checklist(plan: Plan, groups: Sequence[Group]) -> Iterator[Check]:
    ours = [goal for goal in plan.goals if goal.active and goal.ours]
    cards = [card for card in plan.carrying if card.category != "dropped"]
    active = plan.active
    serving = [card for card in cards if scope.part(card, active) == "active"]
    tagged = [card for card in cards if scope.part(card, active) != "none"]
    waiting = [card for card in cards if card.blocked and card.is_open]
    blocked = next((len(group.findings) for group in groups if group.id == "blocked"), 0)
    yield Check(
        "Progress of key results reviewed",
        sum(_reviewed(goal) for goal in ours),
        len(ours),
        "Add a reading: sightline checkin CODE VALUE",
    )
    yield Check(
        "Tickets tagged", len(tagged), len(cards), "Link or exempt what stands under “no key result”."
    )
    yield Check(
        "Impact estimated",
        sum(bool(card.impact) for card in serving),
        len(serving),
        "Choose a size beside each ticket.",
    )
    seen = max(len(waiting) - blocked, 0)
    yield Check("Dependencies seen", seen, len(waiting), "Settle each under “blocked”, or snooze it.")


def _reviewed(goal: Goal) -> bool:
    return goal.read_at is not None and not goal.stale


def _made_here(frame: Frame, found: Planned, told: Mapping[int, Sequence[Decision]]) -> list[Made]:
    """Decisions in force that people made on the page, newest first."""
    names = _names(found) | {found.known.row: found.plan.title}
    tracker = "github" if found.known.sprint.milestone else "jira"
    called = names_of(frame.connection, {one.sprint for own in told.values() for one in own if one.sprint})
    made = [
        Made(
            names[row],
            one,
            *wording.decision(
                one.model_dump(mode="json", exclude_defaults=True), called, tracker, frame.zone
            ),
        )
        for row, own in told.items()
        for one in in_force(own)
        if one.id.startswith(PAGE)
    ]
    return sorted(made, key=lambda one: (one.decision.at, one.decision.order), reverse=True)


def _names(found: Planned) -> dict[int, str]:
    return {card.row: card.name for card in (*found.plan.cards, *found.gone, *found.candidates)}


def _unsent(frame: Frame, found: Planned) -> Iterator[Unsent]:
    names = _names(found)
    for row in rows_of.changes(frame.connection, list(names)):
        moves = row["surface"] == "sprint" and row["state"] == work.WAITING
        if row["state"] == work.REFUSED_CHANGE or moves:
            yield Unsent(names[row["item"]], row["surface"], row["desired"], row["state"], row["error"] or "")


def exact(value: Fraction) -> str:
    """A fraction as JSON holds it: "5", "5/3"."""
    return str(value)
