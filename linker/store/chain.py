"""Append-only rows: each carries the hash of the row before it, so that a later edit by hand shows."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Table, select, text

APPEND_LOCK = 4712
GENESIS = "0" * 64
_OWN = ("seq", "prev_hash", "row_hash")


def append(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Append rows in order, inside the caller's transaction; the only function that writes chained tables."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":  # commit order must be chain order; SQLite has one writer
        connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": APPEND_LOCK})
    seq, previous = _last(connection, table)
    chained = []
    for row in rows:
        own = row_hash(row, previous)
        seq += 1  # given here: a number that the database draws is lost with a transaction that fails
        chained.append({**row, "seq": seq, "prev_hash": previous, "row_hash": own})
        previous = own
    connection.execute(table.insert(), chained)


def row_hash(row: dict[str, Any], previous: str) -> str:
    """SHA-256 over the row's own columns as canonical JSON and the hash of the row before."""
    content = {name: value for name, value in row.items() if name not in _OWN}
    words = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(f"{previous}\n{words}".encode()).hexdigest()


def text_hash(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def broken(connection: Connection, table: Table) -> Iterator[tuple[int, str]]:
    """Rows that do not follow from the row before: (seq, what is wrong), from the first on."""
    previous, expected = GENESIS, None
    for row in connection.execute(select(table).order_by(table.c.seq)).mappings():
        if expected is not None and row["seq"] != expected:
            yield row["seq"], "a row before it is missing"
        if row["prev_hash"] != previous:
            yield row["seq"], "it does not follow the row before it"
        elif row["row_hash"] != row_hash(dict(row), previous):
            yield row["seq"], "its content was changed"
        previous, expected = row["row_hash"], row["seq"] + 1


def _last(connection: Connection, table: Table) -> tuple[int, str]:
    query = select(table.c.seq, table.c.row_hash).order_by(table.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return (row.seq, row.row_hash) if row else (0, GENESIS)
