"""Every item keeps its standing (which key results it serves) while facts come in any order.

Nodes are the store's row ids, edges run from child to parent. Three kinds of fact go in, each replaces what
was said before of the same node, and the standing follows from the facts alone: levels (`put`, `remove`),
links (`set_links`) and own state (`set_own`). A fact about a node that has not come yet waits for it. Each
change works out again only what hangs below it. One thread writes.
"""

from collections import deque
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypedDict, cast

import networkx as nx

if TYPE_CHECKING:
    _DiGraph = nx.DiGraph[int]
else:
    _DiGraph = nx.DiGraph  # generic in its stubs only

KINDS: Final = ("parent", "delivers", "contributes", "blocks", "mentions")  # the strongest first
SERVING_KINDS: Final = frozenset({"parent", "delivers", "contributes"})
DELIVERING_KINDS: Final = frozenset({"parent", "delivers"})

Bearing = Literal["serves", "cycle", "idle", "pending", "apart"]


class Edge(NamedTuple):
    """A link to a parent; `peer` marks a hierarchy among equals (sub-issues), whose depth gives the level."""

    parent: int
    kind: str
    peer: bool = False


class Standing(NamedTuple):
    """What an item serves: key results, or else the reason why it serves none on purpose, or else nothing."""

    krs: frozenset[int]
    exemption: str | None


class Own(NamedTuple):
    """What text and persons say of the item itself; an empty reason is an opt-out that gives none."""

    tags: frozenset[int] = frozenset()
    optout: str | None = None
    linked: frozenset[int] = frozenset()
    unlinked: frozenset[int] = frozenset()
    exempt: str | None = None


class EdgeFacts(TypedDict):
    """An edge's attributes; all edges that are alike share one such dict."""

    kind: str
    peer: bool
    bearing: Bearing


class NodeFacts(TypedDict):
    """A node's attributes; all nodes that are alike share one such dict. No level: the node is not here."""

    level: int | None
    own: Own
    standing: Standing


NOTHING: Final = Standing(frozenset(), None)
SILENT: Final = Own()
_ABSENT: Final[NodeFacts] = {"level": None, "own": SILENT, "standing": NOTHING}
_CANDIDATE: Final = frozenset({"serves", "cycle"})  # would serve, if it closed no cycle
_CYCLE: Final = frozenset({"cycle"})
_SERVES: Final = frozenset({"serves"})
_NO_ROW: Final[Mapping[int, EdgeFacts]] = MappingProxyType({})
_BEARINGS: Final[tuple[Bearing, ...]] = ("serves", "cycle", "idle", "pending", "apart")
_EDGES: Final[dict[tuple[str, bool, Bearing], EdgeFacts]] = {
    (kind, peer, bearing): {"kind": kind, "peer": peer, "bearing": bearing}
    for kind in KINDS
    for peer in (False, True)
    for bearing in _BEARINGS
}


def effective(own: Own, parents: Collection[Standing]) -> Standing:
    """A person's exemption beats tags, tags an opt-out, an opt-out what parents give; then decisions apply."""
    added = own.linked - own.unlinked
    if own.exempt is not None:
        return Standing(added, None if added else own.exempt)
    exemption = None
    if own.tags:
        krs = own.tags
    elif own.optout is not None:
        krs, exemption = frozenset(), own.optout
    else:
        krs = frozenset().union(*(parent.krs for parent in parents))
        if not krs:
            exemption = min((p.exemption for p in parents if p.exemption is not None), default=None)
    return Standing((krs | own.linked) - own.unlinked, None if added else exemption)


def _strongest(edges: Iterable[Edge]) -> list[Edge]:
    """One edge per parent, the strongest kind said of it, in the order of the parents."""
    best: dict[int, Edge] = {}
    for edge in edges:
        if edge.kind not in KINDS:
            raise ValueError(f"unknown kind of link {edge.kind!r}; known are {', '.join(KINDS)}")
        held = best.get(edge.parent)
        if held is None or (KINDS.index(edge.kind), not edge.peer) < (KINDS.index(held.kind), not held.peer):
            best[edge.parent] = edge
    return sorted(best.values())


