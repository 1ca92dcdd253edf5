"""The catalogue: cycles, objectives and key results, which of them a code means and whether it is active.

problems    a mistake in a file, in plain words
words       how single values are read
entries     the shape of okrs.yaml
catalogue   bind a code, state on a day, active or why not
reading     data of okrs.yaml -> Catalogue, or every mistake in it
"""

from linker.okrs.catalogue import GRACE_DAYS, Bound, Catalogue, changed_codes, load
from linker.okrs.entries import okrs_schema
from linker.okrs.problems import Loc, Locate, Problem, did_you_mean, explain, key_path
from linker.okrs.reading import parse

__all__ = [
    "GRACE_DAYS",
    "Bound",
    "Catalogue",
    "Loc",
    "Locate",
    "Problem",
    "changed_codes",
    "did_you_mean",
    "explain",
    "key_path",
    "load",
    "okrs_schema",
    "parse",
]
