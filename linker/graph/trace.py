"""Every item keeps its standing while facts come in any order; a change works out only what hangs below it.

Nodes are the store's row ids, edges run from child to parent. Three kinds of fact go in, each replaces what
was said before of the same node, and the standing follows from the facts alone: levels (`put`, `remove`),
links (`set_links`) and own state (`set_own`). A fact about a node that has not come yet waits for it. One
thread writes.
"""

from collections import deque
from collections.abc import Collection, Container, Iterable, Iterator
from typing import Any, Final

from linker.graph import paths, scratch
from linker.graph.rows import EDGES, NodeFacts, Rows, View, closure, plain, tangled
from linker.graph.serving import (
    DELIVERING_KINDS,
    NOTHING,
    SERVING_KINDS,
    SILENT,
    Bearing,
    Edge,
    Own,
    Standing,
    bearing,
    effective,
    strongest,
)

_ABSENT: Final[NodeFacts] = {"level": None, "own": SILENT, "standing": NOTHING}
_SERVES: Final = frozenset({"serves"})
_CYCLE: Final = frozenset({"cycle"})
_CANDIDATE: Final = frozenset({"serves", "cycle"})  # would serve, if it closed no cycle


class TraceGraph:
    """The standing of every item, equal after every change to what `recompute` finds from nothing."""

    def __init__(self) -> None:
        self._rows = Rows()
        # Both grow with the variety of what is said, not with the number of items: a catalogue is small.
        self._alike: dict[tuple[int | None, Own, Standing], NodeFacts] = {}
        self._interned: dict[Any, Any] = {value: value for value in (NOTHING, SILENT, NOTHING.krs)}

    def __len__(self) -> int:
        """How many places are held, those of items that are named and have not come among them."""
        return len(self._rows)

    # Facts in. Each answers with the nodes whose standing changed.

    def put(self, node: int, level: int) -> set[int]:
        """Add an item, or change its level."""
        return self._relevel(node, level)

    def remove(self, node: int) -> set[int]:
        """Take an item out: it serves nobody; what is said of it waits in case it comes back."""
        return self._relevel(node, None)

    def set_links(self, child: int, edges: Collection[Edge]) -> set[int]:
        """Replace all links of the child; of several to one parent the strongest kind stands."""
        kept, before = strongest(edges), self.edges(child)
        if kept == before:
            return set()
        knot = self._climb(child, _CYCLE)
        self._write_links(child, kept)
        changed = self._spread({child} | self._untangle(child, knot))
        for edge in before:
            self._forget_blank(edge.parent)
        self._forget_blank(child)
        return changed

    def set_own(self, node: int, own: Own) -> set[int]:
        """Replace what text and persons say of the item itself."""
        facts = self._facts(node)
        if facts["own"] == own:
            return set()
        self._hold(node, facts["level"], own, facts["standing"])
        changed = self._spread({node})
        self._forget_blank(node)
        return changed

    def load(
        self,
        nodes: Iterable[tuple[int, int]],
        links: Iterable[tuple[int, int, str, bool]],
        owns: Iterable[tuple[int, Own]],
    ) -> None:
        """Replace the whole graph by rows (node, level), (child, parent, kind, peer) and (node, own)."""
        self._rows = Rows()
        same: dict[int, int] = {}  # one int object for each id, however many the rows bring
        for node, level in nodes:
            self._hold(same.setdefault(node, node), level, SILENT, NOTHING)
        for node, own in owns:
            self._hold(same.setdefault(node, node), self._facts(node)["level"], own, NOTHING)
            self._forget_blank(node)
        links_of: dict[int, list[Edge]] = {}
        for child, parent, kind, peer in links:
            edge = Edge(same.setdefault(parent, parent), kind, peer)
            links_of.setdefault(same.setdefault(child, child), []).append(edge)
        for child, edges in links_of.items():
            self._write_links(child, strongest(edges))
        serving = self._serving_from_nothing()
        for child, parents in serving.items():
            for parent in self._parents(child, _SERVES).difference(parents):
                self._bear(child, parent, "cycle")
        for node, standing in scratch.standings(serving, self.own).items():
            facts = self._facts(node)
            self._hold(node, facts["level"], facts["own"], standing)

    # Answers.

    def standing(self, node: int) -> Standing:
        """What the item serves, or why it serves none on purpose; nothing for an item that is not here."""
        return self._facts(node)["standing"]

    def level(self, node: int) -> int | None:
        """The item's level; None when it has not come or was removed."""
        return self._facts(node)["level"]

    def own(self, node: int) -> Own:
        """What text and persons say of the item itself."""
        return self._facts(node)["own"]

    def edges(self, node: int) -> list[Edge]:
        """All links of the item to its parents, whether they serve or not, in the order of the parents."""
        return [Edge(parent, e["kind"], e["peer"]) for parent, e in self._rows.parents(node).items()]

    def idle_links(self, child: int) -> list[Edge]:
        """Links that should serve and do not, since they go up, stay level or close a cycle."""
        row = self._rows.parents(child)
        return [edge for edge in self.edges(child) if row[edge.parent]["bearing"] in ("idle", "cycle")]

    def serving_parents(self, node: int) -> list[int]:
        """The parents from which the item can inherit, in order."""
        return sorted(self._parents(node, _SERVES))

    def serving_children(self, node: int) -> list[int]:
        """The items that can inherit from this one, in order."""
        return sorted(self._children(node, SERVING_KINDS))

    def below(self, node: int) -> Iterator[int]:
        """All that hangs below over serving links, each once, the nearest first."""
        return self._descend(node, SERVING_KINDS)

    def merged_below(self, node: int, merged: Container[int]) -> Iterator[int]:
        """The merged work in which the branch of work below ends; only parent and delivers lead there."""
        return (found for found in self._descend(node, DELIVERING_KINDS) if found in merged)

    def paths(self, node: int, kr: int | None = None, limit: int = 50) -> list[list[int]]:
        """Every way in which the key result (or any) comes to the item, the shortest first.

        A path starts at the item and ends at one that holds the key result of itself, by tag or decision;
        nothing on it stops the key result.
        """
        wanted = None if kr is None else frozenset({kr})
        return paths.ways(node, self._look, paths.krs_of, paths.krs_held, limit, wanted)

    def exemption_paths(self, node: int, limit: int = 50) -> list[list[int]]:
        """Every way in which the exemption comes to the item, up to the opt-out or decision that gives it."""
        return paths.ways(node, self._look, paths.exemption_of, paths.exemption_held, limit)

    def recompute(self) -> dict[int, Standing]:
        """The standing of every item that is here, worked out from levels, links and own state alone."""
        return scratch.standings(self._serving_from_nothing(), self.own)

    def networkx_view(self) -> View:
        """A DiGraph of plain values for drawing and exports; see `rows.plain` for its attributes."""
        return plain(self._rows)

    # How it is kept.

    def _facts(self, node: int) -> NodeFacts:
        return self._rows.facts(node) or _ABSENT

    def _look(self, node: int) -> tuple[Own, Standing, list[int]]:
        return self.own(node), self.standing(node), self.serving_parents(node)

    def _hold(self, node: int, level: int | None, own: Own, standing: Standing) -> None:
        """Nodes that are alike share one dict; equal sets and equal standings are one object."""
        facts = self._alike.get((level, own, standing))
        if facts is None:
            one = self._interned.setdefault
            own = one(own, Own._make(one(part, part) for part in own))
            standing = one(standing, Standing(one(standing.krs, standing.krs), standing.exemption))
            facts = self._alike[level, own, standing] = {"level": level, "own": own, "standing": standing}
        self._rows.hold(node, facts)

    def _forget_blank(self, node: int) -> None:
        """A place that nothing points to and of which nothing is said need not be kept."""
        if self._rows.facts(node) == _ABSENT and not self._rows.degree(node):
            self._rows.forget(node)

    def _write_links(self, child: int, edges: list[Edge]) -> None:
        """Edges as if there were no cycles; a parent that has not come gets an empty place."""
        for node in (child, *(edge.parent for edge in edges)):
            if self._rows.facts(node) is None:
                self._hold(node, None, SILENT, NOTHING)
        low = self.level(child)
        row = {p: EDGES[kind, peer, bearing(low, self.level(p), kind, peer)] for p, kind, peer in edges}
        self._rows.rewrite(child, row)

    def _bear(self, child: int, parent: int, now: Bearing) -> bool:
        """Whether the edge bears otherwise than before."""
        row = self._rows.parents(child)
        edge = row[parent]
        if edge["bearing"] == now:
            return False
        self._rows.rewrite(child, {**row, parent: EDGES[edge["kind"], edge["peer"], now]})
        return True

    def _relevel(self, node: int, level: int | None) -> set[int]:
        facts = self._facts(node)
        if facts["level"] == level:
            return set()
        knot = self._climb(node, _CYCLE)
        self._hold(node, level, facts["own"], facts["standing"])
        self._write_links(node, self.edges(node))
        touched = {node}
        for child, edge in list(self._rows.children(node).items()):
            if self._bear(child, node, bearing(self.level(child), level, edge["kind"], edge["peer"])):
                touched.add(child)
        changed = self._spread(touched | self._untangle(node, knot))
        self._forget_blank(node)
        return changed

    def _untangle(self, node: int, knot: set[int]) -> set[int]:
        """Judge again the cycle that the node was in (`knot`) and the one that it is in.

        All edges of one change meet in one node, and a cycle that comes or goes passes through it.
        Answers with the children whose edges bear otherwise than before.
        """
        closes = any(edge["bearing"] in _CANDIDATE for edge in self._rows.children(node).values())
        above = self._climb(node, _CANDIDATE) if closes else set()
        region = knot | above if node in above else knot
        if not region:
            return set()
        edges = [(child, parent) for child in region for parent in self._parents(child, _CANDIDATE) & region]
        cyclic = tangled(edges)
        changed = set()
        for child, parent in edges:
            if self._bear(child, parent, "cycle" if (child, parent) in cyclic else "serves"):
                changed.add(child)
        return changed

    def _spread(self, seeds: set[int]) -> set[int]:
        """Work out the seeds, then what hangs below those that change; serving has no cycle, so it ends."""
        before: dict[int, Standing] = {}
        queue, waiting = deque(seeds), set(seeds)
        while queue:
            node = queue.popleft()
            waiting.discard(node)
            facts = self._facts(node)
            parents = [self.standing(parent) for parent in self._parents(node, _SERVES)]
            now = NOTHING if facts["level"] is None else effective(facts["own"], parents)
            if now == facts["standing"]:
                continue
            before.setdefault(node, facts["standing"])
            self._hold(node, facts["level"], facts["own"], now)
            fresh = [child for child in self._children(node, SERVING_KINDS) if child not in waiting]
            queue.extend(fresh)
            waiting.update(fresh)
        return {node for node, standing in before.items() if standing != self.standing(node)}

    def _serving_from_nothing(self) -> dict[int, list[int]]:
        levels = {node: self.level(node) for node in self._rows}
        here = {node: level for node, level in levels.items() if level is not None}
        return scratch.serving_parents(here, self._rows.parents)

    def _parents(self, node: int, bearings: Container[str]) -> set[int]:
        row = self._rows.parents(node)
        return {parent for parent, edge in row.items() if edge["bearing"] in bearings}

    def _children(self, node: int, kinds: Container[str]) -> Iterator[int]:
        row = self._rows.children(node)
        return (child for child, edge in row.items() if edge["bearing"] == "serves" and edge["kind"] in kinds)

    def _climb(self, node: int, bearings: Container[str]) -> set[int]:
        """All nodes to which such edges lead up; the node itself only if they lead back to it."""
        return closure(self._parents(node, bearings), lambda above: self._parents(above, bearings))

    def _descend(self, node: int, kinds: Container[str]) -> Iterator[int]:
        seen, queue = {node}, deque([node])
        while queue:
            for child in sorted(set(self._children(queue.popleft(), kinds)) - seen):
                seen.add(child)
                queue.append(child)
                yield child
