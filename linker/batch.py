"""What one transaction of the fold has in hand: the items that its deliveries name, and the rows to write."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from linker import held as holding
from linker.held import Held, digest, stated
from linker.model import Decision, Facts, ItemId, LabelAct, Millis, Observation, Relation, item_id
from linker.store import Connection, chain, items, links
from linker.store.tables import acts, decisions, observations

LINKED = frozenset(
    {"kind", "title", "body", "head", "commits", "labels", "field", "parent", "links", "deleted"}
)
SHOWN = frozenset({"state", "labels", "head", "deleted", "points", "assignee", "sprints", "title", "alias"})


@dataclass(slots=True)
class Batch:
    """The unit of work of one fold; nothing of it outlives the transaction."""

    connection: Connection
    now: Millis
    held: dict[ItemId, Held] = field(default_factory=dict)
    rows: dict[int, Held] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)  # rows made in this batch
    touched: set[int] = field(default_factory=set)  # rows to save
    relink: set[int] = field(default_factory=set)  # rows whose links may differ
    times: dict[int, set[Millis]] = field(default_factory=dict)  # row -> times at which its links may turn
    late: set[int] = field(default_factory=set)  # rows that heard of their past
    dirty: set[int] = field(default_factory=set)  # rows to judge again
    sprints: set[int] = field(default_factory=set)  # rows whose sprints changed
    texts: dict[str, str] = field(default_factory=dict)
    aliases: dict[tuple[str, int], Millis] = field(default_factory=dict)
    wanted: dict[str, str] = field(default_factory=dict)  # ref -> why
    logs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    makers: dict[int, int] = field(default_factory=dict)  # row -> delivery that touched it last

    def need(self, ids: Collection[ItemId]) -> None:
        """Load items, making rows for those that are named for the first time; repositories come along."""
        wanted = {own for own in ids if own not in self.held}
        wanted |= {home for own in wanted if (home := home_of(own)) is not None and home not in self.held}
        self._hold(items.by_ids(self.connection, wanted))
        missing = sorted(own for own in wanted if own not in self.held)
        for own, row in items.create(self.connection, missing).items():
            self.held[own] = self.rows[row] = Held(id=own, row=row)
            self.fresh.add(row)

    def need_rows(self, rows: Collection[int]) -> None:
        """Load items by row id."""
        self._hold(items.by_rows(self.connection, {row for row in rows if row not in self.rows}))
        homes = [home for row in rows if (home := home_of(self.rows[row].id)) and home not in self.held]
        self.need(homes)

    def _hold(self, found: Iterable[Any]) -> None:
        for row in found:
            own = ItemId(row["tracker"], row["site"], row["tid"])
            item = Held.load(own, row["id"], row["held"], row["created"], row["doc"])
            self.held[own] = self.rows[row["id"]] = item

    def take(self, delivery: int, facts: Facts) -> None:
        """Observe all that one delivery says."""
        for observation in facts.observations:
            self._observe(delivery, observation)
        for act in facts.acts:
            self._act(delivery, act)
        for relation in facts.relations:
            self._tie(delivery, relation)
        for decision in facts.decisions:
            self._decide(delivery, decision)
        for ref in facts.wanted:
            self.wanted.setdefault(ref, "named")

    def _observe(self, delivery: int, fact: Observation) -> None:
        item = self.held[fact.item]
        values = stated(fact.facets)
        newest = max((facet.at for facet in item.facets.values()), default=-1)
        known = item.seen and all(_is_known(item, name, value, fact) for name, value in values.items())
        changed, texts = holding.observe(item, fact, values)
        self.texts.update(texts)
        self._alias(item, fact, values)
        if known:
            return
        self.touched.add(item.row)
        self.makers[item.row] = delivery
        self._log("observations", item.row, delivery, fact, values)
        if fact.at < newest and LINKED & values.keys():
            self.late.add(item.row)
            self.relink.add(item.row)
        if changed & LINKED:
            self.relink.add(item.row)
            self.times.setdefault(item.row, set()).add(fact.at)
        if changed & SHOWN:
            self.dirty.add(item.row)
        if "sprints" in changed:
            self.sprints.add(item.row)
        if item.unsettled:
            self.wanted.setdefault(str(item.id), "unsettled")

    def _alias(self, item: Held, fact: Observation, values: dict[str, Any]) -> None:
        own = values.get("alias")
        if own and item.id.place in (None, "repo") and "#" not in own:
            key = (f"{item.id.tracker}:{own}".upper(), item.row)
            self.aliases[key] = min(self.aliases.get(key, fact.at), fact.at)

    def _act(self, delivery: int, fact: LabelAct) -> None:
        item = self.held[fact.item]
        if holding.act(item, fact):
            self._own(item, fact.at, delivery)
            row = fact.model_dump(mode="json", exclude={"item"})
            self._append("acts", {"item": item.row, "delivery": delivery, **row})

    def _tie(self, delivery: int, fact: Relation) -> None:
        item = self.held[fact.child]
        if holding.tie(item, fact):
            self._own(item, fact.at, delivery)

    def _decide(self, delivery: int, fact: Decision) -> None:
        item = self.held[fact.item]
        if holding.decide(item, fact):
            self._own(item, fact.at, delivery)
            content = fact.model_dump(mode="json", exclude_defaults=True)
            row = {"id": fact.id, "item": item.row, "kind": fact.kind, "kr": fact.kr}
            self._append("decisions", {**row, "content": content, "delivery": delivery})

    def _own(self, item: Held, at: Millis, delivery: int) -> None:
        self.touched.add(item.row)
        self.relink.add(item.row)
        self.dirty.add(item.row)
        self.times.setdefault(item.row, set()).add(at)
        self.makers[item.row] = delivery

    def _log(self, table: str, row: int, delivery: int, fact: Observation, values: dict[str, Any]) -> None:
        short = {name: digest(value) if name in holding.LONG else value for name, value in values.items()}
        self._append(
            table,
            {
                "item": row,
                "at": fact.at,
                "read_at": fact.read_at,
                "delivery": delivery,
                "digest": digest(short),
                "facets": short,
            },
        )

    def _append(self, table: str, row: dict[str, Any]) -> None:
        self.logs.setdefault(table, []).append({**row, "recorded_at": self.now})

    def write_facts(self) -> None:
        """Write what the deliveries said: long texts, append-only rows, sprints."""
        items.keep_texts(self.connection, self.texts)
        chain.append(self.connection, observations, self.logs.get("observations", []))
        chain.append(self.connection, acts, self.logs.get("acts", []))
        chain.append(self.connection, decisions, self.logs.get("decisions", []))
        sprints = {row: self._sprint_rows(self.rows[row]) for row in self.sprints}
        links.set_memberships(self.connection, sprints)

    def _sprint_rows(self, item: Held) -> list[int]:
        return [self.held[own].row for own in map(item_id, item.value("sprints") or ()) if own in self.held]


def _is_known(item: Held, name: str, value: Any, fact: Observation) -> bool:
    facet = item.facets.get(name)
    return facet is not None and facet[:3] == (fact.at, fact.read_at or 0, digest(value))


def home_of(own: ItemId) -> ItemId | None:
    """The repository of a GitHub item."""
    if own.tracker == "github" and own.place is None:
        return ItemId("github", own.site, f"repo:{own.id.partition('#')[0]}")
    return None


def ids_in(facts: Facts) -> set[ItemId]:
    """Every item, sprint and place that facts name by its immutable id."""
    found = {observation.item for observation in facts.observations}
    found |= {act.item for act in facts.acts} | {decision.item for decision in facts.decisions}
    for relation in facts.relations:
        found |= {relation.child, relation.parent}
    for observation in facts.observations:
        facets = observation.facets
        refs = (*facets.sprints, *facets.parent, *(link.ref for link in facets.links))
        found |= {own for ref in refs if (own := as_id(ref)) is not None}
    return found


def as_id(ref: str) -> ItemId | None:
    """The ItemId that a reference is, or None when it is an alias."""
    try:
        return item_id(ref)
    except ValueError:
        return None
