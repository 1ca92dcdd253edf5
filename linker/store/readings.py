"""Readings of key results: appended once, read in order of time, without those that were taken back."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from linker.model import Reading
from linker.model.undoing import undone
from linker.store import chain
from linker.store.items import chunks
from linker.store.tables import readings

LATEST = 2  # the last value and the one before, and of confidences the same


def keep(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Append readings whose ids are new; the first of several with one id stands."""
    new = {row["id"]: dict(row) for row in reversed(rows)}
    for part in chunks(new):
        for own in connection.execute(select(readings.c.id).where(readings.c.id.in_(part))).scalars():
            del new[own]
    chain.append(connection, readings, list(reversed(new.values())))


def newest(connection: Connection, krs: Collection[str]) -> dict[str, list[Reading]]:
    """Per key result its last two readings and its last two check-ins, oldest first: what `measured` needs.

    A key result without any reading is left out.
    """
    found: dict[str, list[Reading]] = {}
    for part in chunks(krs):
        of_these = readings.c.kr.in_(part)
        place = func.row_number().over(
            partition_by=(readings.c.kr, _said("confidence")),
            order_by=(readings.c.at.desc(), readings.c.id.desc()),
        )
        query = _standing(connection, of_these).add_columns(place.label("place")).subquery()
        last = select(query.c.content).where(query.c.place <= LATEST).order_by(query.c.at, query.c.id)
        for content in connection.execute(last).scalars():
            own = Reading.model_validate(content)
            found.setdefault(own.kr, []).append(own)
    return found


def series(connection: Connection, kr: str) -> list[Reading]:
    """All readings of a key result that stand, oldest first."""
    query = _standing(connection, readings.c.kr == kr).order_by(readings.c.at, readings.c.id)
    return [Reading.model_validate(row.content) for row in connection.execute(query)]


def by_id(connection: Connection, own: str) -> Reading | None:
    """A reading by its id, whether it stands or not; an undo is one as well."""
    content = connection.execute(select(readings.c.content).where(readings.c.id == own)).scalar()
    return Reading.model_validate(content) if content else None


def any_readings(connection: Connection) -> bool:
    """Whether any reading was ever kept."""
    return connection.execute(select(readings.c.seq).limit(1)).first() is not None


def _standing(connection: Connection, where: ColumnElement[bool]) -> Select[Any]:
    """Readings that neither undo one nor are undone; an undo counts for its own key result only."""
    undos = select(readings.c.kr, readings.c.id, readings.c.content).where(where, _said("undoes"))
    undoing: dict[str, dict[str, str]] = {}
    for kr, own, content in connection.execute(undos):
        undoing.setdefault(kr, {})[own] = content["undoes"]
    query = select(readings.c.kr, readings.c.at, readings.c.id, readings.c.content)
    query = query.where(where, ~_said("undoes"))
    for kr, known in undoing.items():
        query = query.where(~((readings.c.kr == kr) & readings.c.id.in_(undone(known))))
    return query


def _said(name: str) -> ColumnElement[bool]:
    """Whether a reading's content has a field; fields with nothing to say are left out of it."""
    said: ColumnElement[bool] = readings.c.content[name].as_string().is_not(None)
    return said
