"""Why an item serves what it serves: each path to a key result, each link with its provenance."""

from typing import Any, NamedTuple

from linker.store import Connection, up
from linker.store.up import Step

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
    """Every path to each key result that the item serves, shortest first."""
    rows, steps = up.neighbourhood(connection, row)
    standing = up.serves(connection, rows)
    krs, exemption = standing.get(row, ((), None))
    above: dict[int, list[Step]] = {}
    for step in steps:
        above.setdefault(step.child, []).append(step)
    found = [path for kr in krs for path in _paths(rows, above, standing, row, kr)]
    found.sort(key=lambda path: (path.kr, len(path.steps)))
    return Why(rows[row], krs, exemption, tuple(found), rows)


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


def _paths(
    rows: dict[int, Any],
    above: dict[int, list[Step]],
    standing: dict[int, tuple[tuple[str, ...], str | None]],
    start: int,
    kr: str,
) -> list[Path]:
    found: list[Path] = []
    trails: list[tuple[int, tuple[Step, ...]]] = [(start, ())]
    while trails and len(found) < MOST_PATHS:
        at, trail = trails.pop()
        own = rows[at]["own"] or {}
        if kr in own.get("linked", ()):
            found.append(Path(kr, trail, True))
        tags = [step for step in above.get(at, ()) if step.kind == "tag" and step.target == kr]
        found += [Path(kr, (*trail, step), False) for step in tags]
        if own.get("tags") or own.get("optout") or own.get("exempt"):
            continue  # it has a word of its own, so it inherits nothing
        been = {step.child for step in trail} | {at}
        for step in above.get(at, ()):
            if (
                step.parent is not None
                and step.parent not in been
                and kr in standing.get(step.parent, ((), None))[0]
            ):
                trails.append((step.parent, (*trail, step)))
    return found
