"""Prints figures and ratios in one run: `python -m bench [ack] [backlog] [fold] [graph] [plan] [--quick]`."""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bench.ack import ack, backlog
from bench.fold import fold
from bench.graph_bytes import GOAL_BYTES, company, fan, fresh, held_bytes, loaded
from bench.plan import plan


def graph(say: Callable[[str], None], *, quick: bool) -> None:
    """Bytes a node; `python bench/graph_bytes.py` measures more shapes, and times."""
    count = 5_000 if quick else 100_000
    for name, shape in {"company": company(count), "pairs": fan(2, count)}.items():
        figure = held_bytes(loaded, fresh(shape)) / count
        say(f"  {name:8} {figure:4.0f} bytes a node, {count:,} nodes and edges   (at most {GOAL_BYTES})")


SECTIONS: dict[str, Callable[..., None]] = {
    "ack": ack,
    "backlog": backlog,
    "fold": fold,
    "graph": graph,
    "plan": plan,
}


def main(arguments: list[str]) -> None:
    """Run the sections that were asked for, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("section", nargs="*", help=f"one of {', '.join(SECTIONS)}; all when left out")
    parser.add_argument("--quick", action="store_true", help="a smoke run: small, and no figure means much")
    chosen = parser.parse_args(arguments)
    unknown = set(chosen.section) - SECTIONS.keys()
    if unknown:
        parser.error(f"no section {', '.join(sorted(unknown))}; known are {', '.join(SECTIONS)}")
    print(f"{machine()}{'; a smoke run' if chosen.quick else ''}", flush=True)
    for name in chosen.section or SECTIONS:
        print(f"\n{name}", flush=True)
        started = time.monotonic()
        SECTIONS[name](lambda line: print(line, flush=True), quick=chosen.quick)
        print(f"  took {time.monotonic() - started:.0f} s", flush=True)


def machine() -> str:
    """What the figures were taken on, and how busy it was with other work."""
    try:
        names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    except OSError:
        names = []
    name = names[0].partition(":")[2].strip() if names else platform.machine()
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} x {name}, load {load}"


if __name__ == "__main__":
    main(sys.argv[1:])
