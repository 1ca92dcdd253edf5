"""Short stories of a small company as deliveries, and what there is to see once they are folded.

Each builder gives one delivery as its tracker would send it. Times are minutes after the morning of the
story; the day on which everything is judged is `TODAY`.
"""

import json
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from linker import pulls
from linker.changes import Terms
from linker.fold import BATCH, Fold
from linker.held import Facet
from linker.model import Cycle, Decision, Facts, ItemId, KeyResult, Objective, Reading, StateChange
from linker.okrs import Catalogue
from linker.settle import settle
from linker.spans import Span, told
from linker.store import Connection, Store, deliveries, exports, open_store, work
from linker.store.deliveries import Parcel
from linker.store.queues import outbox
from linker.store.schema import metadata
from linker.store.tables import findings, items, link_log, memberships, stays, verdicts
from linker.tags import Vocabulary
from linker.trackers import FieldMap, SiteView
from linker.verdict import Mode
from webhooks.parsing import parse

START = int(datetime(2026, 10, 5, 9, tzinfo=UTC).timestamp() * 1000)
TODAY = date(2026, 10, 6)
NOW = START + 86_400_000
BOT, JIRA_BOT = "sightline[bot]", "557058:sightline"
FIELDS = FieldMap(points=("customfield_10016",), sprint=("customfield_10020",), kr=("customfield_10050",))
VIEWS = {
    ("jira", "acme"): SiteView("acme", "jira", bots=frozenset({JIRA_BOT}), fields=FIELDS),
    ("github", "github.com"): SiteView("github.com", "github", bots=frozenset({BOT})),
}
PROJECTS = frozenset({"PAY", "WEB"})
PAY, TOOLS = ("4711", "acme/pay"), ("4712", "acme/tools")


def at(minutes: float) -> int:
    """Epoch milliseconds of a minute of the story."""
    return START + int(minutes * 60_000)


