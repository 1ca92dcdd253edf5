"""The whole past of one item, folded once more: for facts that come late and names that came to mean it."""

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Any

from linker import held as holding
from linker import rules
from linker.batch import Batch
from linker.held import Held
from linker.linking import Reader, subject
from linker.model import Facets, Link, Millis, Observation, Provenance
from linker.resolve import resolve
from linker.rules import Context, Subject
from linker.spans import Span, spans
from linker.store import items, links


def true_spans(
    batch: Batch, reader: Reader, item: Held, ours: frozenset[str]
) -> tuple[dict[Span, Provenance], set[str]]:
    """When each link of an item held, by all that we know of it now, and every reference it ever named.

    What its first version says holds since it was made.
    """
    states = list(_states(batch, reader, item, ours))
    refs = {ref for _, one in states if one for ref in rules.named(one)}
    context = Context(reader.catalogue, resolve(batch, refs))
    versions: list[tuple[Millis, Sequence[Link]]] = []
    for at, one in states:
        if one and not versions:
            at = at if item.created is None else min(at, item.created)
        if one or versions:
            versions.append((at, rules.apply_rules(one, context).links if one else ()))
    return spans(versions), refs


def _states(
    batch: Batch, reader: Reader, item: Held, ours: frozenset[str]
) -> Iterator[tuple[Millis, Subject | None]]:
    """The item as it was after each of its observations, acts and ties."""
    rows = links.history(batch.connection, item.row)
    _long_texts(batch, rows)
    times = {row["at"] for row in rows}
    times |= {act.at for acts in item.acts.values() for act in acts}
    times |= {tie.at for ties in item.ties.values() for tie in ties}
    ghost = Held(id=item.id, row=item.row, created=item.created, since=item.since, first=item.first)
    left = deque(rows)
    for at in sorted(times):
        while left and left[0]["at"] <= at:
            _observe(batch, ghost, left.popleft())
        ghost.facets.update({name: facet for name, facet in item.facets.items() if facet.at <= at})
        ghost.acts = {
            label: before
            for label, acts in item.acts.items()
            if (before := [act for act in acts if act.at <= at])
        }
        ghost.ties = {
            ref: known for ref, ties in item.ties.items() if (known := [tie for tie in ties if tie.at <= at])
        }
        alive = ghost.value("kind") and not ghost.deleted
        yield at, subject(batch, reader, ghost, ours) if alive else None


def _observe(batch: Batch, ghost: Held, row: Any) -> None:
    values = {
        name: holding.unpack(name, batch.texts[value])
        if name in holding.LONG and value is not None
        else value
        for name, value in row["facets"].items()
    }
    fact = Observation(item=ghost.id, at=row["at"], read_at=row["read_at"], facets=Facets())
    holding.observe(ghost, fact, values, holding.hashes_of(values))


def _long_texts(batch: Batch, rows: Sequence[Any]) -> None:
    hashes = {row["facets"][name] for row in rows for name in holding.LONG if row["facets"].get(name)}
    batch.texts.update(items.texts(batch.connection, hashes - batch.texts.keys()))
