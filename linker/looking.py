"""What a verdict looks at, read from the store: texts, what they name, what that serves, what is missing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from linker import tags
from linker.okrs import Catalogue
from linker.store import Connection, commands, seen
from linker.store.items import by_rows
from linker.store.seen import FindingRow, LinkRow
from linker.store.up import SERVING, serves
from linker.store.work import GONE, OPEN
from linker.verdict import Ambiguous, Judged, Named, Place, Unknown, Unread
from linker.verdict.markdown import code, listed
from linker.why import Path, why

PLACES = {"branch": "branch", "title": "title", "body": "description", "commits": "commits"}
MOST = 6  # of anything that is listed


def looked_at(
    connection: Connection, catalogue: Catalogue, rows: Sequence[Any], live: Mapping[int, Sequence[str]]
) -> dict[int, Judged]:
    """What verdicts look at; `rows` are pull requests, `live` the active key results that each serves."""
    ids = [row["id"] for row in rows]
    standing = serves(connection, ids)
    links = _by_item(seen.links_up(connection, ids))
    found = _by_item(seen.codes(connection, ids))
    parents = {one.parent_item for own in links.values() for one in own if one.parent_item is not None}
    held = {row["id"]: row for row in by_rows(connection, parents)}
    around = _Around(held, serves(connection, parents), seen.above(connection, parents))
    missing = {row["id"]: [*row["doc"].get("n", ()), *_above(links.get(row["id"], ()), held)] for row in rows}
    asked = seen.asked_for(connection, {ref for refs in missing.values() for ref in refs})
    said_to_us = commands.on_items(connection, ids)
    judged = {}
    for row in rows:
        own = row["id"]
        krs, exemption = standing.get(own, ((), None))
        said, codes = links.get(own, []), found.get(own, [])
        path = _path(connection, own, (*live.get(own, ()), *krs))
        judged[own] = Judged(
            krs=krs,
            exemption=exemption,
            because=around.because(row, said),
            path=path[0],
            decided=path[1],
            unknown=[_unknown(one, catalogue) for one in codes if one.finding != "ambiguous_code"],
            ambiguous=[_ambiguous(one, catalogue) for one in codes if one.finding == "ambiguous_code"],
            unread=[_unread(row, ref, asked[ref]) for ref in missing[own] if ref in asked][:MOST],
            places=_places(row, said, codes),
            named=around.named(said),
            removed=sorted((row["own"] or {}).get("unlinked", ())),
            notes=_notes(catalogue, said),
            undone=_undone(said_to_us.get(own, ())),
        )
    return judged


class _Around:
    """The items that pull requests name."""

    def __init__(
        self,
        held: Mapping[int, Any],
        standing: Mapping[int, tuple[tuple[str, ...], str | None]],
        above: Mapping[int, Sequence[str]],
    ) -> None:
        self._held, self._standing, self._above = held, standing, above

    def named(self, said: Sequence[LinkRow]) -> list[Named]:
        """What is named, those that could serve first."""
        found: dict[int, Named] = {}
        for one in sorted(said, key=lambda link: link.kind in ("mentions", "blocks")):
            row = self._held.get(one.parent_item or 0)
            if row is None or not row["held"] or row["deleted"] or row["id"] in found or one.kind == "blocks":
                continue
            krs = self._standing.get(row["id"], ((), None))[0]
            above = tuple(self._above.get(row["id"], ()))
            found[row["id"]] = Named(row["alias"] or row["tid"], one.kind, krs, above)
        return list(found.values())[:MOST]

    def because(self, row: Any, said: Sequence[LinkRow]) -> str:
        """What exempts it: a person, its own text, or what it is below."""
        own = row["own"] or {}
        if own.get("exempt"):
            return "a person decided so"
        if own.get("optout"):
            return "its own text says so"
        for one in said:
            parent = self._held.get(one.parent_item or 0)
            if parent is not None and self._standing.get(parent["id"], ((), None))[1]:
                return f"inherited from {code(parent['alias'] or parent['tid'])}"
        return ""


def source_of(row: Any) -> str:
    """What exempts an item, in one word: person, text or inherited."""
    own = row["own"] or {}
    return "person" if own.get("exempt") else "text" if own.get("optout") else "inherited"


def _by_item(rows: Collection[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def _above(said: Sequence[LinkRow], held: Mapping[int, Any]) -> list[str]:
    """What its tickets are below, where that is not held: an epic may still speak for it."""
    found: dict[str, None] = {}
    for one in said:
        row = held.get(one.parent_item or 0)
        if row is not None and one.kind in SERVING:
            parents = (row["doc"].get("f", {}).get("parent") or (0, 0, "", ()))[3] or ()
            found.update(dict.fromkeys(ref for ref in row["doc"].get("n", ()) if ref in parents))
    return list(found)


def _path(connection: Connection, row: int, krs: Sequence[str]) -> tuple[tuple[str, ...], bool]:
    """Aliases on the shortest path to the first key result, and whether a person made its end."""
    if not krs:
        return (), False
    found = why(connection, row)
    path: Path | None = next((path for path in found.paths if path.kr == krs[0]), None)
    if path is None:
        return (), False
    steps = [step.parent for step in path.steps if step.parent is not None]
    return tuple(found.rows[step]["alias"] or "" for step in steps), path.decided


def _unknown(one: FindingRow, catalogue: Catalogue) -> Unknown:
    return Unknown(one.subject, tags.nearest(one.subject, catalogue.codes), one.finding == "lookalike_code")


def _ambiguous(one: FindingRow, catalogue: Catalogue) -> Ambiguous:
    spans = catalogue.bindings.get(tags.canonical(one.subject), ())
    return Ambiguous(one.subject, tuple(span.kr for span in spans if span.kr in one.text))


def _unread(row: Any, ref: str, want: seen.WantRow) -> Unread:
    """By the name that people use: a bare #7 was read as one of the same repository, by that one's id."""
    home, number = f"github:{row['site']}:{row['tid'].partition('#')[0]}", ref.partition("#")[2]
    name = f"{row['container']}#{number}" if ref == f"{home}#{number}" else ref.partition(":")[2]
    if want.state == OPEN:
        return Unread(name, "waiting")
    return Unread(name, "gone" if want.state == GONE else "refused")