def iso(minutes: float) -> str:
    """The same as trackers write it, in whole seconds."""
    return datetime.fromtimestamp(at(minutes) / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- the catalogue ---


def kr(code: str, cycle: str = "2026Q4", **other: Any) -> KeyResult:
    return KeyResult(
        code=code, title=f"Result {code}", cycle=cycle, objective=code.partition(".")[0], **other
    )


def dropped(code: str, on: date = TODAY) -> KeyResult:
    return kr(code, state="dropped", history=(StateChange(state="dropped", on=on, reason="no budget"),))


def catalogue(*krs: KeyResult) -> Catalogue:
    """One cycle for each that a key result names; by default two objectives with three key results."""
    held = krs or (kr("O1.KR1"), kr("O1.KR2"), kr("O2.KR1"))
    days = {
        "2026Q3": (date(2026, 7, 1), date(2026, 9, 30)),
        "2026Q4": (date(2026, 10, 1), date(2026, 12, 31)),
    }
    cycles = []
    for name in sorted({one.cycle for one in held}):
        objective = Objective(
            code="O1", title="Pay", cycle=name, key_results=tuple(one for one in held if one.cycle == name)
        )
        cycles.append(Cycle(id=name, start=days[name][0], end=days[name][1], objectives=(objective,)))
    return Catalogue(tuple(cycles))


def loaded(minutes: float, *krs: KeyResult) -> Parcel:
    return _parcel(
        "catalogue", "", f"catalogue-{minutes}", "load", minutes, {}, catalogue(*krs).dump().encode()
    )


# --- Jira ---


def ticket(
    own: int,
    key: str,
    updated: float,
    *,
    title: str = "A ticket",
    body: str = "",
    labels: Iterable[str] = (),
    parent: tuple[int, str] | None = None,
    kind: tuple[str, int] = ("Story", 0),
    status: str = "indeterminate",
    sprints: Iterable[int] = (),
    links: Iterable[int] = (),
    changed: Mapping[str, tuple[str, str]] | None = None,
    by: str = "557058:planner",
    event: str = "jira:issue_updated",
    created: float = 0,
    **fields: Any,
) -> Parcel:
    """An issue as it is now; `changed` are changelog items: field -> (from, to) in words."""
    told = {
        "issuetype": {"name": kind[0], "subtask": kind[1] < 0, "hierarchyLevel": kind[1]},
        "summary": title,
        "description": body,
        "status": {"name": status, "statusCategory": {"key": status}},
        "labels": list(labels),
        "created": iso(created),
        "updated": iso(updated),
        "statuscategorychangedate": iso(updated),
        "parent": {"id": str(parent[0]), "key": parent[1]} if parent else None,
        "issuelinks": [_blocked_by(other) for other in links],
        "customfield_10020": [_sprint(number, "active", 0) for number in sprints] or None,
        **fields,
    }
    payload: dict[str, Any] = {
        "timestamp": at(updated),
        "webhookEvent": event,
        "user": {"accountId": by},
        "issue": {"id": str(own), "key": key, "fields": told},
    }
    if changed:
        history = [
            {"field": field, "fieldtype": "jira", "fieldId": field, "fromString": old, "toString": new}
            for field, (old, new) in changed.items()
        ]
        payload["changelog"] = {"items": history}
    return _jira(payload, updated)


def epic(own: int, key: str, updated: float, **other: Any) -> Parcel:
    return ticket(own, key, updated, kind=("Epic", 1), **other)


def labelled(own: int, key: str, updated: float, before: str, after: str, by: str, **other: Any) -> Parcel:
    """Somebody changed the labels of a ticket: both sides as Jira writes them, with blanks between."""
    changed = {"labels": (before, after)}
    return ticket(own, key, updated, labels=after.split(), changed=changed, by=by, **other)


def sprint(number: int, state: str, minutes: float, event: str = "sprint_updated") -> Parcel:
    return _jira(
        {"timestamp": at(minutes), "webhookEvent": event, "sprint": _sprint(number, state, minutes)}, minutes
    )


def linked(source: int, destination: int, minutes: float, kind: str, *, gone: bool = False) -> Parcel:
    """Two issues were linked, or the link was removed; `Epic-Story Link` is hierarchy."""
    words = {"name": kind, "outwardName": kind.lower(), "inwardName": f"is {kind.lower()}"}
    link = {"sourceIssueId": source, "destinationIssueId": destination, "issueLinkType": words}
    event = "issuelink_deleted" if gone else "issuelink_created"
    return _jira({"timestamp": at(minutes), "webhookEvent": event, "issueLink": link}, minutes)


def _sprint(number: int, state: str, minutes: float) -> dict[str, Any]:
    return {"id": number, "name": f"Sprint {number}", "state": state, "boardId": 8, "startDate": iso(minutes)}


def _blocked_by(other: int) -> dict[str, Any]:
    kind = {"name": "Blocks", "inward": "is blocked by", "outward": "blocks"}
    return {"type": kind, "inwardIssue": {"id": str(other), "key": f"PAY-{other}"}}


def _jira(payload: dict[str, Any], minutes: float) -> Parcel:
    return _parcel("jira", "acme", "", payload["webhookEvent"], minutes, {}, _bytes(payload))


# --- GitHub ---


def pull(
    number: int,
    updated: float,
    *,
    action: str = "edited",
    title: str = "Change something",
    body: str = "",
    branch: str = "work",
    labels: Iterable[str] = (),
    sha: str = "a1",
    state: str = "open",
    merged: bool = False,
    repo: tuple[str, str] = PAY,
    by: str = "developer",
    label: str | None = None,
    created: float = 1,
    repo_updated: float = 0,
    author: str = "developer",
) -> Parcel:
    """A pull request as it is now; `label` is the one that a `labeled` or `unlabeled` event is about."""
    told = {
        **_work(number, title, body, labels, state, created, updated),
        "merged_at": iso(updated) if merged else None,
        "merge_commit_sha": "f00d" if merged else None,
        "draft": False,
        "user": {"login": author, "type": "Bot" if author.endswith("[bot]") else "User"},
        "head": {"sha": sha, "ref": branch, "repo": {"id": int(repo[0])}},
        "base": {"sha": "b0", "ref": "main", "repo": _repository(repo, repo_updated)},
    }
    payload: dict[str, Any] = {"action": action, "pull_request": told}
    return _github("pull_request", payload, repo, repo_updated, by, label, updated)


def issue(
    number: int,
    updated: float,
    *,
    action: str = "edited",
    title: str = "An issue",
    body: str = "",
    labels: Iterable[str] = (),
    state: str = "open",
    parent: int | None = None,
    repo: tuple[str, str] = PAY,
    by: str = "planner",
    label: str | None = None,
    created: float = 1,
    repo_updated: float = 0,
) -> Parcel:
    told = _work(number, title, body, labels, state, created, updated)
    if parent is not None:
        told["parent_issue_url"] = f"https://api.example.com/repos/{repo[1]}/issues/{parent}"
    payload: dict[str, Any] = {"action": action, "issue": told}
    return _github("issues", payload, repo, repo_updated, by, label, updated)


def sub_issue(
    child: int, parent: int, minutes: float, *, removed: bool = False, repo: tuple[str, str] = PAY
) -> Parcel:
    """An issue came below another or left it; the event has no time but those of its issues."""
    payload = {
        "action": "sub_issue_removed" if removed else "sub_issue_added",
        "sub_issue": _work(child, f"Issue {child}", "", (), "open", 1, minutes),
        "parent_issue": _work(parent, f"Issue {parent}", "", (), "open", 1, minutes),
    }
    return _github("sub_issues", payload, repo, 0, "planner", None, minutes)


def renamed(repo: tuple[str, str], old: str, minutes: float) -> Parcel:
    """A repository has its new name since then; `old` is the name without its owner."""
    payload = {"action": "renamed", "changes": {"repository": {"name": {"from": old}}}}
    return _github("repository", payload, repo, minutes, "planner", None, minutes)


def github_event(event: str, payload: dict[str, Any], minutes: float) -> Parcel:
    """Any other event, as it is given."""
    return _parcel("github", "github.com", "", event, minutes, {"x-github-event": event}, _bytes(payload))


def _work(
    number: int, title: str, body: str, labels: Iterable[str], state: str, created: float, updated: float
) -> dict[str, Any]:
    return {
        "id": 9000 + number,
        "number": number,
        "title": title,
        "body": body,
        "state": state,
        "user": {"login": "developer"},
        "labels": [{"name": name} for name in labels],
        "created_at": iso(created),
        "updated_at": iso(updated),
        "closed_at": iso(updated) if state == "closed" else None,
    }


def _repository(repo: tuple[str, str], updated: float) -> dict[str, Any]:
    return {"id": int(repo[0]), "full_name": repo[1], "private": True, "updated_at": iso(updated)}


def _github(
    event: str,
    payload: dict[str, Any],
    repo: tuple[str, str],
    repo_updated: float,
    by: str,
    label: str | None,
    minutes: float,
) -> Parcel:
    payload |= {"repository": _repository(repo, repo_updated), "sender": {"login": by}}
    if label is not None:
        payload["label"] = {"name": label}
    return _parcel("github", "github.com", "", event, minutes, {"x-github-event": event}, _bytes(payload))


# --- persons, and what we read ourselves ---


def jira_item(own: int) -> ItemId:
    return ItemId("jira", "acme", str(own))


def github_item(number: int, repo: tuple[str, str] = PAY) -> ItemId:
    return ItemId("github", "github.com", f"{repo[0]}#{number}")


def decided(own: str, item: ItemId, kind: str, minutes: float, **other: Any) -> Parcel:
    """A person's word; key results by their full id."""
    content = {"id": own, "item": item, "kind": kind, "actor": "planner", "at": at(minutes), **other}
    return word(Decision.model_validate(content), minutes)


def word(decision: Decision, minutes: float = 0) -> Parcel:
    body = decision.model_dump_json(exclude_defaults=True).encode()
    return _parcel("person", "", decision.id, decision.kind, minutes, {}, body)


def measured(own: str, kr_id: str, minutes: float, value: str, **other: Any) -> Parcel:
    """A reading of a key result by its full id."""
    content = {"id": own, "kr": kr_id, "at": at(minutes), "value": value, "actor": "planner", **other}
    body = Reading.model_validate(content).model_dump_json(exclude_defaults=True).encode()
    return _parcel("reading", "", own, "manual", minutes, {}, body)


def read(told: Parcel, minutes: float) -> Parcel:
    """What a tracker answers when it is asked: the same body, and the time at which we asked."""
    said = parse(_delivery(told), VIEWS)
    assert isinstance(said, Facts)
    seen = tuple(one.model_copy(update={"read_at": at(minutes)}) for one in said.observations)
    return facts(said.model_copy(update={"observations": seen, "acts": ()}), minutes)


def facts(said: Facts, minutes: float = 0) -> Parcel:
    body = said.model_dump_json(exclude_unset=True).encode()
    return _parcel("read", "acme", "", "read", minutes, {}, body)


_NUMBERS = count(1)


def _parcel(
    source: str, site: str, guid: str, event: str, minutes: float, headers: dict[str, str], body: bytes
) -> Parcel:
    return Parcel(source, site, guid or f"guid-{next(_NUMBERS)}", event, at(minutes), headers, body)


def _delivery(parcel: Parcel) -> deliveries.Delivery:
    return deliveries.Delivery(0, *parcel[:5], 0, parcel.headers, parcel.body)


def _bytes(payload: dict[str, Any]) -> bytes:
    return json.dumps(payload).encode()


# --- folding, and what there is to see ---


class Rules:
    """The policy of the story: advice on every pull request, labels on every ticket of its projects."""

    grace_days = 14

    def __init__(
        self,
        mode: Mode = "advisory",
        places: AbstractSet[str] | None = None,
        shown: Literal["check", "status"] = "status",
        *,
        reads: bool = False,
        comments: bool = False,
    ) -> None:
        self._mode, self._places, self._shown = mode, places, shown
        self._reads, self._comments = reads, comments

    def terms(self, row: Any, base: str, on: date) -> Terms:
        page = f"https://sightline.example.com/items/{row['tracker']}:{row['alias']}"
        return Terms(self._mode, "neutral", self._shown, page, self._comments)

    def spared(self, facts: pulls.Facts) -> pulls.Spared | None:
        return pulls.Spared("ktlo", "author `renovate[bot]`") if facts.author == "renovate[bot]" else None

    def reads(self, site: str) -> bool:
        return self._reads

    def dry(self, site: str) -> bool:
        return False

    def follows(self, tracker: str, site: str, names: Collection[str]) -> bool:
        return self._places is None or not self._places.isdisjoint(names)


POLICY = Rules()


def words(known: Catalogue) -> Vocabulary:
    return Vocabulary(codes=known.codes, cycles=known.cycle_ids, projects=PROJECTS)


def now() -> int:
    return NOW


def folding(store: Store, site: str | None = None, clock: Callable[[], int] = now) -> Fold:
    """A fold of the story's trackers; `site` is where references can be read."""
    fold = Fold(store, lambda one: parse(one, VIEWS), words, lambda ref: site, clock)
    fold.load()
    return fold


def keep(store: Store, parcels: Sequence[Parcel]) -> None:
    with store.write() as connection:
        deliveries.keep(connection, parcels)


def run(fold: Fold, limit: int = BATCH) -> None:
    while fold.run(limit):
        pass


def tell(store: Store, *parcels: Parcel, limit: int = BATCH, fold: Fold | None = None) -> Fold:
    """Keep deliveries, fold them, and judge what they changed."""
    keep(store, parcels)
    fold = fold or folding(store)
    run(fold, limit)
    judge(store, fold)
    return fold


def judge(store: Store, fold: Fold, policy: Rules = POLICY, on: date = TODAY) -> None:
    while settle(store, fold.reader.catalogue, policy, NOW, on):
        pass


def in_memory(empty_sqlite: Callable[[int], str]) -> Iterator[Store]:
    """A store that no test pulls the plug of: its file lies in memory where the machine has such files."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        made = empty_sqlite(0).removeprefix("sqlite:///")
        opened = open_store(f"sqlite:///{shutil.copy(made, folder)}")
        yield opened
        opened.close()


def empty(store: Store) -> None:
    """Forget everything."""
    with store.write() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


def row_of(connection: Connection, item: ItemId) -> int:
    query = select(items.c.id).where(items.c.site == item.site, items.c.tid == item.id)
    return int(connection.execute(query).scalar_one())


def serves(store: Store, item: ItemId) -> list[str]:
    """The key results that an item serves, or its exemption in brackets."""
    with store.read() as connection:
        line = next(line for line in exports.lines(connection) if json.loads(line)["item"] == str(item))
    seen = json.loads(line)
    return seen["serves"] or [f"({seen['exemption']})"] * bool(seen["exemption"])


def wanted(store: Store) -> list[tuple[str, str, Any]]:
    """What we want on trackers: (item, surface, desired), without what is not wanted any more."""
    with store.read() as connection:
        return _outbox(connection)


def seen(connection: Connection) -> dict[str, Any]:
    """All that must not depend on the order of arrival; items by identity, without record times."""
    names = _names(connection)
    return {
        "hash": exports.graph_hash(connection),
        "outbox": _outbox(connection),
        "verdicts": sorted(
            (names[row.item], row.word, row.title) for row in connection.execute(select(verdicts))
        ),
        "findings": sorted(
            (names[row.item], row.finding, row.subject, row.text)
            for row in connection.execute(select(findings))
        ),
        "sprints": sorted(
            (names[row.item], names[row.sprint]) for row in connection.execute(select(memberships))
        ),
        "stays": sorted(
            (names[row.item], names[row.sprint], row.since, row.until)
            for row in connection.execute(select(stays))
        ),
        "spans": told_spans(connection),
    }


def told_spans(connection: Connection) -> list[tuple[str, Span]]:
    """What the log of links says now: item and span."""
    names = _names(connection)
    rows: dict[int, list[tuple[str, Span]]] = {}
    for row in connection.execute(select(link_log).order_by(link_log.c.seq)):
        span = Span(row.parent, row.kind, row.valid_from, row.valid_to)
        rows.setdefault(row.child, []).append((row.op, span))
    return sorted(((names[child], span) for child, log in rows.items() for span in told(log)), key=str)


def facet(store: Store, item: ItemId, name: str) -> Facet:
    """A facet of an item as it is held."""
    with store.read() as connection:
        doc = connection.execute(select(items.c.doc).where(items.c.tid == item.id)).scalar_one()
    return Facet(*doc["f"][name])


def _outbox(connection: Connection) -> list[tuple[str, str, Any]]:
    names = _names(connection)
    rows = connection.execute(select(outbox).where(outbox.c.state != work.MOOT)).all()
    return sorted((names[row.item], row.surface, sorted(row.desired.items())) for row in rows)


def _names(connection: Connection) -> dict[int, str]:
    return {row.id: f"{row.tracker}:{row.tid}" for row in connection.execute(select(items))}
