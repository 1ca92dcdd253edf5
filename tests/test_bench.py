"""The benchmarks run; what they measure is for `make bench`, no test looks at a time."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def printed() -> str:
    """All sections, small; most of it is servers that start."""
    command = [sys.executable, "-m", "bench", "--quick"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "the load generator against an empty handler",
        "c=1  ours over bare",
        "c=16 ours over bare",
        "being folded",
        "large over small",
        "read texts, run rules",
        "bytes a node",
        "nothing new over page",
    ],
)
def test_a_quick_run_prints_its_lines(printed: str, line: str) -> None:
    assert line in printed


def test_an_unknown_section_names_those_there_are() -> None:
    command = [sys.executable, "-m", "bench", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "known are ack, backlog, fold, graph, plan" in done.stderr
