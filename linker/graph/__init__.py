"""The graph of work: which key results each item serves, kept up to date by each change.

serving     the words and the rule: what an edge is good for, what an item makes of its parents' standing
rows        the networkx graph in which what is alike is one object; the only door to networkx
trace       TraceGraph: facts in, standings out; each change works out only what hangs below it
scratch     the same from nothing
paths       the reasons
"""

from linker.graph.serving import KINDS, NOTHING, Edge, Own, Standing
from linker.graph.trace import TraceGraph

__all__ = ["KINDS", "NOTHING", "Edge", "Own", "Standing", "TraceGraph"]
