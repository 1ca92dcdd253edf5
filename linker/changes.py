"""Desired minus current: which labels and status an item should have, and what to write for it; pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from linker import tags
from linker.model import Change, ItemId, Level
from linker.verdict import Mode, Verdict, status

CONTEXT = "sightline"
OPEN_CATEGORIES = frozenset({"todo", "doing"})


class Plan(NamedTuple):
    """A change in the outbox: what it asks for, and whether it may have reached the tracker."""

    id: int
    desired: Mapping[str, Any]
    sent: bool  # sent, or being sent right now; else it waits or is only shown


class Surface(NamedTuple):
    """What is on the tracker as far as we know: labels, those that are ours, what we plan or sent."""

    labels: frozenset[str]
    ours: frozenset[str]
    told: frozenset[str]  # labels of which the tracker told who set and who removed them
    plans: Mapping[str, Plan]  # by surface


class Difference(NamedTuple):
    """What to plan, and the plans that are not wanted any more."""

    changes: tuple[Change, ...]
    moot: tuple[int, ...]


def labels(
    item: ItemId, level: int, category: str | None, codes: Collection[str], now: Surface
) -> list[Change]:
    """The label of each active key result on open tickets and pull requests; only ours are removed."""
    if level < Level.TICKET or category not in OPEN_CATEGORIES:
        return []
    desired = {tags.label_code(tags.label_for(code)): tags.label_for(code) for code in codes}
    there = {tags.label_code(label) for label in now.labels}
    sent = {
        surface.partition(":")[2]: bool(plan.desired.get("present"))
        for surface, plan in now.plans.items()
        if plan.sent and surface.startswith("label:")
    }
    add = {
        label for code, label in desired.items() if code not in there or sent.get(label) is False
    }  # one that we took away is there until the tracker says so
    ours = now.labels & now.ours
    ours |= {label for label, present in sent.items() if present and label not in now.told}
    remove = {label for label in ours if tags.label_code(label) not in desired}
    return [_label(item, label, True) for label in sorted(add)] + [
        _label(item, label, False) for label in sorted(remove)
    ]


def statuses(
    item: ItemId, head: str | None, category: str | None, verdict: Verdict, mode: Mode, url: str
) -> list[Change]:
    """The commit status of an open pull request's head."""
    if mode == "off" or not head or category not in OPEN_CATEGORIES:
        return []
    state, text = status(verdict, mode)
    desired = {"state": state, "description": text, "context": CONTEXT, "target_url": url}
    return [Change(item=item, surface=f"status:{head}", desired=desired)]


def difference(wanted: Sequence[Change], plans: Mapping[str, Plan]) -> Difference:
    """Plan what is wanted and not planned or sent yet; what waits and is not wanted is moot.

    So a status of a head that was pushed over is never sent, nor a label of an item that is done by now.
    """
    surfaces = {change.surface for change in wanted}
    fresh = [
        change
        for change in wanted
        if change.surface not in plans or plans[change.surface].desired != change.desired
    ]
    moot = [plan.id for surface, plan in plans.items() if surface not in surfaces and not plan.sent]
    return Difference(tuple(fresh), tuple(sorted(moot)))


def _label(item: ItemId, label: str, present: bool) -> Change:
    return Change(item=item, surface=f"label:{label}", desired={"present": present})
