"""Suggestions for pull requests that have no key result, drawn from what the newest items serve.

A suggestion is advice and no state: it is made once for the same question and kept, so that work which goes
on elsewhere rewrites no check.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any

from linker import suggest
from linker.held import digest
from linker.okrs import Catalogue
from linker.store import Connection, advice, items
from linker.store.advice import KnownRow
from linker.suggest import Asked, Corpus, Known, Suggestion
from linker.verdict import Advice

MOST_KNOWN = 20_000  # items that are drawn from, the newest; about a second to load, and 60 MB


class Suggester:
    """Holds the corpus of one store for the engine that leads; one thread at a time."""

    def __init__(self, grace_days: int, most: int = MOST_KNOWN) -> None:
        self._grace_days = grace_days
        self._most = most
        self._corpus: Corpus | None = None
        self._catalogue: Catalogue | None = None
        self._on: date | None = None
        self._behind = False  # it learned something since the tickets in open sprints were advised

    def turn(self, connection: Connection, catalogue: Catalogue, on: date) -> None:
        """Draw from this catalogue on this day; the items are read the first time."""
        if self._corpus is None:
            self._corpus = Corpus(catalogue, on, grace_days=self._grace_days)
            for row in advice.newest(connection, self._most):
                self._corpus.add(_known(row))
        elif catalogue is not self._catalogue or on != self._on:
            self._corpus.turn(catalogue, on, self._grace_days)
        self._catalogue, self._on = catalogue, on

    def learn(self, connection: Connection, rows: Collection[int]) -> None:
        """Take items in as they are now; those that are gone are forgotten."""
        if self._corpus is None:
            return
        self._behind = self._behind or bool(rows)
        known = {row.id: row for row in advice.of_rows(connection, rows)}
        for own in rows:
            if own in known:
                self._corpus.add(_known(known[own]))
            else:
                self._corpus.remove(str(own))

    @property
    def behind(self) -> bool:
        """Whether what is suggested for tickets of open sprints may be out of date."""
        return self._behind and self._corpus is not None

    def catch_up(self, connection: Connection) -> list[dict[str, Any]]:
        """Suggest anew for the tickets of open sprints that serve nothing active: rows for `advice.keep`.

        Planning asks for them. Nothing of it is written on a tracker, so it may follow what became known.
        """
        self._behind = False
        if self._corpus is None:
            return []
        active = self._corpus.krs
        asking = [
            row for row in advice.in_open_sprints(connection) if not any(kr in active for kr in row.krs)
        ]
        rows = items.by_rows(connection, [row.item for row in asking])
        fresh = []
        for own, one in self._asked(connection, rows).items():
            content = [_packed(each) for each in suggest.suggest(one, self._corpus)]
            fresh.append({"item": own, "basis": _basis(one), "content": content})
        return fresh

    def advise(self, connection: Connection, rows: Sequence[Any]) -> Mapping[int, Sequence[Advice]]:
        """At most three key results for each item, best first; as before, while the same is asked."""
        if self._corpus is None or self._catalogue is None or self._on is None:
            return {}
        asked = self._asked(connection, rows)
        before = advice.kept(connection, list(asked))
        found: dict[int, list[list[Any]]] = {}
        fresh = []
        for own, one in asked.items():
            basis = _basis(one)
            kept = before.get(own)
            if (
                kept is not None
                and kept.basis == basis
                and all(kr in self._corpus.krs for kr, _ in kept.content)
            ):
                found[own] = kept.content
                continue
            found[own] = [_packed(one) for one in suggest.suggest(one, self._corpus)]
            fresh.append({"item": own, "basis": basis, "content": found[own]})
        advice.keep(connection, fresh)
        return {own: [self._advice(*said) for said in content] for own, content in found.items()}

    def _holds(self, content: Sequence[Sequence[Any]]) -> bool:
        """Whether a suggestion may stand: it was one, and its key results are still active."""
        return bool(content) and self._corpus is not None and all(kr in self._corpus.krs for kr, _ in content)

    def _asked(self, connection: Connection, rows: Sequence[Any]) -> dict[int, Asked]:
        known = {row.id: row for row in advice.of_rows(connection, [row["id"] for row in rows])}
        bodies = _bodies(connection, rows)
        asked = {}
        for row in rows:
            one = known.get(row["id"])
            if one is not None:
                refused = frozenset((row["own"] or {}).get("unlinked", ()))
                asked[row["id"]] = Asked(
                    str(one.id), one.title, bodies.get(row["id"], ""), tuple(map(str, one.parents)),
                    one.container, one.branch, one.paths, refused,
                )  # fmt: skip
        return asked

    def _advice(self, kr: str, reasons: Sequence[str]) -> Advice:
        assert self._catalogue is not None
        assert self._on is not None
        return Advice(self._catalogue.label_code(kr, self._on), reasons)


def _known(row: KnownRow) -> Known:
    return Known(
        str(row.id), row.title, row.krs, tuple(map(str, row.parents)), row.container, row.branch, row.paths,
        exempt=row.exempt, at=row.at, name=row.name,
    )  # fmt: skip


def _basis(one: Asked) -> str:
    return digest([*one[1:7], sorted(one.refused)])


def _packed(one: Suggestion) -> list[Any]:
    return [one.kr, list(one.reasons)]


def _bodies(connection: Connection, rows: Sequence[Any]) -> dict[int, str]:
    """The descriptions of items, which are kept once by their hash."""
    hashes = {
        row["id"]: facet[2] for row in rows if (facet := row["doc"].get("f", {}).get("body")) is not None
    }
    texts = items.texts(connection, set(hashes.values()))
    return {own: texts[found] for own, found in hashes.items() if found in texts}
