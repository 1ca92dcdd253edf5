"""Why an item serves what it serves: each path to a key result, each link with its provenance."""

from itertools import pairwise
from typing import Any, NamedTuple

from linker import rules
from linker.own import OwnState
from linker.store import Connection, up
from linker.store.up import Step
from linker.trace import Trace

MOST_PATHS = 50


class Path(NamedTuple):
    """One way from an item up to a key result: the links, in order; the last one is a tag or a decision."""

    kr: str
    steps: tuple[Step, ...]
    decided: bool  # the last item was linked by a person's decision, not by a tag


class Why(NamedTuple):
    """An item, what it serves, all paths, and the rows of the items on them."""

    row: Any
    krs: tuple[str, ...]
    exemption: str | None
    paths: tuple[Path, ...]
    rows: dict[int, Any]


def why(connection: Connection, row: int) -> Why:
    """Every path to each key result that the item serves, shortest first.

    The trace graph of what lies above the item tells the paths, so they never say more than the standing.
    """
    rows, steps = up.neighbourhood(connection, row)
    above: dict[tuple[int, int | str], Step] = {}
    for step in sorted(steps, key=lambda one: rules.STRENGTH.get(one.kind, 0)):
        above[step.child, step.target if step.parent is None else step.parent] = step
    owns = {node: OwnState.load(known["own"]) for node, known in rows.items() if known["own"]}
    trace = _trace(rows, steps, owns)
    krs, exemption = up.serves(connection, [row]).get(row, ((), None))
    found = []
    for kr in krs:
        for nodes in trace.graph.paths(row, trace.number(kr), MOST_PATHS):
            links = tuple(above[pair] for pair in pairwise(nodes))
            own = owns[nodes[-1]]
            if kr in own.tags and own.exempt is None:
                found.append(Path(kr, (*links, above[nodes[-1], kr]), False))
            if kr in own.linked:
                found.append(Path(kr, links, True))
    found.sort(
        key=lambda path: (path.kr, len(path.steps), [step.target for step in path.steps], path.decided)
    )
    return Why(rows[row], krs, exemption, tuple(found), rows)


def _trace(rows: dict[int, Any], steps: list[Step], owns: dict[int, OwnState]) -> Trace:
    trace = Trace()
    here = [
        (node, row["level"]) for node, row in rows.items() if row["level"] is not None and not row["deleted"]
    ]
    links = [
        (
            step.child,
            step.parent,
            step.kind,
            rows[step.child]["tracker"] == "github" and step.kind == "parent",
        )
        for step in steps
        if step.parent is not None
    ]
    trace.load(here, links, owns.items())
    return trace


def short(row: Any) -> str:
    """An item as people call it: jira:PAY-12, github:acme/pay#7."""
    return f"{row['tracker']}:{row['alias'] or row['tid']}"


def words(found: Why, path: Path, step: Step) -> str:
    """One link in words: from, to, and what made it."""
    child = short(found.rows[step.child])
    target = short(found.rows[step.parent]) if step.parent is not None else step.target
    made = f"{step.why.get('rule', '')} in {step.why.get('field', '')}"
    text = step.why.get("text", "")
    seen = f": {text}" if text and step.kind != "parent" else ""
    return f"  {child} -> {target}  ({step.kind}, {made}{seen})"


def as_json(found: Why) -> dict[str, Any]:
    """The whole answer for scripts."""
    return {
        "item": short(found.row),
        "title": found.row["title"],
        "serves": list(found.krs),
        "exemption": found.exemption,
        "decisions": found.row["doc"].get("d", []),
        "paths": [
            {
                "kr": path.kr,
                "decided": path.decided,
                "links": [
                    {
                        "from": short(found.rows[step.child]),
                        "to": short(found.rows[step.parent]) if step.parent is not None else step.target,
                        "kind": step.kind,
                        "valid_from": step.valid_from,
                        "why": step.why,
                    }
                    for step in path.steps
                ],
            }
            for path in found.paths
        ],
    }
