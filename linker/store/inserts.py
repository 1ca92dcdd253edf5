"""INSERT ... ON CONFLICT, spelled once for both databases."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, Table, case
from sqlalchemy.dialects import postgresql, sqlite


def insert_new(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows whose key is not there yet; leave the others alone."""
    if rows:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def upsert(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, or bring the columns given up to date where the primary key is there already."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    keys = {column.name for column in table.primary_key.columns}
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=sorted(keys), set_=changed), list(rows))


def keep_least(
    connection: Connection, table: Table, column: Column[Any], rows: Sequence[dict[str, Any]]
) -> None:
    """Insert rows; of a row that is there already the lesser value of a column stands."""
    if not rows:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    newer = statement.excluded[column.name]
    keys = [key.name for key in table.primary_key.columns]
    lesser = case((newer < column, newer), else_=column)
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={column.name: lesser}), list(rows)
    )
