"""Work to do: items to settle, references to read, changes to send; claimed with a lease."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.engine import RowMapping

from linker.store import chain
from linker.store.inserts import insert_new, keep_least, upsert
from linker.store.items import chunks
from linker.store.queues import dirty, outbox, wants
from linker.store.tables import applied, items, verdicts

OPEN, READ, GONE, REFUSED = 0, 1, 2, 3
UNSETTLED = "unsettled"  # why an item is read that is held
WAITING, SENT, REFUSED_CHANGE, DRY, MOOT = 0, 1, 2, 3, 4


def mark_dirty(connection: Connection, rows: Iterable[int], due_at: int) -> None:
    """Items to judge again, at the earliest at a time."""
    keep_least(
        connection, dirty, dirty.c.due_at, [{"item": row, "due_at": due_at} for row in sorted(set(rows))]
    )


def any_dirty(connection: Connection, now: int) -> bool:
    """Whether there is anything to judge; a look that takes no write lock."""
    return connection.execute(select(dirty.c.item).where(dirty.c.due_at <= now).limit(1)).first() is not None


def take_dirty(connection: Connection, now: int, limit: int) -> list[int]:
    """Items whose time has come; they are no longer dirty when the caller's transaction ends."""
    query = select(dirty.c.item).where(dirty.c.due_at <= now).order_by(dirty.c.item).limit(limit)
    found = list(connection.execute(query).scalars())
    for part in chunks(found):
        connection.execute(delete(dirty).where(dirty.c.item.in_(part)))
    return found


def want(connection: Connection, asked: Collection[tuple[str, str]], now: int) -> None:
    """Ask once for references that are named and not held: (ref, site)."""
    insert_new(connection, wants, [_want(ref, site, "named", now) for ref, site in asked])


def want_again(connection: Connection, asked: Collection[tuple[str, str]], now: int) -> None:
    """Ask for items of which two bodies disagree, however often they were read before: (ref, site)."""
    upsert(connection, wants, [_want(ref, site, UNSETTLED, now) for ref, site in asked])


def answered(connection: Connection, refs: Collection[str]) -> None:
    """What was asked for by name has come by itself."""
    for part in chunks(refs):
        still = (wants.c.state == OPEN) & (wants.c.reason != UNSETTLED)
        connection.execute(update(wants).where(wants.c.ref.in_(part), still).values(state=READ))


class Commits(NamedTuple):
    """What became of the question for a pull request's commits."""

    reason: str
    state: int
    asked_at: int

    def over(self, read_at: int) -> bool:
        """Whether there is an answer, and it was taken in: they were read since, or cannot be."""
        return self.state in (GONE, REFUSED) or (self.state == READ and read_at >= self.asked_at)


def commits_of(head: str) -> str:
    """Why a pull request is read: the commits up to this one."""
    return f"commits {head[:40]}"


def want_commits(connection: Connection, asked: Collection[tuple[str, str, str]], now: int) -> None:
    """Ask for commits and files of pull requests, once for each head: (item, site, head)."""
    upsert(connection, wants, [_want(ref, site, commits_of(head), now) for ref, site, head in asked])


def commits_asked(connection: Connection, refs: Collection[str]) -> dict[str, Commits]:
    """What was asked of pull requests by their item ids."""
    found = {}
    for part in chunks(refs):
        query = select(wants.c.ref, wants.c.reason, wants.c.state, wants.c.due_at)
        for row in connection.execute(query.where(wants.c.ref.in_(part))):
            found[row.ref] = Commits(row.reason, row.state, row.due_at)
    return found


def _want(ref: str, site: str, why: str, now: int) -> dict[str, object]:
    return {"ref": ref[:255], "site": site, "reason": why, "state": OPEN, "attempts": 0, "due_at": now}


def wanted(connection: Connection, site: str, now: int, limit: int) -> list[RowMapping]:
    """References of a site whose time to be read has come."""
    query = select(wants).where(wants.c.site == site, wants.c.state == OPEN, wants.c.due_at <= now)
    return list(connection.execute(query.order_by(wants.c.due_at).limit(limit)).mappings())


def answer_want(connection: Connection, ref: str, **values: Any) -> None:
    """What became of a reference."""
    connection.execute(update(wants).where(wants.c.ref == ref).values(**values))


