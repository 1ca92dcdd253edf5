"""An item becomes changes: judge what it serves today, and plan what its tracker should show."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from linker import changes
from linker.acts import our_labels
from linker.changes import Plan, Surface
from linker.held import Held
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

    def follows(self, tracker: str, site: str, names: Collection[str]) -> bool:
        """Whether we write to a project or repository, by any name that it ever had."""


class Settled(NamedTuple):
    """What was decided of one item; `verdict` is None for all but pull requests that are there."""

    row: int
    verdict: Verdict | None
    changes: tuple[Change, ...]
    moot: tuple[int, ...] = ()  # plans in the outbox that are not wanted any more


class Today(NamedTuple):
    """By what items are judged: the catalogue, the policy, when we work, and the day that counts."""

    catalogue: Catalogue
    policy: Policy
    now: Millis
    on: date

    def active(self, kr: str) -> bool:
        """Whether a key result is active on that day; one that the catalogue does not hold is not."""
        return kr in self.catalogue.krs and self.catalogue.active(kr, self.on, self.policy.grace_days)

    def why_inactive(self, kr: str) -> str:
        """Plain words for why a key result is not active."""
        return self.catalogue.why_inactive(kr, self.on, self.policy.grace_days)


def settle(
    store: Store, catalogue: Catalogue, policy: Policy, now: Millis, on: date, limit: int = BATCH
) -> int:
    """Judge the items whose time has come, and put what follows in the outbox; returns how many.

    `now` is when we work, `on` the day on which key results are active or not.
    """
    with store.read() as connection:
        if not work.any_dirty(connection, now):
            return 0
    today = Today(catalogue, policy, now, on)
    with store.write() as connection:
        rows = work.take_dirty(connection, now, limit)
        decided = decide(connection, today, rows)
        work.save_verdicts(connection, [_verdict_row(one, now) for one in decided if one.verdict])
        work.drop_verdicts(connection, [one.row for one in decided if one.verdict is None])
        planned = [_plan_row(one.row, change, policy, now) for one in decided for change in one.changes]
        work.plan(connection, planned)
        work.moot(connection, [own for one in decided for own in one.moot])
    return len(rows)


def decide(connection: Connection, today: Today, rows: Collection[int]) -> list[Settled]:
    """What we say of items and want on their trackers; writes nothing."""
    found = [row for row in item_rows.by_rows(connection, rows) if row["held"] and row["level"] is not None]
    look = _look(connection, today, found)
    decided = []
    for row in found:
        surface = look.surface(row)
        gone = row["deleted"]
        verdict, wanted = (None, []) if gone else _wanted(connection, today, look, row, surface)
        ours = wanted if look.follows(today.policy, row) else []
        decided.append(Settled(row["id"], verdict, *changes.difference(ours, surface.plans)))
    return decided


class Look(NamedTuple):
    """What a batch of items is judged by, read in one go."""

    standing: Mapping[int, tuple[tuple[str, ...], str | None]]
    ledger: Mapping[int, frozenset[str]]  # labels that are ours by what we sent
    plans: Mapping[int, Mapping[str, Plan]]
    named: Mapping[int, Sequence[str]]
    unread: Mapping[int, Sequence[str]]
    names: Mapping[ItemId, frozenset[str]]  # all names that repositories ever had

    def surface(self, row: Any) -> Surface:
        """What is on the tracker as far as we know."""
        doc = row["doc"]
        facets = {name: value for name, value in doc.get("f", {}).items() if name == "labels"}
        held = Held.load(_id(row), row["id"], True, None, {"f": facets, "a": doc.get("a", {})})
        ours = our_labels(held, self.ledger.get(row["id"], frozenset()))
        there = frozenset(held.value("labels") or ())
        return Surface(there, ours, frozenset(held.acts), self.plans.get(row["id"], {}))

    def follows(self, policy: Policy, row: Any) -> bool:
        """Whether the item lies in a place that is configured, whatever that is called now."""
        names = {row["container"] or ""} | self.names.get(_home(row), frozenset())
        return policy.follows(row["tracker"], row["site"], names)


def _look(connection: Connection, today: Today, found: Sequence[Any]) -> Look:
    ids = [row["id"] for row in found]
    return Look(
        serves(connection, ids),
        link_rows.our_labels(connection, ids),
        _plans(connection, today, ids),
        named_items(connection, ids),
        views.unread(connection, ids),
        item_rows.names_of(connection, {_home(row) for row in found if row["tracker"] == "github"}),
    )


def _wanted(
    connection: Connection, today: Today, look: Look, row: Any, surface: Surface
) -> tuple[Verdict | None, list[Change]]:
    """What we say of an item that is there, and the state that we want on its tracker."""
    item = _id(row)
    krs, exemption = look.standing.get(row["id"], ((), None))
    live = [kr for kr in krs if today.active(kr)]
    codes = [today.catalogue.label_code(kr, today.on) for kr in live]
    wanted = changes.labels(item, row["level"], row["category"], codes, surface)
    if row["level"] != Level.PULL_REQUEST:
        return None, wanted
    judged = Judged(
        krs,
        exemption,
        _path(connection, row["id"], live),
        views.unknown_codes(connection, row["id"]),
        look.unread.get(row["id"], ()),
        look.named.get(row["id"], ()),
    )
    verdict = judge(judged, today.active, today.why_inactive)
    mode = today.policy.mode(row["container"] or "", _base(row), today.on)
    url = today.policy.page(f"{row['tracker']}:{row['alias']}")
    return verdict, wanted + changes.statuses(item, row["head"], row["category"], verdict, mode, url)


def _path(connection: Connection, row: int, live: Sequence[str]) -> tuple[str, ...]:
    """Aliases of the items on the shortest path to the first live key result."""
    if not live:
        return ()
    found = why(connection, row)
    steps = next((path.steps for path in found.paths if path.kr == live[0]), ())
    return tuple(found.rows[step.parent]["alias"] or "" for step in steps if step.parent is not None)


def _id(row: Any) -> ItemId:
    return ItemId(row["tracker"], row["site"], row["tid"])


def _home(row: Any) -> ItemId:
    return ItemId(row["tracker"], row["site"], f"repo:{row['tid'].partition('#')[0]}")


def _base(row: Any) -> str:
    """The branch that a pull request goes to."""
    facet = row["doc"].get("f", {}).get("head")
    return str(facet[3].get("base", "")) if facet and facet[3] else ""


def _plans(connection: Connection, today: Today, rows: Collection[int]) -> Mapping[int, dict[str, Plan]]:
    """What waits, was sent, or is shown where a site is dry; refused changes are tried once more."""
    found: dict[int, dict[str, Plan]] = {}
    for (item, surface), plan in work.current_plans(connection, rows).items():
        sent = plan["state"] == work.SENT or plan["lease_until"] > today.now
        shown = plan["state"] == work.DRY and today.policy.dry(plan["site"])
        if sent or shown or plan["state"] == work.WAITING:
            found.setdefault(item, {})[surface] = Plan(plan["id"], plan["desired"], sent)
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
