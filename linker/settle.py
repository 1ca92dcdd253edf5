"""An item becomes changes: judge what it serves today, and plan what its tracker should show."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from linker import changes
from linker.changes import Surface
from linker.model import Change, ItemId, Level, Millis
from linker.okrs import Catalogue
from linker.store import Connection, Store, views, work
from linker.store import items as item_rows
from linker.store import links as link_rows
from linker.store.up import named_items, serves
from linker.verdict import Judged, Mode, Verdict, judge
from linker.why import why

BATCH = 200


class Policy(Protocol):
    """What the configuration says of checks, links to pages, and of sites without credentials."""

    grace_days: int

    def mode(self, container: str, base: str, on: date) -> Mode:
        """The check mode of a repository and branch on a day."""

    def page(self, item: str) -> str:
        """The address of an item's page."""

    def dry(self, site: str) -> bool:
        """Whether changes of a site are only shown."""


class Settled(NamedTuple):
    """What was decided of one item."""

    row: int
    verdict: Verdict | None
    changes: tuple[Change, ...]
    moot: tuple[int, ...] = ()  # plans in the outbox that are not wanted any more


def settle(
    store: Store, catalogue: Catalogue, policy: Policy, now: Millis, on: date, limit: int = BATCH
) -> int:
    """Judge the items whose time has come, and put what follows in the outbox; returns how many.

    `now` is when we work, `on` the day on which key results are active or not.
    """
    with store.read() as connection:
        if not work.any_dirty(connection, now):
            return 0
    with store.write() as connection:
        rows = work.take_dirty(connection, now, limit)
        decided = decide(connection, catalogue, policy, on, rows)
        work.save_verdicts(connection, [_verdict_row(one, now) for one in decided if one.verdict])
        planned = [_plan_row(one.row, change, policy, now) for one in decided for change in one.changes]
        work.plan(connection, planned)
        work.moot(connection, [own for one in decided for own in one.moot])
    return len(rows)


def decide(
    connection: Connection, catalogue: Catalogue, policy: Policy, on: date, rows: Collection[int]
) -> list[Settled]:
    """What we say of items and want on their trackers; writes nothing."""
    found = [row for row in item_rows.by_rows(connection, rows) if row["held"] and row["level"] is not None]
    ids = [row["id"] for row in found]
    standing = serves(connection, ids)
    ours = link_rows.our_labels(connection, ids)
    plans = _plans(connection, ids)
    named = named_items(connection, ids)
    unread = views.unread(connection, ids)
    decided = []
    for row in found:
        krs, exemption = standing.get(row["id"], ((), None))
        now_there = Surface(
            _labels(row), _ours(row, ours.get(row["id"], frozenset())), plans.get(row["id"], {})
        )
        live = [kr for kr in krs if catalogue.active(kr, on, policy.grace_days)]
        item = ItemId(row["tracker"], row["site"], row["tid"])
        codes = [catalogue.label_code(kr, on) for kr in live]
        wanted = (
            [] if row["deleted"] else changes.labels(item, row["level"], row["category"], codes, now_there)
        )
        verdict = None
        if row["level"] == Level.PULL_REQUEST and not row["deleted"]:
            path = _path(connection, row["id"], live)
            judged = Judged(
                krs,
                exemption,
                path,
                views.unknown_codes(connection, row["id"]),
                unread.get(row["id"], ()),
                named.get(row["id"], ()),
            )
            verdict = _judge(catalogue, policy, judged, on)
            mode = policy.mode(row["container"] or "", _base(row), on)
            url = policy.page(f"{row['tracker']}:{row['alias']}")
            wanted += changes.statuses(item, row["head"], row["category"], verdict, mode, url, now_there)
        decided.append(Settled(row["id"], verdict, tuple(wanted)))
    return decided


def _judge(catalogue: Catalogue, policy: Policy, judged: Judged, on: date) -> Verdict:
    grace = policy.grace_days
    return judge(
        judged,
        lambda kr: catalogue.active(kr, on, grace),
        lambda kr: catalogue.why_inactive(kr, on, grace),
    )


def _path(connection: Connection, row: int, live: Sequence[str]) -> tuple[str, ...]:
    """Aliases of the items on the shortest path to the first live key result."""
    if not live:
        return ()
    found = why(connection, row)
    paths = [path for path in found.paths if path.kr == live[0]]
    steps = paths[0].steps if paths else ()
    return tuple(found.rows[step.parent]["alias"] or "" for step in steps if step.parent is not None)


def _base(row: Any) -> str:
    """The branch that a pull request goes to."""
    facet = row["doc"].get("f", {}).get("head")
    return str(facet[3].get("base", "")) if facet and facet[3] else ""


def _labels(row: Any) -> frozenset[str]:
    facet = row["doc"].get("f", {}).get("labels")
    return frozenset(facet[3] or ()) if facet else frozenset()


def _ours(row: Any, ledger: frozenset[str]) -> frozenset[str]:
    """Labels that we set: by the acts that the tracker told, else by our ledger."""
    acts = row["doc"].get("a", {})
    told = {label: known[-1] for label, known in acts.items() if known}
    by_act = {label for label, act in told.items() if act[1] and act[2]}
    return frozenset(by_act | (ledger - told.keys()))


def _plans(connection: Connection, rows: Collection[int]) -> Mapping[int, dict[str, dict[str, Any]]]:
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for (item, surface), plan in work.current_plans(connection, rows).items():
        if plan["state"] in (work.WAITING, work.SENT, work.DRY):
            found.setdefault(item, {})[surface] = plan["desired"]
    return found


def _verdict_row(one: Settled, now: Millis) -> dict[str, Any]:
    assert one.verdict is not None
    return {"item": one.row, "word": one.verdict.word, "title": one.verdict.title, "judged_at": now}


def _plan_row(row: int, change: Change, policy: Policy, now: Millis) -> dict[str, Any]:
    dry = policy.dry(change.item.site)
    return {
        "item": row,
        "site": change.item.site,
        "surface": change.surface,
        "desired": change.desired,
        "state": work.DRY if dry else work.WAITING,
        "planned_at": now,
        "due_at": now,
    }
