"""The standing of all items from nothing: slow, plain, and what the kept graph must always equal."""

from collections.abc import Callable, Mapping

from linker.graph.rows import Row, closure, tangled
from linker.graph.serving import Own, Standing, bearing, effective


def serving_parents(levels: Mapping[int, int], row: Callable[[int], Row]) -> dict[int, list[int]]:
    """The parents that each item can inherit from; an edge on a cycle serves nothing."""
    serving = {node: _candidates(node, levels, row(node)) for node in levels}
    # Levels fall along every edge but some among equals; a cycle needs one of these, so it lies above one.
    rising = [parent for node in levels for parent in serving[node] if levels[parent] >= levels[node]]
    above = closure(rising, serving.__getitem__)
    for child, parent in tangled((node, parent) for node in above for parent in serving[node]):
        serving[child].remove(parent)
    return serving


def _candidates(node: int, levels: Mapping[int, int], row: Row) -> list[int]:
    """The parents that would serve if there were no cycles."""
    level = levels[node]
    return [
        parent
        for parent, edge in row.items()
        if bearing(level, levels.get(parent), edge["kind"], edge["peer"]) == "serves"
    ]


def standings(serving: Mapping[int, list[int]], own: Callable[[int], Own]) -> dict[int, Standing]:
    """Parents before children, each once."""
    done: dict[int, Standing] = {}
    for start in serving:
        path = [start]
        while path:
            missing = [parent for parent in serving[path[-1]] if parent not in done]
            if not missing:
                node = path.pop()
                done[node] = effective(own(node), [done[parent] for parent in serving[node]])
            path += missing
    return done
