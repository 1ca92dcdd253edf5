"""Ranked key results for an item that has none, each with the facts or words that speak for it; pure.

words      text -> stems and runs of letters
corpus     the active key results, and what each known item serves; changed item by item
evidence   EVIDENCE: what speaks for which key result, and how much
ranking    the best three, or silence
"""

from linker.suggest.corpus import Asked, Corpus, Known
from linker.suggest.evidence import EVIDENCE
from linker.suggest.ranking import Suggestion, ranked, suggest

__all__ = ["EVIDENCE", "Asked", "Corpus", "Known", "Suggestion", "ranked", "suggest"]