def _places(row: Any, said: Sequence[LinkRow], codes: Sequence[FindingRow]) -> list[Place]:
    """Branch, title, description and commits, each with what its own words led to, or should have."""
    facets = row["doc"].get("f", {})
    found: dict[str, list[str]] = {}
    for one in said:
        field = str(one.why.get("field", "")).partition(" ")[0]
        text = str(one.why.get("text") or "")
        if field in PLACES and text and text not in found.setdefault(field, []):
            found[field].append(text)
    for other in codes:  # a finding says where its code stands
        field = other.text.removeprefix(f"{other.subject} in the ").partition(" ")[0]
        if field in PLACES and other.subject not in found.setdefault(field, []):
            found[field].append(other.subject)
    known = {"branch": "head" in facets, "title": True, "body": True, "commits": "commits" in facets}
    return [Place(PLACES[field], tuple(found.get(field, ())), known[field]) for field in PLACES]


def _undone(said: Sequence[Any]) -> str:
    """Why the last command was not done, where it was not understood; what nobody may is not told why."""
    answered = [one for one in said if one["answer"]]
    return str(answered[-1]["text"] or "") if answered else ""


def _notes(catalogue: Catalogue, said: Sequence[LinkRow]) -> list[str]:
    """Which of several cycles a code means, and why."""
    notes = []
    for one in said:
        bare = tags.canonical(one.parent.rpartition("/")[2])
        others = [span.kr for span in catalogue.bindings.get(bare, ()) if span.kr != one.parent]
        if one.kind != "tag" or not others or one.parent not in catalogue.krs:
            continue
        on = datetime.fromtimestamp(one.valid_from / 1000, UTC)
        field = str(one.why.get("field", "text")).partition(" ")[0]
        written = str(one.why.get("text") or bare)
        if "/" in written:
            continue
        notes.append(
            f"{code(bare)} means {code(one.parent)} here, since it stands in the {PLACES.get(field, field)} "
            f"since {on.day} {on:%B %Y} and a code means the cycle of that day. For another cycle write the "
            f"full id, {listed([code(f'KR: {kr}', 200) for kr in others], joint='or')}."
        )
    return notes
