"""FINDERS: what a person should look at in a sprint before, or while, the team commits to it."""

from collections.abc import Callable, Iterator, Mapping

from linker.model import Finding
from linker.scope import tickets, whole
from linker.scope.numbers import Numbers
from linker.scope.plan import Plan, Severity

Finder = Callable[[Plan, Numbers], Iterator[Finding]]

#: What is looked for, with the severity that holds where app.yaml names no other.
FINDERS: Mapping[str, tuple[Severity, Finder]] = {
    "no_key_result": ("warning", tickets.no_key_result),
    "added_without_key_result": ("warning", tickets.added_without_key_result),
    "inactive_key_result": ("warning", tickets.inactive_key_result),
    "unknown_code": ("warning", tickets.unknown_code),
    "unstaffed_key_result": ("warning", whole.unstaffed_key_result),
    "short_key_result": ("warning", whole.short_key_result),
    "over_budget": ("warning", whole.over_budget),
    "blocked": ("warning", tickets.blocked),
    "carried_twice": ("warning", tickets.carried_twice),
    "odd_estimate": ("warning", tickets.odd_estimate),
    "stale_reading": ("warning", whole.stale_reading),
    "under_floor": ("note", whole.under_floor),
    "no_estimate": ("note", tickets.no_estimate),
    "unfocused": ("note", whole.unfocused),
    "branch_title_disagree": ("note", tickets.branch_title_disagree),
    "over_capacity": ("note", whole.over_capacity),
}


def find(plan: Plan, numbers: Numbers) -> list[Finding]:
    """All findings of a plan, by severity and then in the order of FINDERS; of each the largest first."""
    found = []
    for name, (usual, finder) in FINDERS.items():
        severity = plan.rules.severities.get(name, usual)
        if severity != "off":
            found += [one.model_copy(update={"severity": severity}) for one in finder(plan, numbers)]
    ranks = {"error": 0, "warning": 1, "note": 2}
    return sorted(found, key=lambda one: ranks[one.severity])
