"""Serving goes down a level or along a hierarchy among equals; own words beat what parents give."""

from collections.abc import Collection, Iterable
from typing import Final, Literal, NamedTuple

KINDS: Final = ("parent", "delivers", "contributes", "blocks", "mentions")  # the strongest first
SERVING_KINDS: Final = frozenset({"parent", "delivers", "contributes"})
DELIVERING_KINDS: Final = frozenset({"parent", "delivers"})
_STRENGTH: Final = {kind: len(KINDS) - place for place, kind in enumerate(KINDS)}

Bearing = Literal["serves", "cycle", "idle", "pending", "apart"]


class Edge(NamedTuple):
    """A link to a parent; `peer` marks a hierarchy among equals (sub-issues), whose depth gives the level."""

    parent: int
    kind: str
    peer: bool = False


class Standing(NamedTuple):
    """What an item serves: key results, else the reason why it serves none on purpose, else nothing."""

    krs: frozenset[int]
    exemption: str | None


class Own(NamedTuple):
    """What text and persons say of the item itself; an empty reason is an opt-out that gives none."""

    tags: frozenset[int] = frozenset()
    optout: str | None = None
    linked: frozenset[int] = frozenset()
    unlinked: frozenset[int] = frozenset()
    exempt: str | None = None

    def inherits(self) -> bool:
        """Whether the item takes what its parents give; tags, an opt-out or an exemption stand instead."""
        return not self.tags and self.optout is None and self.exempt is None


NOTHING: Final = Standing(frozenset(), None)
SILENT: Final = Own()


def effective(own: Own, parents: Collection[Standing]) -> Standing:
    """A person's exemption beats tags, tags an opt-out, and that what parents give; then decisions apply."""
    added = own.linked - own.unlinked
    if own.exempt is not None:
        return Standing(added, None if added else own.exempt)
    krs, exemption = own.tags, None
    if not own.tags:
        exemption = own.optout
    if own.inherits():
        krs = frozenset().union(*(parent.krs for parent in parents))
        if not krs:
            exemption = min((p.exemption for p in parents if p.exemption is not None), default=None)
    return Standing((krs | own.linked) - own.unlinked, None if added else exemption)


def bearing(child_level: int | None, parent_level: int | None, kind: str, peer: bool) -> Bearing:
    """What an edge between two items is good for, as if there were no cycles; an absent item has no level."""
    if kind not in SERVING_KINDS:
        return "apart"
    if child_level is None or parent_level is None:
        return "pending"
    return "serves" if parent_level < child_level or (peer and kind == "parent") else "idle"


def strongest(edges: Iterable[Edge]) -> list[Edge]:
    """One edge for each parent, the strongest that is said of it, in the order of the parents."""
    best: dict[int, Edge] = {}
    for edge in edges:
        if edge.kind not in _STRENGTH:
            raise ValueError(f"unknown kind of link {edge.kind!r}; known are {', '.join(KINDS)}")
        held = best.setdefault(edge.parent, edge)
        if (_STRENGTH[edge.kind], edge.peer) > (_STRENGTH[held.kind], held.peer):
            best[edge.parent] = edge
    return sorted(best.values())
