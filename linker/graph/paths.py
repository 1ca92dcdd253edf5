"""Every way in which something comes to an item: each is a reason, never a coincidence."""

from collections.abc import Callable

from linker.graph.serving import Own, Standing

Look = Callable[[int], tuple[Own, Standing, list[int]]]  # own state, standing and serving parents of a node
Things = frozenset[object]


def krs_of(standing: Standing) -> Things:
    """The key results that the item serves."""
    return standing.krs


def krs_held(own: Own) -> Things:
    """The key results that the item would hold of itself, by tag or a person's decision."""
    return own.linked | own.tags


def exemption_of(standing: Standing) -> Things:
    """The exemption that is in effect, as a set of one or none."""
    return frozenset() if standing.exemption is None else frozenset({standing.exemption})


def exemption_held(own: Own) -> Things:
    """The exemption that the item would hold of itself, by a person's decision or an opt-out."""
    return frozenset({own.optout if own.exempt is None else own.exempt})


def ways(
    start: int,
    look: Look,
    carried: Callable[[Standing], Things],
    held: Callable[[Own], Things],
    limit: int,
    wanted: Things | None = None,
) -> list[list[int]]:
    """Paths from the item up to one that holds the thing of itself, over items that carry it; shortest first.

    Whoever carries a thing holds it or has it from a parent that carries it. So each path that is begun comes
    to an end, and what exceeds the limit can be dropped on the way.
    """
    things = carried(look(start)[1])
    front = [([start], things if wanted is None else things & wanted)]
    found: list[list[int]] = []
    while front and len(found) < limit:
        further: list[tuple[list[int], Things]] = []
        for path, flow in front:
            own, _, parents = look(path[-1])
            if flow & held(own):
                found.append(path)
            if own.inherits():
                further += [([*path, parent], flow & carried(look(parent)[1])) for parent in parents]
        front = [(path, flow) for path, flow in further if flow][:limit]
    return found[:limit]
