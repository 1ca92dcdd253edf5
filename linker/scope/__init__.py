"""Sprint scope: what a sprint's points serve, and what a person should look at before committing; pure.

sums       points in exact parts that add up to the whole
running    which sprints run now
history    planned, added, removed, done, carried over
plan       the nouns: cards, goals, rules
numbers    what a plan comes to
finders    FINDERS: what a person should look at
draft      what-if: moves, their effects, swaps
"""

from linker.scope.draft import Effect, Swap, drafted, effects, rank, swaps
from linker.scope.finders import FINDERS, find
from linker.scope.history import Stay, Story, Term, carried, story
from linker.scope.numbers import Budget, Numbers, numbers, shares, worth
from linker.scope.plan import UNPLANNED, Blocked, Card, Goal, Limit, Plan, Rules, Severity, part
from linker.scope.running import Span, running
from linker.scope.sums import PARTS, Part, Parts, Ticket, add, counted, percent, points, sums

__all__ = [
    "FINDERS",
    "PARTS",
    "UNPLANNED",
    "Blocked",
    "Budget",
    "Card",
    "Effect",
    "Goal",
    "Limit",
    "Numbers",
    "Part",
    "Parts",
    "Plan",
    "Rules",
    "Severity",
    "Span",
    "Stay",
    "Story",
    "Swap",
    "Term",
    "Ticket",
    "add",
    "carried",
    "counted",
    "drafted",
    "effects",
    "find",
    "numbers",
    "part",
    "percent",
    "points",
    "rank",
    "running",
    "shares",
    "story",
    "sums",
    "swaps",
    "worth",
]
