"""Which worker runs which tests: one makes the fixtures of a module, and what takes long begins first.

The mark xdist_group would say the same, but it does nothing with pytest 9.2 and pytest-xdist 3.8: it writes
the group into a test's id, at a place from which pytest no longer reads it (pytest-xdist issue 1386).
"""

from xdist.scheduler import LoadScopeScheduling

#: Modules that take longest, longest first, so that no worker is left with one of them at the end.
LONG = (
    "test_serve.py",
    "test_bench.py",
    "test_oracles_graph.py",
    "test_order.py",
    "test_sync.py",
    "test_cli.py",
    "test_e2e_pages.py",
    "test_applier.py",
    "test_simulator_truth.py",
)
#: Modules of long tests that share little: each test goes to whoever is free.
SINGLY = {"test_serve.py", "test_order.py", "test_sync.py", "test_cli.py", "test_simulator_truth.py"}


def rank(file: str) -> int:
    """Where a module comes in the order of work; those that are not named come last, as they are."""
    return LONG.index(file) if file in LONG else len(LONG)


class Shares(LoadScopeScheduling):  # type: ignore[misc]  # it ships no types
    """A unit of work is a module, or a test of a module whose tests go singly; in the order of collection."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return nodeid if path.rpartition("/")[2] in SINGLY else path
