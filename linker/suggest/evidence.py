"""EVIDENCE: each source says which key results an item may serve, how strongly, and in which words."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from math import log, sqrt
from typing import NamedTuple

from linker.suggest.corpus import BELOW, KEYWORD, Asked, Corpus, Known, places
from linker.suggest.words import first_lines, grams, spelled

#: A stem tells when it is this rare, or, while few texts are known, this share of the rarest there can be.
TELLING_IDF, TELLING_SHARE = 2.5, 0.7
SEEN = 3  # from so many decided items on, what a word's items serve says how much the word means
OPEN = 0.1  # an item that serves nothing yet counts so much against a word's other items
DOUBT = 0.5  # items that are added in thought, so that one item alone proves little
NEW, HISTORY = 0.2, 100  # a new word counts so much at first, and half from so many decided items on
BODY = 0.3  # the body's first lines beside the title
SHOWN = 3  # so many words stand in a reason


class Evidence(NamedTuple):
    """What one source says of one key result: strength from 0 to 1, and a reason when there is one to show.

    Only evidence that `speaks` may carry a suggestion; the rest moves the order.
    """

    kr: str
    strength: float
    reason: str = ""
    speaks: bool = False


class Question:
    """An asked item beside the corpus, with its words weighed once."""

    def __init__(self, asked: Asked, corpus: Corpus) -> None:
        self.asked = asked
        self.corpus = corpus
        self.spelled = spelled(f"{asked.title} {asked.branch}")
        self.telling_idf = min(TELLING_IDF, TELLING_SHARE * log((1 + corpus.size) / 2))

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """The share of each stem in what the title says: rare ones more, ones that serve anything less."""
        found = {stem: self.corpus.idf(stem) * self._focus(stem) for stem in self.spelled}
        whole = sum(found.values())
        return {stem: weight / whole for stem, weight in found.items()} if whole else {}

    def vouched(self, stem: str, kr: str) -> float:
        """The share of the decided items with this stem that serve a key result; 1 while few are known."""
        decided = self.corpus.decided(stem)
        return self.corpus.tally(stem).get(kr, 0) / decided if decided >= SEEN else 1.0

    def tells(self, stem: str) -> bool:
        """Whether a stem is rare enough to mean something."""
        return self.corpus.idf(stem) >= self.telling_idf

    def _focus(self, stem: str) -> float:
        """How much a stem is about: its items agree on what they serve, or it is new where much is known."""
        corpus, decided = self.corpus, self.corpus.decided(stem)
        if decided >= SEEN:
            return (max(corpus.tally(stem).values()) / decided) ** 2
        if decided or stem in corpus.claims:
            return 1.0
        return max(NEW, corpus.decisions / (corpus.decisions + HISTORY))


def siblings(question: Question) -> Iterator[Evidence]:
    """What other items below the same parent serve, the newest; else those below the parent's parent."""
    asked, corpus = question.asked, question.corpus
    above = [high for low in asked.parents if low in corpus.items for high in corpus.items[low].parents]
    for parent in dict.fromkeys((*asked.parents, *above)):
        near = corpus.newest(BELOW + parent, asked.id)
        if any(item.outcomes for item in near):
            for kr, count in _served(near):
                reason = f"{count} of {_counted(len(near), 'sibling')} in {corpus.name(parent)}"
                yield Evidence(kr, count / (len(near) + DOUBT), _serving(reason, count), True)
            return


def place(question: Question) -> Iterator[Evidence]:
    """What the newest items of the same repository or project serve; never enough alone."""
    asked = question.asked
    near = question.corpus.newest(asked.container, asked.id) if asked.container else []
    for kr, count in _served(near):
        share = count / (len(near) + SEEN)
        reason = _serving(f"{count} of the last {len(near)} items in {asked.container}", count)
        yield Evidence(kr, share, reason if share > 0.25 else "")


