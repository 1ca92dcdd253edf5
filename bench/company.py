"""What the benchmarks send: a real delivery of 24 kB, the simulated quarter, and small generated tickets."""

import json
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from bench.load import Request
from linker.config import Config, load_config, read_catalogue
from linker.model import Facets, Facts, ItemId, Kind, Level, Observation, Person, State
from linker.store import Store, open_store
from linker.store.deliveries import Parcel
from webhooks.inbox import Inbox
from webhooks.simulator import Delivery, Quarter, quarter, sign

SECRETS = {"GITHUB_WEBHOOK_SECRET": "bench-github", "JIRA_WEBHOOK_SECRET": "bench-jira"}
KEYS = {"github": SECRETS["GITHUB_WEBHOOK_SECRET"], "jira": SECRETS["JIRA_WEBHOOK_SECRET"]}
BYTES = 24_000
EPIC_OF = 10  # tickets an epic
PAGE = 100  # items in one answer of a tracker, as a first sync reads them
FIRST = 1_000_000  # ids and numbers of what is generated stay clear of the quarter's
HELD_AT = 1_787_700_000_000  # August 2026, before the first delivery of the quarter


@cache
def company() -> Quarter:
    """The simulated quarter; the same bytes in each process."""
    return quarter()


def configured(folder: Path, port: int) -> Config:
    """The company's configuration in a folder, without credentials: changes are planned, never sent."""
    whole = company()
    text = whole.app_yaml(store=f"sqlite:///{folder / 'bench.sqlite'}", url=f"http://127.0.0.1:{port}")
    written = f"{text}listen: {{ host: 127.0.0.1, port: {port} }}\n"
    (folder / "app.yaml").write_text(written, encoding="utf-8")
    (folder / "okrs.yaml").write_text(whole.okrs_yaml, encoding="utf-8")
    return config_in(folder)


def config_in(folder: Path) -> Config:
    """The configuration that `configured` wrote."""
    return load_config(folder / "app.yaml", SECRETS, service=True)


def store_for(config: Config) -> Store:
    """An empty store that knows the catalogue."""
    store = open_store(config.store_url.get_secret_value())
    store.create()
    Inbox(store, lambda: HELD_AT).load(read_catalogue(config))
    return store


def real_delivery() -> Delivery:
    """The pull request of the quarter whose body comes closest to 24 kB."""
    pulls = [known for known in company().deliveries if known.event == "pull_request"]
    return min(pulls, key=lambda known: (abs(len(known.body) - BYTES), known.id))


def as_request(delivery: Delivery, path: str, prefix: str) -> Request:
    """A signed delivery as bytes for the wire, with another delivery id each time."""
    headers = sign(delivery, KEYS[delivery.source]) | {"Content-Length": str(len(delivery.body))}
    own = headers.pop("X-GitHub-Delivery")
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    head = "\r\n".join([*lines, "X-GitHub-Delivery: "])
    return Request(head.encode(), b"\r\n\r\n" + delivery.body, f"{own[:8]}-{prefix}-")


def parcels(sent: Sequence[Delivery], suffix: str = "") -> list[Parcel]:
    """Deliveries of the quarter as the receivers would keep them."""
    return [
        Parcel(
            one.source,
            one.site,
            one.id + suffix,
            one.event,
            _millis(one.at),
            {name.lower(): value for name, value in one.headers.items()},
            one.body,
        )
        for one in sent
    ]


# --- a company that holds many tickets already ---


def held_pages(first: int, last: int) -> Iterator[Parcel]:
    """Tickets `first` to `last` with their epics, as pages that a first sync reads."""
    for start in range(first, last, PAGE):
        numbers = range(start, min(start + PAGE, last))
        said = Facts(observations=tuple(map(_held, numbers)))
        body = said.model_dump_json(exclude_unset=True).encode()
        yield Parcel("read", "northwind", f"page-{start}", "search", HELD_AT, {}, body)


def _held(number: int) -> Observation:
    epic = number % EPIC_OF == 0
    kind = Kind(level=Level.EPIC, type="Epic") if epic else Kind(level=Level.TICKET, type="Story")
    facets = Facets(
        kind=kind,
        alias=_key(number),
        title=f"Piece {number} of what is held" + (f" [O{1 + number // EPIC_OF % 5}.KR1]" if epic else ""),
        body=f"As somebody who pays I want piece {number} to work.\n\nSeen with {_key(number - 1)}.",
        author=Person(id="planner"),
        state=State(name="To Do", category="todo"),
        labels=("payments",),
        parent=() if epic else (str(_id(number - number % EPIC_OF)),),
        points=None,
    )
    return Observation(item=_id(number), at=HELD_AT, facets=facets, created=HELD_AT - 1000, read_at=HELD_AT)


def _id(number: int) -> ItemId:
    return ItemId("jira", "northwind", str(FIRST + number))


def _key(number: int) -> str:
    return f"PAY-{FIRST + number}"


def touching(held: int, beside: Sequence[Delivery], seed: int) -> list[Parcel]:
    """Deliveries about random tickets among those held, each at the time of one of the quarter's.

    Two in five are tickets of Jira that were edited, the others new pull requests, in bodies of the quarter.
    """
    pick = random.Random(seed)
    edited = [known for known in company().deliveries if known.event == "jira:issue_updated"]
    opened = [known for known in company().deliveries if known.event == "pull_request"]
    found = []
    for place, other in enumerate(beside):
        number, whole = pick.randrange(held), place % 5 < 2
        body = json.loads(pick.choice(edited if whole else opened).body)
        told = _edit(body, number, other.at) if whole else _open(body, number, FIRST * seed + place, other.at)
        found.append(_parcel("jira" if whole else "github", f"{seed}-{place}", told))
    return found


def _edit(body: dict[str, Any], number: int, at: datetime) -> dict[str, Any]:
    """A real body of Jira that speaks of a ticket that is held: the text is new, the parent is its own."""
    issue = body["issue"]
    issue["id"], issue["key"] = str(FIRST + number), _key(number)
    epic = number - number % EPIC_OF
    issue["fields"]["parent"] = {"id": str(FIRST + epic), "key": _key(epic)} if epic != number else None
    issue["fields"]["summary"] = f"Piece {number}, seen again at {at:%H:%M:%S}"
    issue["fields"]["updated"] = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    body["timestamp"] = _millis(at)
    body.pop("changelog", None)
    return body


def _open(body: dict[str, Any], number: int, own: int, at: datetime) -> dict[str, Any]:
    """A real body of GitHub for a new pull request that delivers a ticket that is held."""
    pull = body["pull_request"]
    body["number"] = pull["number"] = own
    pull["title"], pull["head"]["ref"] = f"{_key(number)}: piece {own}", f"{_key(number)}-piece"
    pull["body"] = f"What {_key(number)} asks for."
    pull["created_at"] = pull["updated_at"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    return body


def _parcel(source: str, guid: str, body: dict[str, Any]) -> Parcel:
    site = "github.com" if source == "github" else "northwind"
    event = "pull_request" if source == "github" else "jira:issue_updated"
    headers = {"content-type": "application/json", "x-github-event": event}
    return Parcel(source, site, f"touch-{guid}", event, HELD_AT, headers, json.dumps(body).encode())


def _millis(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