def _tangled(candidates: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """The edges inside a strongly connected component: those that lie on a cycle."""
    graph: nx.DiGraph[int] = nx.DiGraph(list(candidates))
    knot = {node: n for n, nodes in enumerate(nx.strongly_connected_components(graph)) for node in nodes}
    return {(child, parent) for child, parent in graph.edges if knot[child] == knot[parent]}


def _closure(starts: Iterable[int], onward: Callable[[int], Iterable[int]]) -> set[int]:
    """The starts and all that can be reached from them."""
    reached, stack = set(), list(starts)
    while stack:
        node = stack.pop()
        if node not in reached:
            reached.add(node)
            stack.extend(onward(node))
    return reached


class _Rows(_DiGraph):
    """A DiGraph whose nodes and edges share attribute dicts, and siblings the row of their parents.

    It reads like any DiGraph; it is written through these methods only. A row of parents is replaced, never
    written into, so that siblings can hold the same one: half of the memory of a company's graph.
    """

    _node: dict[int, NodeFacts]
    _succ: dict[int, Mapping[int, EdgeFacts]]
    _pred: dict[int, Mapping[int, EdgeFacts]]

    def hold(self, node: int, facts: NodeFacts) -> None:
        """Add the node, or replace what is said of it."""
        if node not in self._node:
            self._succ[node] = self._pred[node] = _NO_ROW
        self._node[node] = facts

    def rewrite(self, child: int, row: Mapping[int, EdgeFacts]) -> None:
        """Replace all edges of the child; all its parents are held."""
        old = self._succ[child]
        for parent in old.keys() - row.keys():
            children = cast("dict[int, EdgeFacts]", self._pred[parent])
            del children[child]
            if not children:
                self._pred[parent] = _NO_ROW
        for parent, facts in row.items():
            if old.get(parent) is facts:
                continue
            if self._pred[parent] is _NO_ROW:
                self._pred[parent] = {child: facts}
            else:
                cast("dict[int, EdgeFacts]", self._pred[parent])[child] = facts
        self._succ[child] = self._shared(row)

    def _shared(self, row: Mapping[int, EdgeFacts]) -> Mapping[int, EdgeFacts]:
        for parent in row:
            siblings = (self._succ[sibling] for sibling in islice(self._pred[parent], 3))
            return next((held for held in siblings if held == row), row)
        return _NO_ROW

    def forget(self, node: int) -> None:
        """Drop a node that has no edges left."""
        del self._node[node], self._succ[node], self._pred[node]


class TraceGraph:
    """The standing of every item, equal after every change to what `recompute` finds from nothing."""

    def __init__(self) -> None:
        self._graph = _Rows()
        self._alike: dict[tuple[int | None, Own, Standing], NodeFacts] = {}
        # Grows with the variety of what is said, not with the number of items: a catalogue is small.
        self._interned: dict[Any, Any] = {value: value for value in (NOTHING, SILENT, NOTHING.krs)}

    # Facts in. Each answers with the nodes whose standing changed.

    def put(self, node: int, level: int) -> set[int]:
        """Add an item, or change its level."""
        return self._relevel(node, level)

    def remove(self, node: int) -> set[int]:
        """Take an item out: it serves nobody; what is said of it waits in case it comes back."""
        return self._relevel(node, None)

    def set_links(self, child: int, edges: Collection[Edge]) -> set[int]:
        """Replace all links of the child; of several to one parent the strongest kind stands."""
        kept = _strongest(edges)
        before = self.edges(child)
        if kept == before:
            return set()
        knot = self._climb(child, _CYCLE)
        self._write_links(child, kept)
        changed = self._spread({child} | self._untangle(child, knot))
        self._forget_blank(child, *(edge.parent for edge in before))
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
        self._graph = _Rows()
        same: dict[int, int] = {}  # one int object for each id, whatever the rows bring
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
            self._write_links(child, _strongest(edges))
        serving, standings = self._from_nothing()
        for child, parents in serving.items():
            for parent in self._parents(child, _SERVES).difference(parents):
                self._bear(child, parent, "cycle")
        for node, standing in standings.items():
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
        row = self._graph._succ.get(node, _NO_ROW)
        return [Edge(parent, facts["kind"], facts["peer"]) for parent, facts in row.items()]

    def idle_links(self, child: int) -> list[Edge]:
        """Links that should serve and do not, since they go up, stay level or close a cycle."""
        row = self._graph._succ.get(child, _NO_ROW)
        return [e for e in self.edges(child) if row[e.parent]["bearing"] in ("idle", "cycle")]

    def serving_parents(self, node: int) -> list[int]:
        """The parents whose standing the item can inherit, in order."""
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
        nothing on it stops the key result, so a path is a reason and never a coincidence.
        """

        def held(own: Own) -> frozenset[int]:
            return (own.linked if own.exempt is not None else own.linked | own.tags) - own.unlinked

        wanted = self.standing(node).krs if kr is None else frozenset({kr})
        return self._trails(node, wanted, lambda n: self.standing(n).krs, held, limit)

    def exemption_paths(self, node: int, limit: int = 50) -> list[list[int]]:
        """Every way in which the item's exemption comes to it, from the opt-out or decision that gives it."""

        def carried(n: int) -> frozenset[str | None]:
            return frozenset({self.standing(n).exemption}) - {None}

        def held(own: Own) -> frozenset[str | None]:
            return frozenset({own.optout if own.exempt is None else own.exempt})

        return self._trails(node, carried(node), carried, held, limit)

    def recompute(self) -> dict[int, Standing]:
        """Every item's standing, worked out from levels, links and own state alone."""
        return self._from_nothing()[1]

    def networkx_view(self) -> "nx.DiGraph[Any]":
        """A plain DiGraph for drawing and exports, with a node `kr:ID` for each key result that is held.

        Nodes carry level, krs (`1,2`) and exemption; edges carry kind (`tag` and `decision` lead to a key
        result) and serves. All values are plain, so that GraphML can hold them.
        """
        view: nx.DiGraph[Any] = nx.DiGraph()
        for node, facts in self._graph._node.items():
            if facts["level"] is None:
                continue
            krs, exemption = facts["standing"]
            view.add_node(node, level=int(facts["level"]), krs=",".join(map(str, sorted(krs))))
            if exemption is not None:
                view.nodes[node]["exemption"] = exemption
            own = facts["own"]
            for kr in (own.tags | own.linked) & krs:
                view.add_node(f"kr:{kr}", level=0)
                view.add_edge(node, f"kr:{kr}", kind="tag" if kr in own.tags else "decision", serves=True)
        for child, parent, edge in self._graph.edges(data=True):
            if child in view and parent in view:
                view.add_edge(child, parent, kind=edge["kind"], serves=edge["bearing"] == "serves")
        return view

    # How it is kept.

    def _facts(self, node: int) -> NodeFacts:
        return self._graph._node.get(node, _ABSENT)

    def _hold(self, node: int, level: int | None, own: Own, standing: Standing) -> None:
        """Nodes that are alike share one dict, and equal sets and standings are one object."""
        facts = self._alike.get((level, own, standing))
        if facts is None:
            one = self._interned.setdefault
            own = one(own, Own._make(one(part, part) for part in own))
            standing = one(standing, Standing(one(standing.krs, standing.krs), standing.exemption))
            facts = {"level": level, "own": own, "standing": standing}
            self._alike[level, own, standing] = facts
        self._graph.hold(node, facts)

    def _write_links(self, child: int, edges: list[Edge]) -> None:
        """Bearings as if there were no cycles; a parent that has not come gets an empty place."""
        for node in (child, *(edge.parent for edge in edges)):
            if node not in self._graph._node:
                self._hold(node, None, SILENT, NOTHING)
        self._graph.rewrite(child, {e.parent: _EDGES[e.kind, e.peer, self._bearing(child, e)] for e in edges})

    def _forget_blank(self, *nodes: int) -> None:
        """An empty place that nothing points to and that says nothing need not be kept."""
        for node in nodes:
            if node in self._graph._node and self._facts(node) == _ABSENT and not self._graph.degree(node):
                self._graph.forget(node)

    def _bearing(self, child: int, edge: Edge) -> Bearing:
        """Serving goes down a level, or along a hierarchy among equals; cycles are found afterwards."""
        if edge.kind not in SERVING_KINDS:
            return "apart"
        low, high = self.level(child), self.level(edge.parent)
        if low is None or high is None:
            return "pending"
        if child == edge.parent or not (high < low or (edge.peer and edge.kind == "parent")):
            return "idle"
        return "serves"

    def _bear(self, child: int, parent: int, bearing: Bearing) -> bool:
        """Whether the edge bears otherwise than before."""
        row = self._graph._succ[child]
        facts = row[parent]
        if facts["bearing"] == bearing:
            return False
        self._graph.rewrite(child, {**row, parent: _EDGES[facts["kind"], facts["peer"], bearing]})
        return True

    def _relevel(self, node: int, level: int | None) -> set[int]:
        facts = self._facts(node)
        if facts["level"] == level:
            return set()
        knot = self._climb(node, _CYCLE)
        self._hold(node, level, facts["own"], facts["standing"])
        self._write_links(node, self.edges(node))
        touched = {node}
        for child, edge in list(self._graph._pred[node].items()):
            if self._bear(child, node, self._bearing(child, Edge(node, edge["kind"], edge["peer"]))):
                touched.add(child)
        changed = self._spread(touched | self._untangle(node, knot))
        self._forget_blank(node)
        return changed

    def _spread(self, seeds: set[int]) -> set[int]:
        """Work out the seeds, then what hangs below those that changed; serving has no cycle, so it ends."""
        before: dict[int, Standing] = {}
        queue, waiting = deque(seeds), set(seeds)
        while queue:
            node = queue.popleft()
            waiting.discard(node)
            facts = self._facts(node)
            parents = [self.standing(parent) for parent in self._parents(node, _SERVES)]
            now = effective(facts["own"], parents) if facts["level"] is not None else NOTHING
            if now == facts["standing"]:
                continue
            before.setdefault(node, facts["standing"])
            self._hold(node, facts["level"], facts["own"], now)
            fresh = [child for child in self._children(node, SERVING_KINDS) if child not in waiting]
            queue.extend(fresh)
            waiting.update(fresh)
        return {node for node, standing in before.items() if standing != self.standing(node)}

    def _untangle(self, node: int, knot: set[int]) -> set[int]:
        """Judge anew the cycle that the node was in and the one that it is in; the children it changed.

        All edges of one change meet in one node, and a cycle that comes or goes passes through it.
        """
        closes = any(edge["bearing"] in _CANDIDATE for edge in self._graph._pred[node].values())
        above = self._climb(node, _CANDIDATE) if closes else set()
        region = knot | above if node in above else knot
        edges = [(n, parent) for n in region for parent in self._parents(n, _CANDIDATE) & region]
        tangled = _tangled(edges)
        changed = set()
        for child, parent in edges:
            if self._bear(child, parent, "cycle" if (child, parent) in tangled else "serves"):
                changed.add(child)
        return changed

    def _from_nothing(self) -> tuple[dict[int, set[int]], dict[int, Standing]]:
        """Serving parents and standing of each item that is here, from the facts that were set alone."""
        levels = {
            node: facts["level"] for node, facts in self._graph._node.items() if facts["level"] is not None
        }
        serving = {n: {e.parent for e in self.edges(n) if self._bearing(n, e) == "serves"} for n in levels}
        # Levels fall along every edge but some among equals, so a cycle lies above one that does not fall.
        ring = _closure(
            (p for n in levels for p in serving[n] if levels[p] >= levels[n]), serving.__getitem__
        )
        for child, parent in _tangled((n, parent) for n in ring for parent in serving[n]):
            serving[child].discard(parent)
        standings: dict[int, Standing] = {}
        for start in levels:
            path = [start]
            while path:
                node = path[-1]
                missing = [parent for parent in serving[node] if parent not in standings]
                if not missing:
                    standings[node] = effective(self.own(node), [standings[p] for p in serving[node]])
                    path.pop()
                path.extend(missing)
        return serving, standings

    def _parents(self, node: int, bearings: Container[str]) -> set[int]:
        row = self._graph._succ.get(node, _NO_ROW)
        return {parent for parent, edge in row.items() if edge["bearing"] in bearings}

    def _children(self, node: int, kinds: Container[str]) -> Iterator[int]:
        row = self._graph._pred.get(node, _NO_ROW)
        return (child for child, edge in row.items() if edge["bearing"] == "serves" and edge["kind"] in kinds)

    def _climb(self, node: int, bearings: Container[str]) -> set[int]:
        """All nodes that one or more such edges lead up to; the node itself only if a cycle leads back."""
        return _closure(self._parents(node, bearings), lambda n: self._parents(n, bearings))

    def _descend(self, node: int, kinds: Container[str]) -> Iterator[int]:
        seen, queue = {node}, deque([node])
        while queue:
            for child in sorted(set(self._children(queue.popleft(), kinds)) - seen):
                seen.add(child)
                queue.append(child)
                yield child

    def _trails(
        self,
        node: int,
        wanted: frozenset[object],
        carried: Callable[[int], frozenset[object]],
        held: Callable[[Own], frozenset[object]],
        limit: int,
    ) -> list[list[int]]:
        """Each path that is begun reaches a holder, so what exceeds the limit can be dropped on the way."""
        found: list[list[int]] = []
        front = [([node], wanted & carried(node))]
        while front and len(found) < limit:
            further: list[tuple[list[int], frozenset[object]]] = []
            for path, flow in front:
                own = self.own(path[-1])
                if flow & held(own):
                    found.append(path)
                if not own.tags and own.optout is None and own.exempt is None:
                    parents = self.serving_parents(path[-1])
                    further += [([*path, parent], flow & carried(parent)) for parent in parents]
            front = [(path, flow) for path, flow in further if flow][:limit]
        return found[:limit]
