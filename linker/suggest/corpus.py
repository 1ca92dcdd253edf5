"""What suggestions are drawn from: the active key results, and what each known item serves."""

from bisect import bisect_left, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from math import log
from typing import NamedTuple

from linker.model import KeyResult, Millis
from linker.okrs import GRACE_DAYS, Catalogue
from linker.suggest.words import first_lines, grams, stems

RECENT = 60  # so many items of a place speak for it, the newest
BELOW = "below "  # before a parent's id: the place where its children lie
KEYWORD = 1.0  # the weight of a key result's keywords
NOTHING = ""  # stands among key results for work that serves nothing on purpose


class Asked(NamedTuple):
    """An item that has no key result. Ids and places are any names that stay the same."""

    id: str
    title: str
    body: str = ""
    parents: tuple[str, ...] = ()
    container: str = ""  # repository or project
    branch: str = ""
    paths: tuple[str, ...] = ()  # files that a pull request touches
    refused: frozenset[str] = frozenset()  # full ids of key results that a person unlinked from it


class Known(NamedTuple):
    """An item and the full ids of what it serves; `exempt` when it serves nothing on purpose.

    An item with neither is undecided: it counts among siblings and in its place, and speaks for nothing.
    """

    id: str
    title: str
    krs: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    container: str = ""
    branch: str = ""
    paths: tuple[str, ...] = ()
    body: str = ""
    exempt: bool = False
    at: Millis = 0  # when it was created; the newest of a place speak for it
    name: str = ""  # as people write it, PAY-7; the id when empty

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What it serves, NOTHING when that is on purpose, and nothing at all when it is undecided."""
        return self.krs or ((NOTHING,) if self.exempt else ())


class Said(NamedTuple):
    """What one key result says of itself: stems with their weight, and runs of letters."""

    stems: Mapping[str, float]
    grams: frozenset[str]


class Corpus:
    """Active key results and known items, indexed; the order in which items come makes no difference.

    It may be held for long: `add` takes a changed item again, `turn` another day. For one thread at a time.
    """

    def __init__(
        self, catalogue: Catalogue, on: date, known: Iterable[Known] = (), grace_days: int = GRACE_DAYS
    ) -> None:
        self.items: dict[str, Known] = {}
        self.decisions = 0  # items that serve something, or nothing on purpose
        self._held: dict[str, list[tuple[Millis, str]]] = defaultdict(list)
        self._tally: dict[str, Counter[str]] = defaultdict(Counter)
        self._decided: Counter[str] = Counter()
        self._titles: Counter[str] = Counter()
        self._texts: Counter[str] = Counter()
        self.turn(catalogue, on, grace_days)
        for item in known:
            self.add(item)

    def turn(self, catalogue: Catalogue, on: date, grace_days: int = GRACE_DAYS) -> None:
        """Take another catalogue or another day; the items stay."""
        titles = {(c.id, o.code): o.title for c in catalogue.cycles for o in c.objectives}
        self.krs: dict[str, Said] = {
            kr.id: _said(kr, titles.get((kr.cycle, kr.objective), ""))
            for kr in catalogue.krs.values()
            if catalogue.active(kr.id, on, grace_days)
        }
        #: stem -> key results that say it -> weight; run of letters -> key results that hold it
        self.claims: dict[str, dict[str, float]] = {}
        self.runs: dict[str, list[str]] = {}
        for kr, said in self.krs.items():
            for stem, weight in said.stems.items():
                self.claims.setdefault(stem, {})[kr] = weight
            for gram in said.grams:
                self.runs.setdefault(gram, []).append(kr)

    def add(self, item: Known) -> None:
        """Take an item in, in place of what was known of it."""
        self.remove(item.id)
        self.items[item.id] = item
        for place in _homes(item):
            insort(self._held[place], (item.at, item.id))
        self._count(item, 1)

    def remove(self, item_id: str) -> None:
        """Forget an item, if it is known."""
        item = self.items.pop(item_id, None)
        if item is None:
            return
        for place in _homes(item):
            held = self._held[place]
            del held[bisect_left(held, (item.at, item_id))]
        self._count(item, -1)

    def newest(self, place: str, without: str = "", most: int = RECENT) -> list[Known]:
        """The newest items of a container, a folder, or BELOW a parent; oldest of them first."""
        held = self._held.get(place, [])[-most - 1 :]
        return [self.items[known] for _, known in held if known != without][-most:]

    def tally(self, stem: str) -> Mapping[str, int]:
        """How many items whose title or branch has the stem serve what, NOTHING among it."""
        return self._tally.get(stem, {})

    def decided(self, stem: str) -> int:
        """How many items whose title or branch has the stem serve something, or nothing on purpose."""
        return self._decided[stem]

    def titled(self, stem: str) -> int:
        """How many items have the stem in title or branch, decided or not."""
        return self._titles[stem]

    @property
    def size(self) -> int:
        """How many texts are known: items and key results."""
        return len(self.items) + len(self.krs)

    def idf(self, stem: str) -> float:
        """How rare a stem is: ln of all texts over those that hold it."""
        held = self._texts[stem] + len(self.claims.get(stem, ()))
        return max(0.0, log((1 + self.size) / (1 + held)))

    def name(self, item_id: str) -> str:
        """An item as people write it."""
        item = self.items.get(item_id)
        return (item.name if item else "") or item_id

    def _count(self, item: Known, sign: int) -> None:
        self.decisions += sign if item.outcomes else 0
        title = stems(f"{item.title} {item.branch}")
        for stem in title:
            self._titles[stem] += sign
            if item.outcomes:
                self._decided[stem] += sign
                self._tally[stem].update(dict.fromkeys(item.outcomes, sign))
        for stem in {*title, *stems(first_lines(item.body))}:
            self._texts[stem] += sign


def places(item: Known | Asked) -> Iterator[str]:
    """Where an item lies: its container, and in it the folders that it touches."""
    if item.container:
        yield item.container
        yield from dict.fromkeys(f"{item.container}/{path.rpartition('/')[0]}" for path in item.paths)


def _homes(item: Known) -> Iterator[str]:
    yield from (BELOW + parent for parent in item.parents)
    yield from places(item)


def _said(kr: KeyResult, objective: str) -> Said:
    """Keywords were chosen to be telling; a title stands in for them when there are none."""
    weights: dict[str, float] = {}
    title = 0.7 if kr.keywords else KEYWORD
    for text, weight in ((" ".join(kr.keywords), KEYWORD), (kr.title, title), (objective, 0.4)):
        for stem in stems(text):
            weights.setdefault(stem, weight)
    return Said(weights, grams(f"{kr.title} {' '.join(kr.keywords)}"))
