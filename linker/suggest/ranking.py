"""Puts the evidence together: at most three key results, or silence, since a wrong one is worse than none."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from linker.suggest.corpus import NOTHING, Asked, Corpus
from linker.suggest.evidence import EVIDENCE, Evidence, Question

BOUND = 0.28  # what the best must reach
BESIDE = 0.5  # what others must reach, as a share of the best
MOST = 3


class Suggestion(NamedTuple):
    """A key result by its full id, how strongly it is meant (0 to 2), and why, strongest reason first."""

    kr: str
    score: float
    reasons: tuple[str, ...]


def suggest(item: Asked, corpus: Corpus) -> tuple[Suggestion, ...]:
    """The key results that an item may serve, best first; for a person to take or leave, never applied."""
    found, nothing = _weighed(item, corpus)
    said = [suggestion for suggestion, speaks in found if speaks]
    if not said or said[0].score < max(BOUND, nothing):
        return ()
    return tuple(held for held in said if held.score >= BESIDE * said[0].score)[:MOST]


def ranked(item: Asked, corpus: Corpus) -> tuple[Suggestion, ...]:
    """Every key result that anything speaks for, without a bound; for measuring, not for showing."""
    return tuple(suggestion for suggestion, _ in _weighed(item, corpus)[0])


def _weighed(item: Asked, corpus: Corpus) -> tuple[list[tuple[Suggestion, bool]], float]:
    """Suggestions, best first, each with whether anything speaks for it; and the score of NOTHING."""
    question = Question(item, corpus)
    parts: dict[str, list[tuple[float, Evidence]]] = defaultdict(list)
    for source, weight in EVIDENCE.items():
        for evidence in source(question):
            parts[evidence.kr].append((weight * evidence.strength, evidence))
    nothing = sum(score for score, _ in parts.pop(NOTHING, ()))
    active = [kr for kr in parts if kr in corpus.krs and kr not in item.refused]
    found = [(_together(kr, parts[kr]), any(part.speaks for _, part in parts[kr])) for kr in active]
    return sorted(found, key=lambda held: (-held[0].score, held[0].kr)), nothing


def _together(kr: str, parts: Iterable[tuple[float, Evidence]]) -> Suggestion:
    ordered = sorted(parts, key=lambda part: -part[0])
    reasons = tuple(evidence.reason for _, evidence in ordered if evidence.reason)
    return Suggestion(kr, round(sum(score for score, _ in ordered), 3), reasons)
