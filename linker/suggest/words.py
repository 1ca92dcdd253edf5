"""Words as suggestions compare them: whole stems and runs of letters, without keys, codes and filler."""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from snowballstemmer.english_stemmer import EnglishStemmer

#: Text beyond this says nothing new, and titles of 64 kB exist.
READ = 400
GRAMS = (3, 4, 5)
_NAMED = re.compile(r"\[[^\]\s]*\]|\b[A-Za-z][\w.]*-\d+\b|\w*\d\.\w+|\bKR\d*\b")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD = re.compile(r"[^\W\d_]{2,}")
_GRAMMAR = """
    a about above after again all also an and any are as at be because been before being below between
    both but by can could did do does doing done down each every few for from further had has have
    having here how if in into is it its itself just least less may might more most must no none nor not
    now of off on once one only or other our out over own per same shall should so some such than that
    the their them then there these they this those through to too two under until up upon very via was
    we were what when where which while who whom why will with within without would you your
"""
_DEEDS = """
    add adds added adding fix fixes fixed fixing update updates updated updating remove removes removed
    removing make makes made making change changes changed changing use uses used using get gets set
    sets new minor feat chore
"""
#: Words that say nothing of what work is about: grammar, and what any title does to its subject.
FILLER = frozenset(f"{_GRAMMAR} {_DEEDS}".split())


def stems(text: str) -> tuple[str, ...]:
    """Each stem of a text once, in order of first mention; keys, codes, numbers and filler are left out."""
    return tuple(spelled(text))


def first_lines(body: str) -> str:
    """The first two lines of a body that hold a word; further down come templates."""
    lines = (line for line in body[: 4 * READ].splitlines() if _WORD.search(line))
    return "\n".join(islice(lines, 2))


def spelled(text: str) -> dict[str, str]:
    """Each stem of a text with the word that it was first written as."""
    found: dict[str, str] = {}
    for word in words(text):
        if word not in FILLER:
            found.setdefault(_stem(word), word)
    return found


def grams(text: str) -> frozenset[str]:
    """Runs of 3 to 5 letters within the words of a text, with a blank where a word begins or ends."""
    return frozenset(gram for word in words(text) if word not in FILLER for gram in _runs(word))


def words(text: str) -> list[str]:
    """The words of a text in lower case; `_` `-` digits and humps (`TopicDeletion`) part them."""
    return _WORD.findall(_HUMP.sub(" ", _NAMED.sub(" ", text[:READ])).lower())


@lru_cache(maxsize=65536)
def _stem(word: str) -> str:
    return str(EnglishStemmer().stemWord(word))  # a stemmer of its own: one is not safe to share


@lru_cache(maxsize=16384)
def _runs(word: str) -> tuple[str, ...]:
    return tuple(_cut(f" {word} "))


def _cut(word: str) -> Iterator[str]:
    for size in GRAMS:
        for start in range(max(0, len(word) - size + 1)):
            yield word[start : start + size]
