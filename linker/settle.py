"""An item becomes changes: judge what it serves today, and plan what its tracker should show."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, Protocol

from linker import changes, moves, pulls
from linker.acts import our_labels
from linker.changes import Plan, Surface
from linker.held import Held
from linker.model import Change, ItemId, Level, Millis
from linker.moving import Moved, moved
from linker.okrs import Catalogue
from linker.pulls import Advisor, Day, home_of
from linker.store import Connection, Store, commands, work
from linker.store import items as item_rows
from linker.store import links as link_rows
from linker.store.up import serves

BATCH = 200
SOON_MS = 2_000  # an answer that comes within this time needs no check that says "in progress" before it


class Policy(pulls.Policy, Protocol):
    """What the configuration says of checks, links to pages, and of sites without credentials."""

    grace_days: int

    def dry(self, site: str) -> bool:
        """Whether changes of a site are only shown."""

    def follows(self, tracker: str, site: str, names: Collection[str]) -> bool:
        """Whether we write to a project or repository, by any name that it ever had."""


class Settled(NamedTuple):
    """What was decided of one item; `said` is None for all but pull requests that are there."""

    row: int
    said: pulls.Said | None
    changes: tuple[Change, ...]
    moot: tuple[int, ...] = ()  # plans in the outbox that are not wanted any more
    rank: int = 0


class Today(NamedTuple):
    """By what items are judged: the catalogue, the policy, when we work, and the day that counts."""

    catalogue: Catalogue
    policy: Policy
    now: Millis
    on: date
    advisor: Advisor | None = None

    @property
    def day(self) -> Day:
        """The same for pull requests."""
        return Day(self.catalogue, self.policy, self.now, self.on, self.policy.grace_days)


def settle(
    store: Store,
    catalogue: Catalogue,
    policy: Policy,
    now: Millis,
    on: date,
    limit: int = BATCH,
    advisor: Advisor | None = None,
) -> int:
    """Judge the items whose time has come, and put what follows in the outbox; returns how many.

    `now` is when we work, `on` the day on which key results are active or not.
    """
    with store.read() as connection:
        if not work.any_dirty(connection, now):
            return 0
    today = Today(catalogue, policy, now, on, advisor)
    with store.write() as connection:
        rows = work.take_dirty(connection, now, limit)
        if advisor is not None:
            advisor.turn(connection, catalogue, on)
            advisor.learn(connection, rows)
        decided = decide(connection, today, rows)
        work.save_verdicts(connection, [_verdict_row(one, now) for one in decided if one.said])
        work.drop_verdicts(connection, [one.row for one in decided if one.said is None])
        planned = [_plan_row(one, change, policy, now) for one in decided for change in one.changes]
        work.plan(connection, planned)
        work.moot(connection, [own for one in decided for own in one.moot])
        for one in decided:
            if one.said is not None and one.said.pull.verdict.waits:
                work.mark_dirty(connection, [one.row], (one.said.since or now) + pulls.PATIENCE_MS)
    return len(rows)


def decide(connection: Connection, today: Today, rows: Collection[int]) -> list[Settled]:
    """What we say of items and want on their trackers."""
    found = [row for row in item_rows.by_rows(connection, rows) if row["held"] and row["level"] is not None]
    there = [row for row in found if not row["deleted"]]
    look = _look(connection, today, found)
    live = {row["id"]: [kr for kr in look.krs(row) if today.day.active(kr)] for row in there}
    asking = [row for row in there if row["level"] == Level.PULL_REQUEST]
    said = pulls.judged(connection, today.day, asking, live, today.advisor)
    decided = []
    for row in found:
        own, surface = row["id"], look.surface(row)
        wanted = [] if row["deleted"] else _wanted(today, look, row, surface, live[own], said.get(own))
        ours = wanted if look.follows(today.policy, row) else []
        required = own in said and said[own].pull.terms.mode == "required"
        difference = changes.difference(ours, surface.plans)
        decided.append(Settled(own, said.get(own), *difference, changes.rank(required, row["at"])))
    return decided


class Look(NamedTuple):
    """What a batch of items is judged by, read in one go."""

    standing: Mapping[int, tuple[tuple[str, ...], str | None]]
    ledger: Mapping[int, frozenset[str]]  # labels that are ours by what we sent
    plans: Mapping[int, Mapping[str, Plan]]
    commands: Mapping[int, Sequence[Any]]
    names: Mapping[ItemId, frozenset[str]]  # all names that repositories ever had
    moved: Mapping[int, Moved]  # items on whose sprint somebody decided

    def krs(self, row: Any) -> tuple[str, ...]:
        """What an item serves, active or not."""
        return self.standing.get(row["id"], ((), None))[0]

    def answers(self, row: Any) -> dict[str, str]:
        """The reaction to each comment on an item that held commands; the last answer stands."""
        said = [one for one in self.commands.get(row["id"], ()) if one["answer"] and one["content"]["answer"]]
        return {one["content"]["answer"]: one["answer"] for one in said}

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
        names = {row["container"] or ""} | self.names.get(home_of(row), frozenset())
        return policy.follows(row["tracker"], row["site"], names)


def _look(connection: Connection, today: Today, found: Sequence[Any]) -> Look:
    ids = [row["id"] for row in found]
    return Look(
        serves(connection, ids),
        link_rows.our_labels(connection, ids),
        _plans(connection, today, ids),
        commands.on_items(connection, ids),
        item_rows.names_of(connection, {home_of(row) for row in found if row["tracker"] == "github"}),
        moved(connection, found, today.now),
    )


def _wanted(
    today: Today, look: Look, row: Any, surface: Surface, live: Sequence[str], said: pulls.Said | None
) -> list[Change]:
    """The state that we want on the tracker of an item that is there."""
    item = _id(row)
    codes = [today.catalogue.label_code(kr, today.on) for kr in live]
    wanted = changes.labels(item, row["level"], row["category"], codes, surface)
    wanted += changes.reactions(item, look.answers(row))
    if row["id"] in look.moved:
        wanted += moves.moves(item, row["category"], *look.moved[row["id"]])
    if said is None:
        return wanted
    wanted += changes.checks(said.pull, surface)
    return wanted + changes.comments(said.pull, surface, _quiet(row))


def _quiet(row: Any) -> bool:
    """Drafts and bots are not written to."""
    facets = row["doc"].get("f", {})
    state, author = facets.get("state"), facets.get("author")
    draft = bool(state and state[3] and state[3].get("draft"))
    return draft or bool(author and author[3] and author[3].get("bot"))


def _id(row: Any) -> ItemId:
    return ItemId(row["tracker"], row["site"], row["tid"])


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
    assert one.said is not None
    verdict = one.said.pull.verdict
    return {
        "item": one.row,
        "word": verdict.word,
        "title": verdict.title,
        "judged_at": now,
        "content": verdict.model_dump(mode="json"),
        "exemption": one.said.exemption,
        "source": one.said.source,
        "since": one.said.since,
    }


def _plan_row(one: Settled, change: Change, policy: Policy, now: Millis) -> dict[str, Any]:
    dry = policy.dry(change.item.site)
    waits = change.desired.get("status") == "in_progress" or change.desired.get("state") == "pending"
    return {
        "item": one.row,
        "site": change.item.site,
        "surface": change.surface,
        "desired": change.desired,
        "state": work.DRY if dry else work.WAITING,
        "planned_at": now,
        "due_at": now + SOON_MS if waits else now,
        "rank": one.rank,
    }
