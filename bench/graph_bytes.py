"""How large the graph is per node, and how long a change takes, at 200,000 nodes and 200,000 edges.

    python bench/graph_bytes.py [NODES]

Bytes are what the allocator gives for the whole TraceGraph once it is built: rows, attributes and standing
of each node. The id objects are counted apart, since any structure needs them. Several shapes, since the
figure depends on how many children a parent has. Times are processor time, since others share the machine.
"""

import gc
import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

from linker.graph import Edge, Own, TraceGraph
from linker.model import Level

KRS = range(1, 15)
GOAL_BYTES = 450
Facts = list[Callable[[], set[int]]]
Change = Callable[[TraceGraph, random.Random], Facts]


class Shape(NamedTuple):
    """Rows as the store gives them."""

    nodes: list[tuple[int, int]]
    links: list[tuple[int, int, str, bool]]
    owns: list[tuple[int, Own]]


def company(count: int, seed: int = 1) -> Shape:
    """Half pull requests, nearly half tickets, ten tickets an epic; one pull request in ten has no ticket."""
    pick = random.Random(seed)
    initiatives, epics, tickets = count // 200, count // 20, count * 9 // 20
    ends = [initiatives, initiatives + epics, initiatives + epics + tickets, count]
    levels = (Level.INITIATIVE, Level.EPIC, Level.TICKET, Level.PULL_REQUEST)
    bounds = list(zip([0, *ends[:3]], ends, levels, strict=True))
    nodes = [(node, int(level)) for low, high, level in bounds for node in range(low + 1, high + 1)]
    links = []
    for (low, high, _), (first, last, level) in pairwise(bounds):
        kind = "delivers" if level == Level.PULL_REQUEST else "parent"
        links += [(node, pick.randint(low + 1, high), kind, False) for node in range(first + 1, last + 1)]
    pulls = range(ends[2] + 1, count + 1)
    loose = set(pick.sample(pulls, len(pulls) // 10))
    links = [link for link in links if link[0] not in loose]
    while len(links) < count:  # the rest of the pull requests' links: a second ticket, named in passing
        links.append((pick.choice(pulls), pick.randint(ends[1] + 1, ends[2]), "mentions", False))
    owns = [(node, Own(tags=frozenset(pick.sample(KRS, 1)))) for node in range(1, ends[1] + 1)]
    owns += [
        (node, Own(tags=frozenset(pick.sample(KRS, 2)))) for node in pick.sample(pulls, len(pulls) // 20)
    ]
    owns += [(node, Own(optout="ktlo")) for node in pick.sample(range(ends[1] + 1, ends[2]), tickets // 20)]
    return Shape(nodes, links, owns)


def fan(width: int, count: int) -> Shape:
    """A plain tree in which each parent has `width` children, as sub-issues are."""
    nodes = [(node, int(Level.TICKET)) for node in range(1, count + 1)]
    links = [(node, max(1, node // width), "parent", True) for node in range(2, count + 1)]
    return Shape(nodes, links, [(node, Own(tags=frozenset({1 + node % 14}))) for node in range(1, 500)])


def fresh(shape: Shape) -> Shape:
    """The same rows with int objects of their own, as a database driver makes them."""
    new = [int(str(node)) for node, _ in shape.nodes]
    links = [(int(str(child)), int(str(parent)), kind, peer) for child, parent, kind, peer in shape.links]
    return Shape(list(zip(new, (level for _, level in shape.nodes), strict=True)), links, shape.owns)


def loaded(shape: Shape) -> TraceGraph:
    """The graph as a process has it after its start."""
    graph = TraceGraph()
    graph.load(*shape)
    return graph


def held_bytes(build: Callable[[Shape], TraceGraph], rows: Shape) -> int:
    """Bytes that the graph holds once all that built it is gone, save the id objects of its rows."""
    gc.collect()
    tracemalloc.start()
    graph = build(rows)
    gc.collect()
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert len(graph) == len(rows.nodes)
    return held


def times(graph: TraceGraph, change: Change, calls: int) -> tuple[float, float, float]:
    """Microseconds of one change, p50 and p99, and how many standings it changed on average."""
    pick, took, changed = random.Random(7), [], 0
    for _ in range(calls):
        facts = change(graph, pick)
        started = time.thread_time_ns()
        changed += sum(len(fact()) for fact in facts)
        took.append((time.thread_time_ns() - started) / 1000)
    took.sort()
    return took[calls // 2], took[calls * 99 // 100], changed / calls


class Changes:
    """One delivery each, as facts for the graph; picking them is not timed."""

    def __init__(self, shape: Shape) -> None:
        self.epics = [node for node, level in shape.nodes if level == Level.EPIC]
        self.tickets = [node for node, level in shape.nodes if level == Level.TICKET]
        self.next = len(shape.nodes)

    def reparent_ticket(self, graph: TraceGraph, pick: random.Random) -> Facts:
        """A ticket, with the pull requests that it has, moves to another epic."""
        ticket, epic = pick.choice(self.tickets), pick.choice(self.epics)
        return [lambda: graph.set_links(ticket, [Edge(epic, "parent")])]

    def reparent_epic(self, graph: TraceGraph, pick: random.Random) -> Facts:
        """An epic of 50 tickets and 50 pull requests moves to another initiative."""
        initiative = pick.randint(1, 100)
        return [lambda: graph.set_links(self.wide, [Edge(initiative, "parent")])]

    def tag_ticket(self, graph: TraceGraph, pick: random.Random) -> Facts:
        """A ticket that has just come gets its tag."""
        self.next += 1
        node, own = self.next, Own(tags=frozenset({pick.choice(KRS)}))
        graph.put(node, Level.TICKET)
        return [lambda: graph.set_own(node, own)]

    def open_pull_request(self, graph: TraceGraph, pick: random.Random) -> Facts:
        """A pull request comes, delivers a ticket and says nothing of itself."""
        self.next += 1
        node, ticket = self.next, pick.choice(self.tickets)
        return [
            lambda: graph.put(node, Level.PULL_REQUEST),
            lambda: graph.set_links(node, [Edge(ticket, "delivers")]),
            lambda: graph.set_own(node, Own()),
        ]

    def widen(self, graph: TraceGraph) -> None:
        """Add the epic of which `reparent_epic` speaks."""
        first = self.next + 1
        self.wide, self.next = first, first + 100
        graph.put(first, Level.EPIC)
        for node in range(first + 1, first + 51):
            graph.put(node, Level.TICKET)
            graph.set_links(node, [Edge(first, "parent")])
            graph.put(node + 50, Level.PULL_REQUEST)
            graph.set_links(node + 50, [Edge(node, "delivers")])


def grown(shape: Shape) -> TraceGraph:
    """The same graph built by single facts in random order, as deliveries would."""
    graph, pick = TraceGraph(), random.Random(3)
    nodes, links = list(shape.nodes), list(shape.links)
    pick.shuffle(nodes)
    pick.shuffle(links)
    edges: dict[int, list[Edge]] = {}
    for child, parent, kind, peer in links:
        edges.setdefault(child, []).append(Edge(parent, kind, peer))
        graph.set_links(child, edges[child])
    for node, level in nodes:
        graph.put(node, level)
    for node, own in shape.owns:
        graph.set_own(node, own)
    return graph


def print_bytes(count: int) -> None:
    """Bytes of each shape, loaded, and of the company's grown fact by fact."""
    shapes = {
        "company": company(count),
        "trees of 10": fan(10, count),
        "pairs": fan(2, count),
    }
    print(f"bytes a node, {count} nodes and as many edges, standing included (at most {GOAL_BYTES})")
    for name, shape in shapes.items():
        print(f"  {name:28} {held_bytes(loaded, fresh(shape)) / count:6.0f}")
    print(f"  {'company, grown by deliveries':28} {held_bytes(grown, fresh(shapes['company'])) / count:6.0f}")
    print(f"  an id object takes {sys.getsizeof(count)} more, shared by all that name it")


def print_times(count: int) -> None:
    """Times of loading, of working out from nothing, and of single changes at two sizes."""
    figures: dict[str, list[float]] = {}
    for size in (count // 10, count):
        shape = company(size)
        started = time.thread_time()
        graph = loaded(shape)
        between = time.thread_time()
        kept = graph.recompute()
        print(f"{size} nodes: load {between - started:.2f} s, recompute {time.thread_time() - between:.2f} s")
        changes = Changes(shape)
        changes.widen(graph)
        for change in (
            changes.reparent_ticket,
            changes.reparent_epic,
            changes.tag_ticket,
            changes.open_pull_request,
        ):
            name = change.__name__.replace("_", " ")
            p50, p99, changed = times(graph, change, 1000 if "epic" in name else 10_000)
            figures.setdefault(name, []).append(p50)
            print(f"  {name:20} p50 {p50:7.1f} us   p99 {p99:7.1f} us   standings changed {changed:5.1f}")
        assert len(kept) == size
        assert graph.recompute() == {node: graph.standing(node) for node in range(1, changes.next + 1)}
    ratios = ", ".join(f"{name} {large / small:.2f}" for name, (small, large) in figures.items())
    print(f"p50 at {count} nodes over p50 at {count // 10}: {ratios}")


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    print_bytes(size)
    print_times(size)
