"""The standing of every item follows from the facts alone, however and in whatever order they come."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from linker.graph import KINDS, Edge, Own, Standing, TraceGraph
from linker.model import Level

INITIATIVE, EPIC, TICKET, SUBTASK, PULL_REQUEST = list(Level)[1:]
FASTER, SAFER, CHEAPER = 1, 2, 3  # key results
NOTHING = Standing(frozenset(), None)


def serves(*krs: int) -> Standing:
    return Standing(frozenset(krs), None)


def tagged(*krs: int) -> Own:
    return Own(tags=frozenset(krs))


def exempt(reason: str) -> Standing:
    return Standing(frozenset(), reason)


def parent(node: int) -> Edge:
    return Edge(node, "parent")


def peer(node: int) -> Edge:
    return Edge(node, "parent", peer=True)


def delivers(node: int) -> Edge:
    return Edge(node, "delivers")


def ring(graph: TraceGraph, *nodes: int) -> None:
    """Tickets of which each is a sub-issue of the next."""
    for node, above in pairwise([*nodes, nodes[0]]):
        graph.put(node, TICKET)
        graph.set_links(node, [peer(above)])


@pytest.fixture
def graph() -> TraceGraph:
    """Epic 10 is tagged; tickets 20 and 21 hang below it; pull request 30 delivers ticket 20."""
    built = TraceGraph()
    built.load(
        nodes=[(10, EPIC), (20, TICKET), (21, TICKET), (30, PULL_REQUEST)],
        links=[(20, 10, "parent", False), (21, 10, "parent", False), (30, 20, "delivers", False)],
        owns=[(10, tagged(FASTER))],
    )
    return built


# --- what serves


def test_a_pull_request_serves_what_its_epic_serves(graph: TraceGraph) -> None:
    assert graph.standing(30) == serves(FASTER)
    assert graph.paths(30, FASTER) == [[30, 20, 10]]


def test_a_change_names_all_that_changed_below_it_and_nothing_else(graph: TraceGraph) -> None:
    assert graph.set_own(10, tagged(SAFER)) == {10, 20, 21, 30}
    assert graph.set_own(10, tagged(SAFER)) == set()
    assert graph.set_own(20, tagged(SAFER)) == set()
    assert graph.set_own(10, tagged(CHEAPER)) == {10, 21}


def test_own_tags_stand_in_place_of_what_parents_give(graph: TraceGraph) -> None:
    graph.set_own(30, tagged(SAFER))
    assert graph.standing(30) == serves(SAFER)
    graph.set_own(30, tagged(SAFER, FASTER))
    assert graph.paths(30) == [[30]]


def test_serving_goes_down_not_up(graph: TraceGraph) -> None:
    graph.set_own(10, Own())
    assert graph.set_own(30, tagged(FASTER)) == {30}
    assert graph.set_links(10, [delivers(30)]) == set()
    assert graph.idle_links(10) == [delivers(30)]


def test_links_between_equals_serve_only_in_a_hierarchy_among_equals(graph: TraceGraph) -> None:
    graph.put(22, TICKET)
    assert graph.set_links(22, [parent(21)]) == set()
    assert graph.idle_links(22) == [parent(21)]
    assert graph.set_links(22, [peer(21)]) == {22}
    assert graph.idle_links(22) == []


@pytest.mark.parametrize("kind", ["mentions", "blocks"])
def test_what_is_only_named_gives_nothing(graph: TraceGraph, kind: str) -> None:
    graph.put(31, PULL_REQUEST)
    assert graph.set_links(31, [Edge(20, kind)]) == set()
    assert (graph.edges(31), graph.idle_links(31), graph.serving_parents(31)) == ([Edge(20, kind)], [], [])


def test_of_several_links_to_one_parent_the_strongest_stands(graph: TraceGraph) -> None:
    graph.set_links(30, [Edge(20, kind) for kind in reversed(KINDS)])
    assert graph.edges(30) == [parent(20)]
    graph.set_links(30, [Edge(20, "mentions"), Edge(20, "contributes"), Edge(20, "blocks")])
    assert graph.edges(30) == [Edge(20, "contributes")]


def test_an_unknown_kind_of_link_is_refused_with_the_known_ones(graph: TraceGraph) -> None:
    with pytest.raises(ValueError, match="unknown kind of link 'closes'; known are parent, delivers"):
        graph.set_links(30, [Edge(20, "closes")])


def test_several_parents_give_the_union_and_a_diamond_gives_it_once(graph: TraceGraph) -> None:
    graph.put(11, EPIC)
    graph.set_own(11, tagged(SAFER))
    assert graph.set_links(21, [parent(10), parent(11)]) == {21}
    assert graph.set_links(30, [delivers(20), delivers(21)]) == {30}
    assert graph.standing(30) == serves(FASTER, SAFER)
    assert graph.paths(30) == [[30, 20, 10], [30, 21, 10], [30, 21, 11]]


# --- what waits, goes and comes back


def test_a_link_to_a_ticket_that_has_not_come_waits_for_it(graph: TraceGraph) -> None:
    graph.put(31, PULL_REQUEST)
    graph.set_links(31, [delivers(22)])
    graph.set_links(22, [parent(10)])
    assert (graph.standing(31), graph.idle_links(31), graph.level(22)) == (NOTHING, [], None)
    assert graph.put(22, TICKET) == {22, 31}
    assert graph.standing(31) == serves(FASTER)


def test_a_removed_ticket_serves_nobody_until_it_comes_back(graph: TraceGraph) -> None:
    assert graph.remove(20) == {20, 30}
    assert (graph.standing(30), graph.edges(30)) == (NOTHING, [delivers(20)])
    assert 20 not in graph.recompute()
    assert graph.put(20, TICKET) == {20, 30}


def test_a_change_of_level_turns_links_around(graph: TraceGraph) -> None:
    assert graph.put(10, SUBTASK) == {20, 21, 30}
    assert graph.idle_links(20) == [parent(10)]
    assert graph.put(10, EPIC) == {20, 21, 30}


def test_what_nobody_names_any_more_takes_no_room(graph: TraceGraph) -> None:
    places = len(graph)
    graph.set_links(31, [delivers(99), Edge(98, "mentions")])
    graph.set_own(97, tagged(FASTER))
    assert len(graph) == places + 4
    graph.set_links(31, [])
    graph.set_own(97, Own())
    assert len(graph) == places


# --- cycles


def test_a_cycle_of_sub_issues_serves_nothing_and_is_found(graph: TraceGraph) -> None:
    graph.set_links(21, [peer(20), parent(10)])
    assert graph.standing(21) == serves(FASTER)
    graph.set_links(20, [peer(21)])
    assert (graph.idle_links(20), graph.idle_links(21)) == ([peer(21)], [peer(20)])
    assert (graph.standing(20), graph.standing(21)) == (NOTHING, serves(FASTER))


def test_what_a_cycle_held_back_serves_again_when_the_cycle_opens(graph: TraceGraph) -> None:
    ring(graph, 40, 41, 42)
    graph.put(43, TICKET)
    graph.set_links(43, [peer(40)])
    graph.set_own(42, tagged(SAFER))
    assert graph.standing(40) == NOTHING
    assert graph.set_links(42, []) == {40, 41, 43}
    assert graph.paths(43) == [[43, 40, 41, 42]]


def test_a_cycle_opens_when_one_of_its_items_goes(graph: TraceGraph) -> None:
    ring(graph, 40, 41, 42)
    graph.set_own(42, tagged(SAFER))
    assert graph.remove(40) == {41}
    assert graph.put(40, TICKET) == {41}


def test_what_loses_a_key_result_here_and_gets_it_there_has_not_changed(graph: TraceGraph) -> None:
    ring(graph, 40, 42, 41)
    graph.set_own(41, tagged(FASTER))
    graph.set_links(40, [peer(42), parent(10)])
    for node, above in ((43, [peer(42)]), (44, [peer(40), peer(43)])):
        graph.put(node, TICKET)
        graph.set_links(node, above)
    assert graph.set_links(40, []) == {40, 42, 43}
    assert graph.paths(44) == [[44, 43, 42, 41]]


def test_a_cycle_may_run_over_several_levels(graph: TraceGraph) -> None:
    graph.put(50, SUBTASK)
    graph.set_links(50, [parent(20)])
    assert graph.set_links(20, [parent(10), peer(50)]) == {50}
    assert graph.idle_links(50) == [parent(20)]
    assert graph.remove(50) == set()
    assert graph.set_links(20, [parent(10)]) == set()
    assert graph.put(50, SUBTASK) == {50}


def test_an_item_does_not_serve_itself(graph: TraceGraph) -> None:
    graph.set_links(20, [peer(20), parent(10)])
    assert graph.idle_links(20) == [peer(20)]
    assert graph.serving_parents(20) == [10]


# --- exemptions and decisions


def test_an_opt_out_does_not_inherit_and_passes_its_reason_down(graph: TraceGraph) -> None:
    assert graph.set_own(20, Own(optout="ktlo")) == {20, 30}
    assert graph.standing(30) == exempt("ktlo")
    assert graph.exemption_paths(30) == [[30, 20]]
    assert graph.paths(30) == []


def test_at_one_level_a_key_result_beats_an_exemption(graph: TraceGraph) -> None:
    graph.set_own(20, Own(optout="ktlo"))
    graph.set_links(30, [delivers(20), delivers(21)])
    assert graph.standing(30) == serves(FASTER)
    graph.set_own(20, Own(tags=frozenset({SAFER}), optout="ktlo"))
    assert graph.standing(20) == serves(SAFER)


def test_of_two_exemptions_the_first_by_name_is_shown(graph: TraceGraph) -> None:
    graph.set_own(20, Own(optout="spike"))
    graph.set_own(21, Own(exempt="docs"))
    graph.set_links(30, [delivers(20), delivers(21)])
    assert graph.standing(30) == exempt("docs")
    assert graph.exemption_paths(30) == [[30, 21]]


def test_an_opt_out_without_a_reason_is_still_an_opt_out(graph: TraceGraph) -> None:
    graph.set_own(30, Own(optout=""))
    assert graph.standing(30) == exempt("")


def test_a_persons_exemption_beats_tags_and_a_later_link_beats_the_exemption(graph: TraceGraph) -> None:
    graph.set_own(20, Own(tags=frozenset({SAFER}), exempt="debt"))
    assert graph.standing(30) == exempt("debt")
    graph.set_own(20, Own(tags=frozenset({SAFER}), exempt="debt", linked=frozenset({CHEAPER})))
    assert graph.standing(30) == serves(CHEAPER)
    assert graph.paths(30) == [[30, 20]]


def test_a_persons_link_adds_to_what_is_inherited(graph: TraceGraph) -> None:
    graph.set_own(20, Own(linked=frozenset({FASTER, SAFER})))
    assert graph.standing(30) == serves(FASTER, SAFER)
    assert graph.paths(30, FASTER) == [[30, 20], [30, 20, 10]]


def test_an_unlink_also_stops_what_hangs_below_from_inheriting_it_here(graph: TraceGraph) -> None:
    assert graph.set_own(20, Own(unlinked=frozenset({FASTER}))) == {20, 30}
    assert graph.standing(30) == NOTHING
    assert graph.set_links(30, [delivers(20), delivers(21)]) == {30}
    assert graph.paths(30) == [[30, 21, 10]]


# --- answers


def test_paths_stop_at_the_limit_with_the_shortest_first() -> None:
    rungs = [range(10 * rung, 10 * rung + 10) for rung in range(30)]  # 10 to the power of 28 paths
    links = [(low, high, "parent", True) for highs, lows in pairwise(rungs) for low in lows for high in highs]
    owns = [(0, tagged(FASTER)), (299, Own(linked=frozenset({FASTER})))]
    graph = TraceGraph()
    graph.load([(node, TICKET) for rung in rungs for node in rung], links, owns)
    paths = graph.paths(299)
    assert [len(path) for path in paths] == [1] + [30] * 49
    assert len(set(map(tuple, paths))) == 50


def test_a_branch_of_work_ends_in_merged_work_only_over_delivers(graph: TraceGraph) -> None:
    graph.put(31, PULL_REQUEST)
    graph.set_links(31, [Edge(21, "contributes")])
    assert list(graph.below(10)) == [20, 21, 30, 31]
    assert list(graph.merged_below(10, {30, 31})) == [30]


def test_the_view_for_exports_holds_key_results_and_plain_values(graph: TraceGraph) -> None:
    graph.set_links(30, [delivers(20), delivers(99)])
    graph.set_own(21, Own(optout="ktlo", linked=frozenset({SAFER})))
    graph.set_own(30, Own(optout="docs"))
    view = graph.networkx_view()
    assert set(view) == {10, 20, 21, 30, "kr:1", "kr:2"}
    assert view.edges[30, 20] == {"kind": "delivers", "serves": True}
    assert view.edges[21, "kr:2"] == {"kind": "decision", "serves": True}
    assert "".join(nx.generate_graphml(view)).count("<node ") == 6


def test_equal_standings_are_one_object(graph: TraceGraph) -> None:
    graph.set_own(11, tagged(FASTER))
    graph.put(11, EPIC)
    assert graph.standing(11) is graph.standing(30)
    assert graph.own(11).tags is graph.standing(10).krs


# --- properties: against a judge that knows no cleverness


@dataclass
class Facts:
    """What was said last, and the standing that follows, worked out by brute force."""

    levels: dict[int, int] = field(default_factory=dict)
    links: dict[int, dict[int, tuple[str, bool]]] = field(default_factory=dict)
    owns: dict[int, Own] = field(default_factory=dict)

    def candidates(self) -> set[tuple[int, int]]:
        return {
            (child, above)
            for child, row in self.links.items()
            for above, (kind, among_equals) in row.items()
            if kind in ("parent", "delivers", "contributes")
            and child in self.levels
            and above in self.levels
            and child != above
            and (self.levels[above] < self.levels[child] or (kind == "parent" and among_equals))
        }

    def serving(self) -> set[tuple[int, int]]:
        candidates = self.candidates()
        reach = set(candidates)
        while more := {(a, d) for a, b in reach for c, d in candidates if b == c} - reach:
            reach |= more
        return {(child, above) for child, above in candidates if (above, child) not in reach}

    def standings(self) -> dict[int, Standing]:
        serving = self.serving()

        @cache
        def standing(node: int) -> Standing:
            own = self.owns.get(node, Own())
            decided = own.linked - own.unlinked
            if own.exempt is not None:
                return Standing(decided, own.exempt if not decided else None)
            parents = [standing(above) for child, above in serving if child == node]
            krs, reason = {kr for above in parents for kr in above.krs}, None
            if own.tags:
                krs = set(own.tags)
            elif own.optout is not None:
                krs, reason = set(), own.optout
            elif not krs:
                reason = next(
                    iter(sorted(above.exemption for above in parents if above.exemption is not None)), None
                )
            return Standing(frozenset((krs | own.linked) - own.unlinked), None if decided else reason)

        return {node: standing(node) for node in self.levels}


def strongest(edges: Iterable[Edge]) -> dict[int, tuple[str, bool]]:
    order = sorted(edges, key=lambda edge: (KINDS.index(edge.kind), not edge.peer), reverse=True)
    return {edge.parent: (edge.kind, edge.peer) for edge in order}


NODES = st.integers(0, 5)
KRS = st.frozensets(st.integers(0, 3), max_size=2)
REASONS = st.none() | st.sampled_from(["", "debt", "ktlo"])
EDGES = st.lists(
    st.builds(
        Edge, NODES, st.sampled_from(["parent"] * 8 + list(KINDS)), st.sampled_from([True, True, False])
    ),
    max_size=4,
)
OWNS = st.builds(
    lambda tags, optout, linked, unlinked, exempted: Own(tags, optout, linked, unlinked - linked, exempted),
    KRS,
    REASONS,
    KRS,
    KRS,
    REASONS,
)
LEVELS = st.sampled_from([TICKET] * 6 + list(Level)[1:])


def said(graph: TraceGraph) -> list[object]:
    """All that the graph answers of each node."""
    answers = (
        graph.level,
        graph.own,
        graph.standing,
        graph.edges,
        graph.idle_links,
        graph.serving_parents,
        graph.serving_children,
    )
    return [[answer(node) for answer in answers] for node in range(6)]


class AnyOrder(RuleBasedStateMachine):
    """Facts come, change and go at random, with cycles; after each step the graph equals the brute force."""

    def __init__(self) -> None:
        super().__init__()
        self.graph, self.facts = TraceGraph(), Facts()
        self.before: dict[int, Standing] = {}

    def check(self, changed: set[int]) -> None:
        now = self.facts.standings()
        differ = {n for n in range(6) if now.get(n, NOTHING) != self.before.get(n, NOTHING)}
        assert changed == differ
        self.before = now

    @initialize(levels=st.lists(LEVELS, min_size=6, max_size=6))
    def some_are_here(self, levels: list[int]) -> None:
        for node, level in enumerate(levels):
            self.put(node, level)

    @rule(node=NODES, level=LEVELS)
    def put(self, node: int, level: int) -> None:
        self.facts.levels[node] = level
        self.check(self.graph.put(node, level))

    @rule(node=NODES)
    def remove(self, node: int) -> None:
        self.facts.levels.pop(node, None)
        self.check(self.graph.remove(node))

    @rule(child=NODES, edges=EDGES)
    def set_links(self, child: int, edges: list[Edge]) -> None:
        self.facts.links[child] = strongest(edges)
        self.check(self.graph.set_links(child, edges))

    @rule(child=NODES, step=st.integers(1, 3))
    def close_a_ring(self, child: int, step: int) -> None:
        self.set_links(child, [peer((child + step) % 6)])

    @rule(node=NODES, own=OWNS)
    def set_own(self, node: int, own: Own) -> None:
        self.facts.owns[node] = own
        self.check(self.graph.set_own(node, own))

    @invariant()
    def equals_the_brute_force(self) -> None:
        assert {node: self.graph.standing(node) for node in self.facts.levels} == self.before
        assert self.graph.recompute() == self.before
        serving = self.facts.serving()
        assert {(n, p) for n in range(6) for p in self.graph.serving_parents(n)} == serving
        assert {(c, n) for n in range(6) for c in self.graph.serving_children(n)} == serving

    @invariant()
    def each_path_is_a_reason_and_each_standing_has_one(self) -> None:
        serving = self.facts.serving()
        for node in range(6):
            for kr in self.graph.standing(node).krs:
                paths = self.graph.paths(node, kr)
                assert paths
                assert all(set(pairwise(p)) <= serving for p in paths)
                assert all(kr in self.graph.own(p[-1]).tags | self.graph.own(p[-1]).linked for p in paths)
            assert bool(self.graph.exemption_paths(node)) == (self.graph.standing(node).exemption is not None)


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=60, stateful_step_count=30)


Step = tuple[str, int, object]
PUTS = st.dictionaries(NODES, LEVELS).map(lambda said: [("put", node, level) for node, level in said.items()])
LINKS = st.dictionaries(NODES, EDGES).map(
    lambda said: [("set_links", node, row) for node, row in said.items()]
)
OWN_STATES = st.dictionaries(NODES, OWNS).map(
    lambda said: [("set_own", node, own) for node, own in said.items()]
)
EARLIER = st.lists(PUTS | LINKS | OWN_STATES | NODES.map(lambda node: [("remove", node)]), max_size=4)


def play(graph: TraceGraph, steps: Iterable[tuple[object, ...]]) -> TraceGraph:
    for name, *values in steps:
        getattr(graph, str(name))(*values)
    return graph


@given(PUTS, LINKS, OWN_STATES, EARLIER, st.randoms(use_true_random=False))
def test_the_end_follows_from_the_facts_and_not_from_their_order(
    puts: list[Step], links: list[Step], owns: list[Step], earlier: list[list[Step]], chance: Random
) -> None:
    blank: list[Step] = [("set_links", node, []) for node in range(6)]
    blank += [("set_own", node, Own()) for node in range(6)]
    gone = [("remove", node) for node in range(6)]
    final: list[tuple[object, ...]] = [*puts, *links, *owns]
    settled = play(TraceGraph(), final)
    chance.shuffle(final)
    wandered = play(TraceGraph(), [*(step for steps in earlier for step in steps), *blank, *gone, *final])
    assert said(wandered) == said(settled)
    assert len(wandered) == len(settled)


@given(PUTS, LINKS, OWN_STATES)
def test_a_graph_loaded_at_once_equals_one_that_grew(
    puts: list[Any], links: list[Any], owns: list[Any]
) -> None:
    loaded = TraceGraph()
    rows = [(child, *edge) for _, child, row in links for edge in row]
    loaded.load(
        [step[1:] for step in puts],
        [(c, p, kind, peer) for c, p, kind, peer in rows],
        [step[1:] for step in owns],
    )
    grown = play(TraceGraph(), [*puts, *links, *owns])
    assert said(loaded) == said(grown)
    assert len(loaded) == len(grown)
