"""The inbox: every fact enters as a delivery, is kept before it is answered, and is folded in order."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, bindparam, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from linker.store.tables import bodies, deliveries

NEW, DONE, IGNORED, DEAD = 0, 1, 2, 3
STATES = {NEW: "waiting", DONE: "done", IGNORED: "ignored", DEAD: "dead"}
Kept = Literal["new", "duplicate", "again"]


class Parcel(NamedTuple):
    """A delivery as it arrives: who sent it, under which id, and the raw bytes."""

    source: str
    site: str
    guid: str
    event: str
    received_at: int
    headers: Mapping[str, str]
    body: bytes


EMPTY = Parcel("", "", "", "", 0, {}, b"")


class Delivery(NamedTuple):
    """A delivery that is kept and waits to be folded."""

    id: int
    source: str
    site: str
    guid: str
    event: str
    received_at: int
    attempts: int
    headers: Mapping[str, str]
    body: bytes


class Outcome(NamedTuple):
    """What became of a delivery; the digest of its body is made here, off the road of the ack."""

    id: int
    state: int
    reason: str | None = None
    digest: str | None = None


def keep(connection: Connection, parcels: Sequence[Parcel]) -> list[Kept]:
    """Keep deliveries: `new`, `again` when a dead one is sent once more, else `duplicate`.

    On the driver's own cursor, with statements that are spelled once: this is the road of every ack.
    """
    insert, fill = _spelled(connection.dialect.name)
    cursor = connection.connection.cursor()
    kept: list[Kept] = []
    try:
        for parcel in parcels:
            cursor.execute(insert, _row(parcel))
            made = cursor.fetchone()
            if made is None:
                kept.append(_again(connection, parcel))
                continue
            headers = json.dumps(dict(parcel.headers))
            cursor.execute(fill, {"delivery": made[0], "headers": headers, "body": parcel.body})
            kept.append("new")
    finally:
        cursor.close()
    return kept


@cache
def _spelled(dialect: str) -> tuple[str, str]:
    """The statements that insert a delivery, unless it is there, and its body, as the driver takes them."""
    kind = sqlite if dialect == "sqlite" else postgresql
    as_driver = kind.dialect(paramstyle="named" if kind is sqlite else "pyformat")
    own = kind.insert(deliveries).values({name: bindparam(name) for name in _row(EMPTY)})
    insert = own.on_conflict_do_nothing().returning(deliveries.c.id)
    fill = bodies.insert()
    return str(insert.compile(dialect=as_driver)), str(fill.compile(dialect=as_driver))


def _row(parcel: Parcel) -> dict[str, Any]:
    return {
        "source": parcel.source,
        "site": parcel.site,
        "guid": parcel.guid,
        "event": parcel.event[:128],
        "received_at": parcel.received_at,
        "size": len(parcel.body),
        "state": NEW,
        "attempts": 0,
    }


def _again(connection: Connection, parcel: Parcel) -> Kept:
    revived = connection.execute(
        update(deliveries)
        .where(deliveries.c.source == parcel.source, deliveries.c.site == parcel.site)
        .where(deliveries.c.guid == parcel.guid, deliveries.c.state == DEAD)
        .values(state=NEW, attempts=0, reason=None)
    )
    return "again" if revived.rowcount else "duplicate"


def waiting(connection: Connection, limit: int, after: int = 0) -> list[Delivery]:
    """The next deliveries to fold, oldest first, with their bodies."""
    joined = deliveries.join(bodies, bodies.c.delivery == deliveries.c.id)
    found = connection.execute(
        select(deliveries, bodies.c.headers, bodies.c.body)
        .select_from(joined)
        .where(deliveries.c.state == NEW, deliveries.c.id > after)
        .order_by(deliveries.c.id)
        .limit(limit)
    )
    return [_delivery(row._mapping) for row in found]


def one(connection: Connection, delivery: int) -> Delivery | None:
    """One delivery with its body, whatever its state."""
    joined = deliveries.join(bodies, bodies.c.delivery == deliveries.c.id)
    row = connection.execute(
        select(deliveries, bodies.c.headers, bodies.c.body)
        .select_from(joined)
        .where(deliveries.c.id == delivery)
    ).first()
    return _delivery(row._mapping) if row else None


def settle(connection: Connection, outcomes: Sequence[Outcome], now: int) -> None:
    """Mark deliveries done, ignored or dead; touches only their small rows."""
    statement = (
        update(deliveries)
        .where(deliveries.c.id == bindparam("own"))
        .values(state=bindparam("to"), reason=bindparam("because"), digest=bindparam("of_body"), done_at=now)
    )
    rows = [{"own": id_, "to": to, "because": why, "of_body": own} for id_, to, why, own in outcomes]
    if rows:
        connection.execute(statement, rows)


def outcome(delivery: Delivery, state: int, reason: str | None = None) -> Outcome:
    """What became of a delivery, with the digest of its body."""
    return Outcome(delivery.id, state, reason, hashlib.sha256(delivery.body).hexdigest())


def failed(connection: Connection, delivery: int) -> None:
    """Count one failed try."""
    connection.execute(
        update(deliveries).where(deliveries.c.id == delivery).values(attempts=deliveries.c.attempts + 1)
    )


def again(connection: Connection, ids: Sequence[int] | None = None) -> int:
    """Fold deliveries once more: those named, or all; returns how many."""
    statement = update(deliveries).values(state=NEW, attempts=0, reason=None)
    if ids is not None:
        statement = statement.where(deliveries.c.id.in_(ids))
    return connection.execute(statement).rowcount


def counts(connection: Connection) -> dict[str, int]:
    """How many deliveries are in each state."""
    found = connection.execute(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
    return {STATES[state]: number for state, number in found}


def newest(connection: Connection, state: int | None, limit: int) -> list[dict[str, Any]]:
    """The newest deliveries without their bodies."""
    query = select(deliveries).order_by(deliveries.c.id.desc()).limit(limit)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return [_shown(row) for row in connection.execute(query).mappings()]


def state_of(connection: Connection, delivery: int) -> dict[str, Any]:
    """One delivery without its body."""
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery)).mappings().first()
    return _shown(row) if row else {}


def ids_in(connection: Connection, state: int) -> list[int]:
    """All deliveries in a state."""
    return list(connection.execute(select(deliveries.c.id).where(deliveries.c.state == state)).scalars())


def newest_id(connection: Connection) -> int:
    """The number of the newest delivery; it grows when one comes."""
    return connection.execute(select(func.max(deliveries.c.id))).scalar() or 0


def oldest_waiting(connection: Connection) -> int | None:
    """When the oldest delivery came that is not folded yet."""
    query = select(deliveries.c.received_at).where(deliveries.c.state == NEW)
    return connection.execute(query.order_by(deliveries.c.id).limit(1)).scalar()


def _shown(row: Any) -> dict[str, Any]:
    return {**row, "state_name": STATES[row["state"]]}


def _delivery(row: Any) -> Delivery:
    return Delivery(
        row["id"],
        row["source"],
        row["site"],
        row["guid"],
        row["event"],
        row["received_at"],
        row["attempts"],
        row["headers"],
        row["body"],
    )
