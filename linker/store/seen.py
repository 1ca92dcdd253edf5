"""What verdicts look at, for many items in one go: what they name, and what was found on them."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from linker.store.items import by_rows, chunks
from linker.store.queues import wants
from linker.store.tables import findings, links
from linker.store.up import SERVING
from linker.store.work import GONE, OPEN, REFUSED

CODES = ("unknown_code", "lookalike_code", "ambiguous_code")


class LinkRow(NamedTuple):
    """One link upwards, of any kind."""

    child: int
    parent: str
    parent_item: int | None
    kind: str
    valid_from: int
    why: dict[str, Any]


class FindingRow(NamedTuple):
    """A code on an item that is not what it seems."""

    item: int
    finding: str
    subject: str
    text: str


class WantRow(NamedTuple):
    """What became of a reference that was asked for: open, gone or refused; and how often it was tried."""

    state: int
    attempts: int


def links_up(connection: Connection, rows: Collection[int]) -> list[LinkRow]:
    """Every link of items, of whatever kind, those that serve first."""
    found = []
    columns = [links.c[name] for name in LinkRow._fields]
    for part in chunks(rows):
        query = select(*columns).where(links.c.child.in_(part))
        found += [LinkRow(*row) for row in connection.execute(query.order_by(links.c.kind, links.c.parent))]
    return found


def above(connection: Connection, rows: Collection[int]) -> dict[int, list[str]]:
    """The aliases of what items are below in the hierarchy."""
    serving = [one for one in links_up(connection, rows) if one.kind in SERVING and one.parent_item]
    names = {
        row["id"]: row["alias"] for row in by_rows(connection, {one.parent_item or 0 for one in serving})
    }
    found: dict[int, list[str]] = {}
    for one in serving:
        alias = names.get(one.parent_item or 0)
        if alias:
            found.setdefault(one.child, []).append(alias)
    return found


def codes(connection: Connection, rows: Collection[int]) -> list[FindingRow]:
    """Unknown, look-alike and ambiguous codes on items."""
    found = []
    columns = [findings.c[name] for name in FindingRow._fields]
    for part in chunks(rows):
        query = select(*columns).where(findings.c.item.in_(part), findings.c.finding.in_(CODES))
        found += [FindingRow(*row) for row in connection.execute(query.order_by(findings.c.subject))]
    return found


def asked_for(connection: Connection, refs: Collection[str]) -> dict[str, WantRow]:
    """What became of references, of those that were asked for and did not come."""
    found = {}
    states = (OPEN, GONE, REFUSED)
    for part in chunks(refs):
        query = select(wants.c.ref, wants.c.state, wants.c.attempts)
        query = query.where(wants.c.ref.in_(part), wants.c.state.in_(states))
        found.update({row.ref: WantRow(row.state, row.attempts) for row in connection.execute(query)})
    return found
