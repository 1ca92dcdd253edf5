"""A repository whose pull requests are checked: engine, applier, and a fake GitHub that sees each write."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scenarios as s
from wire import GITHUB, GITHUB_WIRE, web

from linker.config import Config, config_from
from linker.model import KeyResult
from linker.store import Store, deliveries
from linker.store.deliveries import Parcel
from linker.trackers.api import open_api
from webhooks.applier import Applier
from webhooks.engine import Engine
from webhooks.inbox import Inbox, wall_clock
from webhooks.simulator.company import OUR_BOT
from webhooks.simulator.deliveries import Delivery
from webhooks.simulator.fakes import create_github
from webhooks.simulator.fakes.github_state import GitHubState
from webhooks.simulator.fakes.wire import mount
from webhooks.simulator.settings import app_key
from webhooks.sites import access

KEY = app_key()
ENVIRON = {"ONE": "a-secret", "TWO": "b-secret", "KEY": KEY}
CHECKED = {
    "url": "https://sightline.example.com",
    "sites": [
        {
            "tracker": "github", "name": "github.com", "url": "https://github.com", "api": GITHUB,
            "webhook_secrets": ["ONE"], "bot": OUR_BOT, "repositories": ["acme/pay"],
            "app": {"id": 310042, "installation": 51234001, "key": "KEY"},
        },
        {
            "tracker": "jira", "name": "acme", "url": "https://acme.example.com", "webhook_secrets": ["TWO"],
            "projects": ["PAY"], "bot": s.JIRA_BOT,
        },
    ],
}  # fmt: skip
FIRST, SECOND, THIRD = s.kr("O1.KR1"), s.kr("O1.KR2"), s.kr("O2.KR1")


def sha(number: int, version: int = 1) -> str:
    """The commit of a version of a pull request."""
    return f"{number:08x}{version:032x}"


class Checked:
    """Deliveries go in, checks come out; `ledger` is what the fake saw."""

    def __init__(self, config: Config, store: Store, github: GitHubState) -> None:
        self.config, self.store, self.github = config, store, github
        self.ahead = 0  # milliseconds
        self.engine = Engine(config, store, clock=lambda: s.NOW, wall=self.wall)
        self.engine.prepare()
        site = config.github_sites[0]
        api = open_api(access(config, site, spacing=0.0), self.wall)
        self.applier = Applier(site.name, api, store, Inbox(store), clock=self.wall)
        self.applier.budget.load()
        self.minute = 100.0
        github.on_delivery = self._echo
        self._echoes: list[Parcel] = []

    def tell(self, *parcels: Parcel) -> None:
        """Deliveries arrive, and all that follows from them happens."""
        self._keep(parcels)
        self.quiet()

    def open(self, number: int, **said: Any) -> None:
        """A pull request is opened."""
        self.tell(self.pull(number, action="opened", **said))

    def pull(self, number: int, **said: Any) -> Parcel:
        """A pull request as it is now, a minute later than anything before."""
        self.minute += 1
        return s.pull(number, self.minute, **{"sha": sha(number), "created": 90, **said})

    def quiet(self) -> None:
        """Fold, judge, read and send until nothing is left to do."""
        for _ in range(200):
            worked = self.engine.step()
            worked |= self.applier.step()
            if self._echoes:
                self._echoes, echoes = [], self._echoes
                with self.store.write() as connection:
                    deliveries.keep(connection, echoes)
                worked = True
            if not worked:
                return
        raise AssertionError("it never comes to rest")

    def wall(self) -> int:
        """When we work."""
        return wall_clock() + self.ahead

    def later(self, minutes: float = 1) -> None:
        """Time passes, and what waited for it happens."""
        self.ahead += int(minutes * 60_000)
        self.quiet()

    def runs(self, commit: str) -> list[dict[str, Any]]:
        """The check runs on a commit, oldest first."""
        return [run for (_, _), run in self.github.check_runs.items() if run["head_sha"] == commit]

    def check(self, commit: str) -> dict[str, Any]:
        """The one check run on a commit."""
        (run,) = self.runs(commit)
        return run

    def writes(self) -> Counter[str]:
        """What the fake was asked to write: `POST check-runs`, `PATCH check-runs`, ..."""
        found: Counter[str] = Counter()
        for call in self.github.ledger.calls:
            if call.method not in ("GET", "HEAD") and "access_tokens" not in call.path:
                found[f"{call.method} {_what(call.path)}"] += 1
        return found

    def _keep(self, parcels: tuple[Parcel, ...]) -> None:
        for parcel in parcels:
            if parcel.source == "github":
                self.github.see(_delivered(parcel))
        with self.store.write() as connection:
            deliveries.keep(connection, parcels)

    def _echo(self, delivery: Delivery) -> None:
        own, event, headers = delivery.id, delivery.event, {"x-github-event": delivery.event}
        came = s.at(self.minute)
        self._echoes.append(Parcel("github", "github.com", own, event, came, headers, delivery.body))


@contextmanager
def checked(store: Store, folder: Path, *krs: KeyResult, **policy: Any) -> Iterator[Checked]:
    """A repository with an empty past and a catalogue."""
    config = config_from({**CHECKED, "policy": policy}, ENVIRON, folder)
    github = GitHubState()
    github.repositories["acme/pay"] = {
        "id": 4711, "name": "pay", "full_name": "acme/pay", "private": True, "archived": False,
        "updated_at": s.iso(0), "default_branch": "main", "owner": {"login": "acme"},
    }  # fmt: skip
    github.labels["acme/pay"] = {}
    with web() as mock:
        mount(mock, create_github(github), GITHUB_WIRE)
        made = Checked(config, store, github)
        made.tell(s.loaded(0, *(krs or (FIRST, SECOND, THIRD))))
        yield made


def _delivered(parcel: Parcel) -> Delivery:
    """For the fake: with the addresses that GitHub's own bodies have."""
    moment = datetime.fromtimestamp(parcel.received_at / 1000, UTC)
    body = told(parcel)
    pull = body.get("pull_request")
    if pull is not None:
        at = f"{GITHUB}/repos/acme/pay/issues/{pull['number']}"
        pull |= {"issue_url": at, "html_url": f"https://github.com/acme/pay/pull/{pull['number']}"}
        pull |= {"node_id": "PR_1", "url": at.replace("issues", "pulls"), "milestone": None}
    headers = dict(parcel.headers)
    return Delivery(
        moment, "github", parcel.site, parcel.guid, parcel.event, headers, json.dumps(body).encode()
    )


def _what(path: str) -> str:
    return next((part for part in reversed(path.split("/")) if not _name(part)), path)


def _name(part: str) -> bool:
    return part.isdecimal() or ":" in part or "%" in part or len(part) == 40


def told(parcel: Parcel) -> dict[str, Any]:
    """The body of a delivery."""
    found: dict[str, Any] = json.loads(parcel.body)
    return found
