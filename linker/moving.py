"""What the store knows of people's moves: where items are, and what was sent of it; reads only."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from linker.model import Decision, ItemId, Millis, item_id
from linker.moves import Spot
from linker.store import Connection, sprints


class Moved(NamedTuple):
    """An item on whose sprint somebody decided: all decisions on it, and where it is."""

    decisions: Sequence[Decision]
    spot: Spot


def moved(connection: Connection, rows: Iterable[Any], now: Millis) -> dict[int, Moved]:
    """Those of some items that people moved; `now` tells what is being sent right now."""
    said = {}
    for row in rows:
        if any(one["kind"] == "move" for one in row["doc"].get("d", ())):
            decisions = [Decision.model_validate(one) for one in row["doc"]["d"]]
            said[row["id"]] = (sprints_of(row), [one for one in decisions if one.kind == "move"])
    named = {ref for held, moves in said.values() for ref in (*held, *_named(moves))}
    over = frozenset(map(str, sprints.closed(connection, ids_of(named))))
    known = sprints.moved(connection, list(said), now)
    return {
        row: Moved(moves, Spot(frozenset(held), over, known[row].sent, known[row].tried))
        for row, (held, moves) in said.items()
    }


def sprints_of(row: Any) -> list[str]:
    """The sprints that an item is in as its tracker tells them, closed ones included."""
    facet = row["doc"].get("f", {}).get("sprints")
    return list(facet[3] or ()) if facet else []


def ids_of(refs: Iterable[str]) -> list[ItemId]:
    """The sprints among some texts; what is no ItemId names none that is held."""
    found = []
    for ref in refs:
        try:
            found.append(item_id(ref))
        except ValueError:
            continue
    return found


def _named(moves: Sequence[Decision]) -> set[str]:
    return {ref for one in moves for ref in (*one.seen, one.sprint) if ref is not None}
