"""Links of the items in a batch: read their texts, run the rules, let the trace graph take the difference."""

from collections.abc import Collection
from typing import Any, NamedTuple

from linker import acts as acting
from linker import held as holding
from linker import rules, tags
from linker.batch import Batch, home_of
from linker.graph import Edge
from linker.held import Held
from linker.model import Facets, Finding, Level, Link, Millis, item_id
from linker.okrs import Catalogue
from linker.own import OwnState, own_state
from linker.resolve import alias_of, resolve
from linker.rules import Context, Linked, Passage, Subject
from linker.store import items
from linker.store import links as link_rows
from linker.trace import Trace

MOST_READINGS = 20_000


class Reader:
    """Reads texts under one vocabulary, each text once."""

    def __init__(self, catalogue: Catalogue, vocabulary: tags.Vocabulary) -> None:
        self.catalogue = catalogue
        self.vocabulary = vocabulary
        self._known: dict[tuple[str, str], tags.Reading] = {}

    def read(self, text: str, place: tags.Place) -> tags.Reading:
        """What is read in a text; the rules know to which repository a bare #7 belongs."""
        found = self._known.get((text, place))
        if found is None:
            if len(self._known) >= MOST_READINGS:
                self._known.clear()
            found = self._known[text, place] = tags.read(text, place, self.vocabulary)
        return found

    def bind(self, code: str, cycle: str | None, at: Millis) -> str | None:
        """The key result that a code meant at a time."""
        return self.catalogue.bind(code, cycle, at).kr


class Relinked(NamedTuple):
    """An item with what the rules said of it."""

    held: Held
    linked: Linked
    own: OwnState
    refs: frozenset[str]
    ours: frozenset[str] = frozenset()  # labels that are ours by the ledger


def texts_of(batch: Batch, rows: Collection[int]) -> None:
    """Bring the long texts of items into the batch."""
    hashes = {
        facet.hash for row in rows for name in holding.LONG if (facet := batch.rows[row].facets.get(name))
    }
    missing = hashes - batch.texts.keys()
    batch.texts.update(items.texts(batch.connection, missing))


def relink(batch: Batch, reader: Reader, rows: Collection[int]) -> list[Relinked]:
    """Read and link items again; items without a level (places, not seen yet) have no links."""
    texts_of(batch, rows)
    ours = link_rows.our_labels(batch.connection, [row for row in rows if _labelled(batch.rows[row])])
    subjects = {}
    for row in rows:
        item = batch.rows[row]
        if item.value("kind") and not item.deleted:
            subjects[row] = subject(batch, reader, item, ours.get(row, frozenset()))
    refs = {row: rules.named(one) for row, one in subjects.items()}
    context = Context(reader.catalogue, resolve(batch, frozenset().union(*refs.values())))
    found = []
    for row, one in subjects.items():
        linked = rules.apply_rules(one, context)
        own = own_state(
            batch.rows[row],
            linked.tags,
            linked.optout,
            ours.get(row, frozenset()),
            reader.bind,
            reader.catalogue.krs,
        )
        found.append(Relinked(batch.rows[row], linked, own, refs[row], ours.get(row, frozenset())))
        batch.rows[row].unheld = sorted(ref for ref in refs[row] if context.resolve.get(ref) is None)
        batch.wanted.update(batch.rows[row].unheld)
    gone = [row for row in rows if row not in subjects]
    for row in gone:
        batch.rows[row].unheld = []
    found += [
        Relinked(batch.rows[row], Linked((), frozenset(), None, ()), OwnState(), frozenset()) for row in gone
    ]
    return found


def subject(batch: Batch, reader: Reader, item: Held, ours: frozenset[str]) -> Subject:
    """All that the rules look at of an item."""
    by_people = acting.set_by_people(item, ours)
    passages = []
    for name in holding.CODED:
        value = long_value(batch, item, name)
        for place, kind, text in holding.passages(name, value):
            if place != "label" or text in by_people:
                passages.append(Passage(place, kind, text, reader.read(text, kind)))
    first = {
        (place, code): holding.first_seen(item, place, code)
        for place, codes in item.first.items()
        for code in codes
    }
    for label, act in by_people.items():
        if act is not None:  # a label says what its code meant when it was set
            first["label", acting.code_of(label)] = act.at
    facets = Facets.model_validate(
        {"kind": item.value("kind"), "parent": acting.parents(item), "links": acting.relations(item)}
    )
    actors = {label: act.actor if act else "" for label, act in by_people.items()}
    return Subject(item.id, Level(item.value("kind")["level"]), facets, tuple(passages), first, actors)


def long_value(batch: Batch, item: Held, name: str) -> Any:
    """A facet's value, long texts in full."""
    value = item.value(name)
    if name in holding.LONG and value is not None:
        text = batch.texts[value]
        return holding.unpack(name, text)
    return value


def container(batch: Batch, item: Held) -> str | None:
    """The project key or repository name that an item belongs to now."""
    alias: str | None = item.value("alias")
    home = home_of(item.id)
    if home is not None:
        name: str | None = batch.held[home].value("alias")
        return name or (alias and alias.partition("#")[0])
    return alias.rpartition("-")[0] if alias and item.id.place is None else alias


class Traced(NamedTuple):
    """What a batch changed in the graph: rows whose standing is another, and rows of idle hierarchy."""

    changed: set[int]
    idle: set[int]  # rows whose hierarchy serves nothing, or served nothing before
    levels: set[int]  # rows whose level is another, so that links to them may have become idle


def take_graph(batch: Batch, trace: Trace, found: Collection[Relinked]) -> Traced:
    """Let the graph take items, links and own states."""
    graph = trace.graph
    rows = [one.held.row for one in found]
    traced = Traced(set(), trace.idle(rows), set())
    for one in found:
        row, kind = one.held.row, one.held.value("kind")
        level = None if kind is None or one.held.deleted else kind["level"]
        if level != graph.level(row) and row not in batch.came:
            traced.levels.add(row)
        traced.changed.update(graph.remove(row) if level is None else graph.put(row, level))
        traced.changed.update(graph.set_links(row, edges(batch, one)))
        traced.changed.update(graph.set_own(row, trace.own(one.own)))
    traced.idle.update(trace.idle(rows))
    return traced


def edges(batch: Batch, one: Relinked) -> list[Edge]:
    """The links to other items as the graph takes them."""
    peer = one.held.id.tracker == "github"
    return [
        Edge(parent_row(batch, link), link.kind, peer and link.kind == "parent")
        for link in one.linked.links
        if link.kind != "tag"
    ]


def parent_row(batch: Batch, link: Link) -> int:
    """The row of the item that a link leads to."""
    return batch.held[item_id(link.parent)].row


def candidates(one: Relinked) -> set[str]:
    """What to watch for: every code that ever stood in its texts, every reference in them."""
    codes = {code for known in one.held.first.values() for code in known}
    codes |= {acting.code_of(label) for label in one.held.acts}
    codes |= {tags.canonical(said.kr.rpartition("/")[2]) for said in one.held.decisions if said.kr}
    return {f"CODE:{code}" for code in codes} | {alias_of(ref) for ref in one.refs}


def finding_rows(found: Collection[Finding]) -> list[dict[str, Any]]:
    """Findings as rows."""
    return [
        {
            "finding": one.id,
            "subject": one.subject[:255],
            "severity": one.severity,
            "text": one.text,
            "fix": one.fix,
        }
        for one in found
    ]


def _labelled(item: Held) -> bool:
    return bool(item.acts) or any(tags.label_code(label) for label in item.value("labels") or ())
