"""The catalogue: cycles, objectives and key results, which of them a code means and whether it is active.

problems    a mistake in a file, in plain words
explain     errors of a shape in plain words
walk        a file as written
words       how single values are read
entries     the shape of okrs.yaml
catalogue   bind a code, state on a day, active or why not
mistakes    what no single value shows
reading     data of okrs.yaml -> Catalogue, or every mistake in it
measured    readings of a key result -> progress and pace
"""

from linker.okrs.catalogue import GRACE_DAYS, Bound, Catalogue, changed_codes, load
from linker.okrs.entries import okrs_schema
from linker.okrs.explain import explain
from linker.okrs.measured import (
    STALE_DAYS,
    Measured,
    Pace,
    Phase,
    expected,
    measured,
    pace,
    phase,
    progress,
    stale,
)
from linker.okrs.problems import Loc, Locate, Problem, did_you_mean, key_path, nearest_name
from linker.okrs.reading import parse

__all__ = [
    "GRACE_DAYS",
    "STALE_DAYS",
    "Bound",
    "Catalogue",
    "Loc",
    "Locate",
    "Measured",
    "Pace",
    "Phase",
    "Problem",
    "changed_codes",
    "did_you_mean",
    "expected",
    "explain",
    "key_path",
    "load",
    "measured",
    "nearest_name",
    "okrs_schema",
    "pace",
    "parse",
    "phase",
    "progress",
    "stale",
]
