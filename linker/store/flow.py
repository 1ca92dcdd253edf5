"""What came in and what goes out, as pages show it: never a body; reads only."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from linker.store.items import chunks
from linker.store.queues import outbox
from linker.store.tables import (
    applied,
    catalogues,
    decisions,
    deliveries,
    findings,
    items,
    link_log,
    links,
    observations,
    readings,
    suggestions,
)

FROM_OUTSIDE = ("github", "jira")
WAITING, SENT, REFUSED, DRY, MOOT = 0, 1, 2, 3, 4
STATES = {WAITING: "waiting", SENT: "sent", REFUSED: "refused", DRY: "dry", MOOT: "moot"}
RECENT = 200


def newest_arrival(connection: Connection) -> int | None:
    """When a tracker last sent something; late deliveries do not turn it back.

    Looked for among the newest rows first: what we read ourselves rarely hides all that was sent.
    """
    sent = (deliveries.c.source.in_(FROM_OUTSIDE), deliveries.c.received_at)
    last = select(*sent).order_by(deliveries.c.id.desc()).limit(RECENT)
    times: list[int] = [at for outside, at in connection.execute(last) if outside]
    if times:
        return max(times)
    every = select(func.max(deliveries.c.received_at)).where(deliveries.c.source.in_(FROM_OUTSIDE))
    return connection.execute(every).scalar()


def page_of_deliveries(connection: Connection, state: int | None, offset: int, limit: int) -> list[Any]:
    """Deliveries without their bodies, newest first."""
    query = select(deliveries).order_by(deliveries.c.id.desc()).offset(offset).limit(limit)
    if state is not None:
        query = query.where(deliveries.c.state == state)
    return list(connection.execute(query).mappings())


def change_counts(connection: Connection) -> dict[str, int]:
    """How many changes are in each state."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {STATES[state]: number for state, number in connection.execute(query)}


def page_of_changes(connection: Connection, state: int | None, offset: int, limit: int) -> list[Any]:
    """Changes with the item that each belongs to, newest first."""
    query = (
        select(outbox, items.c.tracker, items.c.tid, items.c.alias, items.c.title)
        .join(items, items.c.id == outbox.c.item)
        .order_by(outbox.c.id.desc())
        .offset(offset)
        .limit(limit)
    )
    if state is not None:
        query = query.where(outbox.c.state == state)
    return list(connection.execute(query).mappings())


def changes_of(connection: Connection, item: int) -> list[Any]:
    """What we want and wanted to write on one item."""
    query = select(outbox).where(outbox.c.item == item)
    return list(connection.execute(query.order_by(outbox.c.planned_at.desc(), outbox.c.id)).mappings())


def written_on(connection: Connection, item: int) -> list[Any]:
    """The ledger: every change of an item that was made on its tracker, newest first."""
    query = select(applied.c.surface, applied.c.desired, applied.c.result, applied.c.recorded_at)
    query = query.where(applied.c.item == item).order_by(applied.c.seq.desc()).limit(RECENT)
    return list(connection.execute(query).mappings())


def decisions_on(connection: Connection, item: int) -> list[Any]:
    """Every decision of a person on an item, newest first."""
    query = select(decisions).where(decisions.c.item == item)
    return list(connection.execute(query.order_by(decisions.c.seq.desc())).mappings())


def findings_on(connection: Connection, item: int) -> list[Any]:
    """What a person should look at on an item."""
    query = select(findings).where(findings.c.item == item)
    return list(connection.execute(query.order_by(findings.c.severity.desc(), findings.c.finding)).mappings())


def makers(connection: Connection, children: Collection[int]) -> dict[tuple[int, str, str], int]:
    """The delivery that made each link: (child, parent, kind) -> delivery; the latest assertion counts."""
    found: dict[tuple[int, str, str], int] = {}
    for part in chunks(children):
        query = (
            select(link_log.c.child, link_log.c.parent, link_log.c.kind, link_log.c.delivery)
            .where(link_log.c.child.in_(part), link_log.c.op == "assert", link_log.c.valid_to.is_(None))
            .order_by(link_log.c.seq)
        )
        found.update({(child, parent, kind): own for child, parent, kind, own in connection.execute(query)})
    return found


def beside(connection: Connection, item: int, kinds: Collection[str]) -> list[Any]:
    """Links of an item that serve nothing (`blocks`, `mentions`), with the other item."""
    query = (
        select(links.c.kind, links.c.why, links.c.valid_from, items.c.tracker, items.c.tid)
        .add_columns(items.c.alias, items.c.title, items.c.held)
        .join(items, items.c.id == links.c.parent_item)
        .where(links.c.child == item, links.c.kind.in_(list(kinds)))
        .order_by(links.c.kind, items.c.alias)
    )
    return list(connection.execute(query).mappings())


def version(connection: Connection) -> list[Any]:
    """What pages stand on, in numbers that change when any of it does."""
    facts = (link_log, decisions, observations, readings, catalogues, applied)
    newest = [connection.execute(select(func.max(table.c.seq))).scalar() for table in facts]
    left = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state)).all()
    hints = connection.execute(select(func.count()).select_from(suggestions)).scalar()
    return [*newest, sorted(map(tuple, left)), hints]