def paths(question: Question) -> Iterator[Evidence]:
    """What the newest pull requests that touch the same folders serve; the folder that says most."""
    asked, best = question.asked, dict[str, Evidence]()
    for folder in list(places(asked))[1:]:
        near = question.corpus.newest(folder, asked.id)
        for kr, count in _served(near):
            share = count / (len(near) + SEEN)
            inside = folder.removeprefix(f"{asked.container}/") or "the top folder"
            reason = _serving(f"{count} of the last {len(near)} pull requests that touch {inside}", count)
            if kr not in best or share > best[kr].strength:
                best[kr] = Evidence(kr, share, reason, speaks=count >= SEEN)
    yield from best.values()


def words(question: Question) -> Iterator[Evidence]:
    """Stems of the title in what a key result says of itself; those of the body's first lines only add."""
    body = spelled(first_lines(question.asked.body))
    whole = sum(question.corpus.idf(stem) for stem in body) or 1.0
    weights = {stem: BODY * question.corpus.idf(stem) / whole for stem in body} | dict(question.weights)
    found: dict[str, list[tuple[float, str]]] = {}
    for stem, weight in weights.items():
        for kr, claim in question.corpus.claims.get(stem, {}).items():
            found.setdefault(kr, []).append((weight * claim * question.vouched(stem, kr), stem))
    for kr, parts in found.items():
        parts.sort(key=lambda part: (-part[0], part[1]))
        telling = [stem for part, stem in parts if part and stem in question.spelled and question.tells(stem)]
        chosen = any(question.corpus.claims[stem][kr] >= KEYWORD for stem in telling)
        reason = f"shares: {', '.join(question.spelled[stem] for stem in telling[:SHOWN])}" if telling else ""
        speaks = chosen or len(telling) > 1  # one word that is no keyword is chance
        yield Evidence(kr, min(1.0, sum(part for part, _ in parts)), reason, speaks)


def work(question: Question) -> Iterator[Evidence]:
    """What known items serve whose titles and branches share its stems."""
    corpus, found = question.corpus, dict[str, list[tuple[float, str]]]()
    for stem, weight in question.weights.items():
        open_yet = corpus.titled(stem) - corpus.decided(stem)
        against = corpus.decided(stem) + OPEN * open_yet + DOUBT
        for kr, count in corpus.tally(stem).items():
            if count:
                found.setdefault(kr, []).append((weight * count / against, stem))
    for kr, parts in found.items():
        parts.sort(key=lambda part: (-part[0], part[1]))
        shares = [(stem, corpus.tally(stem)[kr], corpus.decided(stem)) for _, stem in parts]
        telling = [held for held in shares if question.tells(held[0]) and 2 * held[1] >= held[2]][:2]
        said = [
            f'{count} of {whole if place else _counted(whole, "known item")} with "{question.spelled[stem]}"'
            for place, (stem, count, whole) in enumerate(telling)
        ]
        reason = _serving(" and ".join(said), sum(count for _, count, _ in telling)) if said else ""
        yield Evidence(kr, sum(part for part, _ in parts), reason, bool(telling))


def letters(question: Question) -> Iterator[Evidence]:
    """Runs of letters in common with a key result's title and keywords; for forms that a stemmer misses."""
    own = grams(question.asked.title)
    shared = Counter(kr for gram in own for kr in question.corpus.runs.get(gram, ()))
    for kr, count in shared.items():
        yield Evidence(kr, count / sqrt(len(own) * len(question.corpus.krs[kr].grams)))


Source = Callable[[Question], Iterable[Evidence]]
#: Each source with its weight. A suggestion needs ranking.BOUND in all: what weighs less never stands alone.
EVIDENCE: Mapping[Source, float] = {
    siblings: 0.6,
    paths: 0.4,
    place: 0.2,
    words: 0.5,
    work: 0.6,
    letters: 0.2,
}


def _served(items: Iterable[Known]) -> list[tuple[str, int]]:
    return sorted(Counter(outcome for item in items for outcome in item.outcomes).items())


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _serving(subject: str, count: int) -> str:
    return f"{subject} {'serves' if count == 1 else 'serve'} it"
