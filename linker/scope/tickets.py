"""Findings on single tickets of a sprint."""

from collections.abc import Iterator

from linker.model import Finding
from linker.scope.numbers import Numbers
from linker.scope.plan import Card, Plan, part
from linker.scope.saying import finding, short
from linker.scope.sums import Part

Found = Iterator[Finding]


def no_key_result(plan: Plan, numbers: Numbers) -> Found:
    """A ticket that serves no key result, and is not exempt."""
    for card in _in_part(plan, "none"):
        if not card.story.added:
            above = (
                f"Neither it nor {short(card.above)} names a" if card.above else "It has no epic and names no"
            )
            yield finding(
                "no_key_result",
                card.name,
                f"{above} key result.",
                "Give it, or its epic, a key result, or say why it needs none.",
            )


def added_without_key_result(plan: Plan, numbers: Numbers) -> Found:
    """Scope that came after the start and serves no active key result."""
    for card in _in_part(plan, "none", "inactive"):
        if card.story.added:
            yield finding(
                "added_without_key_result",
                card.name,
                "It came after the sprint had started, and serves no active key result.",
                "Ask whether it has to be in this sprint. Give it a key result, exempt it or move it out.",
            )


def inactive_key_result(plan: Plan, numbers: Numbers) -> Found:
    """A ticket of which all key results are over, dropped or not begun."""
    for card in _in_part(plan, "inactive"):
        if not card.story.added:
            verb = "is" if len(card.krs) == 1 else "are"
            yield finding(
                "inactive_key_result",
                card.name,
                f"It serves only {', '.join(card.krs)}, which {verb} not active.",
                "Link it to a key result of the running cycle, or move it out.",
            )


def unknown_code(plan: Plan, numbers: Numbers) -> Found:
    """A key result code that no catalogue holds."""
    for card in plan.largest:
        for code, fix in card.unknown:
            yield finding("unknown_code", card.name, f"{code} is in no cycle.", fix)


def blocked(plan: Plan, numbers: Numbers) -> Found:
    """An open ticket that waits for one that is not done, wherever that is."""
    for card in plan.largest:
        for one in card.blocked if card.is_open else ():
            chain = " ← ".join(short(name) for name in one.chain)
            where = f" ({one.where})" if one.where else ""
            yield finding(
                "blocked",
                card.name,
                f"It waits for {chain}{where}.",
                f"Agree with whoever has {short(one.chain[-1])} when it is done, or move this one out.",
            )


def carried_twice(plan: Plan, numbers: Numbers) -> Found:
    """A ticket that was not finished in two sprints or more."""
    for card in plan.largest:
        if card.carried > 1:
            yield finding(
                "carried_twice",
                card.name,
                f"{card.carried} sprints ended without it being done.",
                "Split it, or put it back into the backlog.",
            )


def no_estimate(plan: Plan, numbers: Numbers) -> Found:
    """A ticket without points among others that have them."""
    if any(card.points is not None for card in plan.largest):
        for card in plan.largest:
            if card.points is None:
                yield finding(
                    "no_estimate", card.name, "It has no estimate, so no share counts it.", "Estimate it."
                )


def odd_estimate(plan: Plan, numbers: Numbers) -> Found:
    """An estimate below nothing."""
    for card in plan.largest:
        if card.points is not None and card.points < 0:
            yield finding(
                "odd_estimate", card.name, f"Its estimate is {card.points}, which counts as 0.", "Correct it."
            )


def branch_title_disagree(plan: Plan, numbers: Numbers) -> Found:
    """An open pull request for a ticket of the sprint whose branch names another ticket than its title."""
    seen: set[str] = set()
    for card in plan.largest:
        for pull in card.disagreeing:
            if pull not in seen:
                seen.add(pull)
                yield finding(
                    "branch_title_disagree",
                    pull,
                    f"Its branch and its title name different tickets; one is {short(card.name)}.",
                    "Correct the title.",
                )


def _in_part(plan: Plan, *wanted: Part) -> list[Card]:
    active = plan.active
    return [card for card in plan.largest if part(card, active) in wanted]
