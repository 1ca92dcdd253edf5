"""The trace graph in the words of the house: full KR ids outside, small integers inside."""

from collections.abc import Iterable
from typing import NamedTuple

from linker.graph import Own, TraceGraph
from linker.own import OwnState


class Serves(NamedTuple):
    """What an item serves: full KR ids, sorted, or the reason why it serves none on purpose."""

    krs: tuple[str, ...]
    exemption: str | None


class Trace:
    """TraceGraph with key results by their full ids."""

    def __init__(self) -> None:
        self.graph = TraceGraph()
        self._numbers: dict[str, int] = {}
        self._names: list[str] = []
        self._sets: dict[frozenset[int], tuple[str, ...]] = {}

    def number(self, kr: str) -> int:
        """The integer that stands for a key result in this process."""
        known = self._numbers.get(kr)
        if known is None:
            known = self._numbers[kr] = len(self._names)
            self._names.append(kr)
        return known

    def own(self, state: OwnState) -> Own:
        """An OwnState as the graph takes it."""
        return Own(
            frozenset(map(self.number, state.tags)),
            state.optout,
            frozenset(map(self.number, state.linked)),
            frozenset(map(self.number, state.unlinked)),
            state.exempt,
        )

    def serves(self, node: int) -> Serves:
        """What an item serves now."""
        standing = self.graph.standing(node)
        names = self._sets.get(standing.krs)
        if names is None:
            names = self._sets[standing.krs] = tuple(sorted(self._names[kr] for kr in standing.krs))
        return Serves(names, standing.exemption)

    def idle(self, nodes: Iterable[int]) -> set[int]:
        """Those of the nodes whose hierarchy serves nothing, and the circles that they are in or below."""
        found: set[int] = set()
        queue = list(nodes)
        while queue:
            node = queue.pop()
            above = [edge.parent for edge in self.graph.idle_links(node) if edge.kind == "parent"]
            if above and node not in found:
                found.add(node)
                queue += above
        return found

    def load(
        self,
        nodes: Iterable[tuple[int, int]],
        links: Iterable[tuple[int, int, str, bool]],
        owns: Iterable[tuple[int, OwnState]],
    ) -> None:
        """Build everything at once from the store."""
        self.graph.load(nodes, links, ((node, self.own(state)) for node, state in owns))
