"""Deliveries with one or more values lost or replaced by another type, for tests that must survive them."""

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

DELIVERIES = Path(__file__).parent / "deliveries"
STRANGE: list[Any] = [
    None,
    True,
    0,
    -1,
    10**400,
    1.5,
    1e308,
    "",
    "x",
    "\x00",
    "\ud800",
    "2026-13-45T99:00:00Z",
    [],
    [[]],
    [None],
    ["com.atlassian.greenhopper.service.sprint.Sprint@1[id=,state=]"],
    {},
    {"id": {}},
    {"type": "doc", "content": [{"type": "text", "text": 5}]},
]


def delivery(name: str) -> dict[str, Any]:
    """One of our own deliveries, as JSON."""
    found: dict[str, Any] = json.loads((DELIVERIES / f"{name}.json").read_text())
    return found


def names(tracker: str) -> list[str]:
    """The names of our own deliveries of one tracker."""
    return sorted(path.stem for path in DELIVERIES.glob(f"{tracker}.*.json"))


@st.composite
def mutants(draw: st.DrawFn, tracker: str) -> tuple[str, dict[str, Any]]:
    """One of our deliveries with up to four places deleted or replaced."""
    name = draw(st.sampled_from(names(tracker)))
    body = delivery(name)
    for _ in range(draw(st.integers(1, 4))):
        holder, key = draw(st.sampled_from(_places(body)))
        if draw(st.booleans()):
            holder[key] = copy.deepcopy(draw(st.sampled_from(STRANGE)))
        else:
            del holder[key]
        if not body:
            break
    return name, body


def _places(value: Any) -> list[tuple[Any, Any]]:
    entries = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    found = [(value, key) for key, _ in entries]
    for holder, key in list(found):
        found += _places(holder[key])
    return found