def plan(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put changes in the outbox; a newer one replaces the older of the same (item, surface)."""
    known = current_plans(connection, {row["item"] for row in rows})
    for row in rows:
        own = known.get((row["item"], row["surface"]))
        fresh = {
            **row,
            "state": row.get("state", WAITING),
            "attempts": 0,
            "lease_until": 0,
            "sent_at": None,
            "error": None,
        }
        if own is None:
            connection.execute(outbox.insert(), fresh)
        else:
            connection.execute(update(outbox).where(outbox.c.id == own["id"]).values(**fresh))


def current_plans(connection: Connection, rows: Collection[int]) -> dict[tuple[int, str], RowMapping]:
    """What is planned or was sent: (item, surface) -> row."""
    found: dict[tuple[int, str], RowMapping] = {}
    for part in chunks(rows):
        for row in connection.execute(select(outbox).where(outbox.c.item.in_(part))).mappings():
            found[row["item"], row["surface"]] = row
    return found


def anything_to_send(connection: Connection, site: str, now: int) -> bool:
    """Whether a claim would find something; a look that takes no write lock."""
    query = select(outbox.c.id).where(outbox.c.site == site, outbox.c.state == WAITING)
    query = query.where(outbox.c.due_at <= now, outbox.c.lease_until <= now).limit(1)
    return connection.execute(query).first() is not None


def claim(connection: Connection, site: str, now: int, lease: int, limit: int) -> list[RowMapping]:
    """Changes of a site whose time has come, by their rank, leased to the caller.

    An item that is to be judged again is left alone until it is: its change may be moot.
    """
    query = (
        select(outbox, items.c.tracker, items.c.tid)
        .join(items, items.c.id == outbox.c.item)
        .where(outbox.c.site == site, outbox.c.state == WAITING)
        .where(outbox.c.due_at <= now, outbox.c.lease_until <= now)
        .where(outbox.c.item.not_in(select(dirty.c.item).where(dirty.c.due_at <= now)))
        .order_by(outbox.c.rank, outbox.c.due_at, outbox.c.id)
        .limit(limit)
    )
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(of=outbox, skip_locked=True)
    found = list(connection.execute(query).mappings())
    for part in chunks([row["id"] for row in found]):
        connection.execute(update(outbox).where(outbox.c.id.in_(part)).values(lease_until=now + lease))
    return found


def written_often(
    connection: Connection, changes: Sequence[RowMapping], since: int, most: int
) -> frozenset[int]:
    """Those changes whose surface was written so often since a time that another one may be a loop.

    What is said to people (comments and reactions) counts together for an item: a loop of two services that
    answer each other writes a new one each time.
    """
    counts: Counter[tuple[int, str]] = Counter()
    for part in chunks({row["item"] for row in changes}):
        query = select(applied.c.item, applied.c.surface).where(applied.c.item.in_(part))
        query = query.where(applied.c.recorded_at > since, applied.c.result != "already")
        counts.update((item, _spoken(surface)) for item, surface in connection.execute(query))
    return frozenset(row["id"] for row in changes if counts[row["item"], _spoken(row["surface"])] >= most)


def _spoken(surface: str) -> str:
    return "said" if surface.partition(":")[0] in ("comment", "reaction") else surface


class Done(NamedTuple):
    """What became of a change: the columns to set, and what the ledger keeps when something was done."""

    change: RowMapping
    values: dict[str, Any]
    result: str | None


def finish(connection: Connection, done: Sequence[Done], now: int) -> None:
    """Note what became of changes, unless newer ones took their place; the ledger keeps what was done."""
    for one in done:
        same = (outbox.c.id == one.change["id"]) & (outbox.c.planned_at == one.change["planned_at"])
        connection.execute(update(outbox).where(same).values(lease_until=0, **one.values))
    ledger = [
        {
            "item": one.change["item"],
            "surface": one.change["surface"],
            "desired": one.change["desired"],
            "result": one.result,
            "recorded_at": now,
        }
        for one in done
        if one.result is not None
    ]
    chain.append(connection, applied, ledger)


def release(connection: Connection) -> None:
    """Give back all leases: the process that held them is gone, and we are the leader now."""
    connection.execute(update(outbox).where(outbox.c.lease_until > 0).values(lease_until=0))


def verdicts_of(connection: Connection, rows: Collection[int]) -> dict[int, RowMapping]:
    """What we said of pull requests."""
    found = {}
    for part in chunks(rows):
        for row in connection.execute(select(verdicts).where(verdicts.c.item.in_(part))).mappings():
            found[row["item"]] = row
    return found


def save_verdicts(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What we say of pull requests."""
    upsert(connection, verdicts, rows)


def drop_verdicts(connection: Connection, rows: Collection[int]) -> None:
    """Nothing is said any more of what is gone."""
    for part in chunks(rows):
        connection.execute(delete(verdicts).where(verdicts.c.item.in_(part)))


def backlog(connection: Connection) -> dict[str, int]:
    """How much waits: items to judge, references to read, changes to send, changes refused."""
    numbers = {
        "dirty": select(func.count()).select_from(dirty),
        "wants": select(func.count()).select_from(wants).where(wants.c.state == OPEN),
        "outbox": select(func.count()).select_from(outbox).where(outbox.c.state == WAITING),
        "refused": select(func.count()).select_from(outbox).where(outbox.c.state == REFUSED_CHANGE),
    }
    return {name: int(connection.execute(query).scalar_one()) for name, query in numbers.items()}


def sent(connection: Connection) -> int:
    """How many changes were made on trackers."""
    return int(connection.execute(select(func.count()).select_from(applied)).scalar_one())


def moot(connection: Connection, plans: Collection[int]) -> None:
    """Changes that wait and are not wanted any more: the status of a head that was pushed over."""
    for part in chunks(plans):
        connection.execute(
            update(outbox).where(outbox.c.id.in_(part), outbox.c.state.in_((WAITING, DRY))).values(state=MOOT)
        )
