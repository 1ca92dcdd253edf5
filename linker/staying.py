"""When items were in which sprint, told once more from all that was ever observed of their sprint field."""

from collections.abc import Iterator
from typing import Any

from linker import held as holding
from linker.batch import Batch
from linker.held import Held
from linker.model import Facets, Millis, Observation, item_id
from linker.scope.history import stays
from linker.store import links, sprints


def write_stays(batch: Batch) -> None:
    """Write the stays of every item whose past in sprints may differ."""
    rows: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(batch.stayed):
        item = batch.rows[row]
        found = stays(_versions(item, links.history(batch.connection, row)))
        batch.need([item_id(name) for name in found])
        rows[row] = [
            {"item": row, "sprint": batch.held[item_id(name)].row, "since": stay.since, "until": stay.until}
            for name, own in found.items()
            for stay in own
        ]
    sprints.set_stays(batch.connection, rows)


def _versions(item: Held, history: list[Any]) -> Iterator[tuple[Millis, frozenset[str]]]:
    """What the sprint field held since when; what its first version says holds since the item was made."""
    ghost = Held(id=item.id, row=item.row)
    times = sorted({row["at"] for row in history if "sprints" in row["facets"]})
    told = {at: [row for row in history if row["at"] == at and "sprints" in row["facets"]] for at in times}
    for place, at in enumerate(times):
        for row in told[at]:
            values = {"sprints": row["facets"]["sprints"]}
            fact = Observation(item=item.id, at=at, read_at=row["read_at"], facets=Facets())
            holding.observe(ghost, fact, values, holding.hashes_of(values))
        since = at if place or item.created is None else min(at, item.created)
        yield since, frozenset(ghost.value("sprints") or ())
