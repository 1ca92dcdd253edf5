"""Desired minus current: which labels and status an item should have, and what to write for it; pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from linker import tags
from linker.model import Change, ItemId, Level
from linker.verdict import Mode, Verdict, status

CONTEXT = "sightline"
OPEN_CATEGORIES = frozenset({"todo", "doing"})


class Surface(NamedTuple):
    """What is on the tracker as far as we know: labels, those that are ours, what we sent or plan."""

    labels: frozenset[str]
    ours: frozenset[str]
    planned: Mapping[str, dict[str, Any]]  # surface -> desired that is waiting, sent or shown dry


def labels(
    item: ItemId, level: int, category: str | None, codes: Collection[str], now: Surface
) -> list[Change]:
    """The label of each active key result on open tickets and pull requests; only ours are removed."""
    if level < Level.TICKET or category not in OPEN_CATEGORIES:
        return []
    desired = {tags.label_for(code) for code in codes}
    changes = [_label(item, label, True) for label in sorted(desired - now.labels)]
    changes += [_label(item, label, False) for label in sorted((now.labels & now.ours) - desired)]
    withdrawn = {
        surface.partition(":")[2]
        for surface, wanted in now.planned.items()
        if surface.startswith("label:") and wanted.get("present")
    }
    changes += [_label(item, label, False) for label in sorted(withdrawn - desired - now.labels)]
    return [change for change in changes if now.planned.get(change.surface) != change.desired]


def statuses(
    item: ItemId, head: str | None, category: str | None, verdict: Verdict, mode: Mode, url: str, now: Surface
) -> list[Change]:
    """The commit status of an open pull request's head; an unchanged one is not written again."""
    if mode == "off" or not head or category not in OPEN_CATEGORIES:
        return []
    state, text = status(verdict, mode)
    desired = {"state": state, "description": text, "context": CONTEXT, "target_url": url}
    change = Change(item=item, surface=f"status:{head}", desired=desired)
    return [] if now.planned.get(change.surface) == change.desired else [change]


def codes(krs: Sequence[str], code_of: Mapping[str, str]) -> list[str]:
    """The codes that labels carry for key results."""
    return sorted({code_of[kr] for kr in krs})


def _label(item: ItemId, label: str, present: bool) -> Change:
    return Change(item=item, surface=f"label:{label}", desired={"present": present})
