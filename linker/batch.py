"""What one transaction of the fold has in hand: the items that its deliveries name, and the rows to write."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from linker import acts as acting
from linker import held as holding
from linker.held import Held, digest, hashes_of, stated
from linker.model import (
    Asked,
    Command,
    Decision,
    Facts,
    ItemId,
    LabelAct,
    Millis,
    Observation,
    Reading,
    Relation,
    item_id,
)
from linker.store import Connection, chain, commands, facts, items, links, readings
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
    delivery: int = 0  # the one that is being taken
    held: dict[ItemId, Held] = field(default_factory=dict)
    rows: dict[int, Held] = field(default_factory=dict)
    fresh: set[int] = field(default_factory=set)  # rows made in this batch
    came: set[int] = field(default_factory=set)  # rows of items that are seen for the first time
    born: set[int] = field(default_factory=set)  # rows of which this batch is the first to know the kind
    touched: set[int] = field(default_factory=set)  # rows to save
    relink: set[int] = field(default_factory=set)  # rows whose links may differ
    times: dict[int, set[Millis]] = field(default_factory=dict)  # row -> times at which its links may turn
    late: set[int] = field(default_factory=set)  # rows whose past has to be looked at once more
    dirty: set[int] = field(default_factory=set)  # rows to judge again
    moved: set[int] = field(default_factory=set)  # rows whose name, presence or links changed
    sprints: set[int] = field(default_factory=set)  # rows whose sprints changed
    stayed: set[int] = field(default_factory=set)  # rows whose past in sprints may differ
    renamed: set[int] = field(default_factory=set)  # rows of repositories that are called otherwise now
    makers: dict[int, int] = field(default_factory=dict)  # row -> delivery that touched its links last
    texts: dict[str, str] = field(default_factory=dict)
    aliases: dict[tuple[str, int], Millis] = field(default_factory=dict)
    wanted: set[str] = field(default_factory=set)  # references to read where they are not held
    commands: list[dict[str, Any]] = field(default_factory=list)  # rows to insert where they are new
    heads: set[str] = field(default_factory=set)  # commits whose checks are asked for
    doubtful: set[ItemId] = field(default_factory=set)  # items to read since two bodies disagree
    known: dict[tuple[int, Millis], set[tuple[str, bool]]] = field(default_factory=dict)
    logs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def need(self, ids: Collection[ItemId]) -> None:
        """Load items, making rows for those that are named for the first time; repositories come along."""
        wanted = {own for own in ids if own not in self.held}
        wanted |= {home for own in wanted if (home := home_of(own)) is not None and home not in self.held}
        self._hold(items.by_ids(self.connection, wanted))
        missing = sorted(own for own in wanted if own not in self.held)
        for own, row in items.create(self.connection, missing).items():
            self.held[own] = self.rows[row] = Held(id=own, row=row)
            self.fresh.add(row)

    def find(self, ids: Collection[ItemId]) -> None:
        """Load those items that there are."""
        self._hold(items.by_ids(self.connection, {own for own in ids if own not in self.held}))

    def need_rows(self, rows: Collection[int]) -> None:
        """Load items by row id, with their repositories."""
        self._hold(items.by_rows(self.connection, {row for row in rows if row not in self.rows}))
        self.need([home for row in rows if (home := home_of(self.rows[row].id))])

    def _hold(self, found: Iterable[Any]) -> None:
        for row in found:
            own = ItemId(row["tracker"], row["site"], row["tid"])
            item = Held.load(own, row["id"], row["held"], row["created"], row["doc"])
            self.held[own] = self.rows[row["id"]] = item

    def take(self, said: Iterable[tuple[int, Facts]]) -> None:
        """Observe all that deliveries say: (delivery, facts) each."""
        said = list(said)
        self.need({own for _, one in said for own in ids_in(one)})
        self._recall(observation for _, one in said for observation in one.observations)
        for self.delivery, one in said:
            for observation in one.observations:
                self._observe(observation)
            for act in one.acts:
                self._act(act)
            for relation in one.relations:
                self._tie(relation)
            for decision in one.decisions:
                self._decide(decision)
            for reading in one.readings:
                self._measure(reading)
            for command in one.commands:
                self._command(command)
            for asked in one.asked:
                self._ask(asked)
            self.wanted.update(one.wanted)

    def _recall(self, observations: Iterable[Observation]) -> None:
        """Which of these may be known: what is older than the newest state was perhaps told before."""
        moments = set()
        for fact in observations:
            item = self.held[fact.item]
            if item.seen and fact.at <= holding.newest(item):
                moments.add((item.row, fact.at))
        self.known.update(facts.observed(self.connection, moments))

    def _observe(self, fact: Observation) -> None:
        """The same words a second time change nothing, though a second reading may confirm them."""
        item = self.held[fact.item]
        values = stated(fact.facets)
        hashes = hashes_of(values)
        word = (digest([hashes, fact.created]), bool(fact.read_at))
        if "commits" in values and fact.read_at:
            self.dirty.add(item.row)  # a verdict may wait for just this, whatever it says
        known = self.known.setdefault((item.row, fact.at), set())
        if word in known and not fact.read_at:
            return
        newest, born, created, seen = holding.newest(item), item.born, item.created, item.seen
        observed = holding.observe(item, fact, values, hashes)
        self.touched.add(item.row)
        if word in known:
            return
        known.add(word)
        self.texts.update(observed.texts)
        self._alias(item, fact, values)
        self._log(item, fact, values, hashes, word[0])
        if not seen:
            self.came.add(item.row)
        if item.born is not None and born is None:
            self.born.add(item.row)
        self._linked(item, fact, observed.changed, newest, (born, created))
        self._shown(item, observed.changed)
        self._stayed(item, fact, observed.changed, item.created != created)
        if observed.doubtful:
            self.doubtful.add(item.id)

    def _shown(self, item: Held, changed: frozenset[str]) -> None:
        """What has to be judged or written again since facets changed that are shown somewhere."""
        if changed & SHOWN:
            self.dirty.add(item.row)
        if changed & {"deleted", "alias"}:
            self.moved.add(item.row)
        if "sprints" in changed:
            self.sprints.add(item.row)
        if "alias" in changed and item.id.place == "repo" and item.row not in self.fresh:
            self.renamed.add(item.row)

    def _stayed(self, item: Held, fact: Observation, changed: frozenset[str], older: bool) -> None:
        """When it was in which sprint differs when its sprints do, or when we hear of an earlier time."""
        facet = item.facets.get("sprints")
        late = "sprints" in fact.facets.model_fields_set and facet is not None and fact.at < facet.at
        if "sprints" in changed or late or (older and facet is not None):
            self.stayed.add(item.row)

    def _linked(
        self,
        item: Held,
        fact: Observation,
        changed: frozenset[str],
        newest: Millis,
        before: tuple[Millis | None, Millis | None],
    ) -> None:
        """Whether the links may differ now, or differed at an earlier time than we thought."""
        born, created = before
        first = born is not None and item.created != created
        past = fact.at < newest and bool(LINKED & fact.facets.model_fields_set)
        if first or past:
            self._relate(item, fact.at, late=True)
        elif changed & LINKED:
            # Of two bodies of one moment the later to come may give back what the other took away.
            self._relate(item, fact.at, late=fact.at == newest or (born is not None and fact.at <= born))

    def _relate(self, item: Held, at: Millis, *, late: bool) -> None:
        self.relink.add(item.row)
        self.makers[item.row] = self.delivery
        self.times.setdefault(item.row, set()).add(at)
        if late:
            self.late.add(item.row)

    def _alias(self, item: Held, fact: Observation, values: dict[str, Any]) -> None:
        own = values.get("alias")
        if own and item.id.place in (None, "repo") and "#" not in own:
            key = (f"{item.id.tracker}:{own}".upper(), item.row)
            self.aliases[key] = min(self.aliases.get(key, fact.at), fact.at)

    def _act(self, fact: LabelAct) -> None:
        item = self.held[fact.item]
        newest = holding.newest(item)
        if acting.act(item, fact):
            self._event(item, fact.at, newest)
            row = fact.model_dump(mode="json", exclude={"item"})
            self._append("acts", {"item": item.row, **row})

    def _tie(self, fact: Relation) -> None:
        item = self.held[fact.child]
        newest = holding.newest(item)
        if acting.tie(item, fact):
            self._event(item, fact.at, newest)

    def _event(self, item: Held, at: Millis, newest: Millis) -> None:
        self.touched.add(item.row)
        self.dirty.add(item.row)
        self._relate(item, at, late=at < newest or (item.born is not None and at <= item.born))

    def _decide(self, fact: Decision) -> None:
        """A decision changes what an item serves, never its links."""
        item = self.held[fact.item]
        if acting.decide(item, fact):
            self.touched.add(item.row)
            self.dirty.add(item.row)
            self.relink.add(item.row)
            content = fact.model_dump(mode="json", exclude_defaults=True)
            row = {"id": fact.id, "item": item.row, "kind": fact.kind, "kr": fact.kr}
            self._append("decisions", {**row, "content": content})

    def _measure(self, fact: Reading) -> None:
        """A reading touches no item; one of a key result that is not known yet comes before its catalogue."""
        content = fact.model_dump(mode="json", exclude_defaults=True)
        row = {"id": fact.id, "kr": fact.kr, "at": fact.at, "value": str(fact.value)}
        self._append("readings", {**row, "content": content})

    def _command(self, fact: Command) -> None:
        """A command waits until its author's rights were asked for; the same one again is the same."""
        content = fact.model_dump(mode="json", include={"actor", "at", "lines", "answer"})
        own = {"id": fact.id, "item": self.held[fact.item].row, "site": fact.item.site, "content": content}
        self.commands.append({**own, "state": 0, "attempts": 0, "due_at": 0})

    def _ask(self, fact: Asked) -> None:
        """Whoever has that commit is judged again: the pull request itself, or those of the repository."""
        item = self.held[fact.item]
        if acting.ask(item, fact):
            self.touched.add(item.row)
            self.dirty.add(item.row)
            if item.id.place is not None:
                self.heads.add(fact.sha)

    def _log(
        self, item: Held, fact: Observation, values: dict[str, Any], hashes: dict[str, str], word: str
    ) -> None:
        short = {name: hashes[name] if name in holding.LONG else value for name, value in values.items()}
        row = {"item": item.row, "at": fact.at, "read_at": fact.read_at, "digest": word, "facets": short}
        self._append("observations", row)

    def _append(self, table: str, row: dict[str, Any]) -> None:
        self.logs.setdefault(table, []).append({**row, "delivery": self.delivery, "recorded_at": self.now})

    def write_facts(self) -> None:
        """Write what the deliveries said: long texts, append-only rows, sprints."""
        items.keep_texts(self.connection, self.texts)
        chain.append(self.connection, observations, self.logs.get("observations", []))
        chain.append(self.connection, acts, self.logs.get("acts", []))
        chain.append(self.connection, decisions, self.logs.get("decisions", []))
        readings.keep(self.connection, self.logs.get("readings", []))
        sprints = {row: self._sprint_rows(self.rows[row]) for row in self.sprints}
        links.set_memberships(self.connection, sprints)
        commands.keep(self.connection, self.commands)
        self.dirty |= items.with_heads(self.connection, self.heads)

    def _sprint_rows(self, item: Held) -> list[int]:
        return [self.held[own].row for own in map(item_id, item.value("sprints") or ()) if own in self.held]


def home_of(own: ItemId) -> ItemId | None:
    """The repository of a GitHub item."""
    if own.tracker == "github" and own.place is None:
        return ItemId("github", own.site, f"repo:{own.id.partition('#')[0]}")
    return None


def ids_in(facts: Facts) -> set[ItemId]:
    """Every item that facts say something of, and the sprints that they are in."""
    found = {observation.item for observation in facts.observations}
    found |= {act.item for act in facts.acts} | {decision.item for decision in facts.decisions}
    found |= {relation.child for relation in facts.relations}
    found |= {command.item for command in facts.commands} | {asked.item for asked in facts.asked}
    found |= {item_id(sprint) for said in facts.observations for sprint in said.facets.sprints}
    return found


def as_id(ref: str) -> ItemId | None:
    """The ItemId that a reference is, or None when it is an alias."""
    try:
        return item_id(ref)
    except ValueError:
        return None
