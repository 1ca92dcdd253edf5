"""Sixty pull requests through their lives: what the fake GitHub saw is one conclusion for each commit."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
import scenarios as s
from checked import FIRST, SECOND, THIRD, Checked, checked, sha

from linker.store import Store

EPICS = [(10003, "PAY-3"), (10004, "PAY-4"), (10005, "PAY-5")]
TICKETS = [(10012 + own, f"PAY-{12 + own}") for own in range(12)]
MANY = 60
KINDS: dict[str, Callable[[int], dict[str, Any]]] = {
    "ticket": lambda own: {"title": f"PAY-{12 + own % 12}: part {own}"},
    "code": lambda own: {"title": f"O2.KR1: part {own}"},
    "text": lambda own: {"title": f"Part {own}", "body": "KR: O1.KR2"},
    "nothing": lambda own: {"title": f"Part {own}"},
    "unknown": lambda own: {"title": f"Part {own}", "body": "KR: O9.KR9"},
    "optout": lambda own: {"title": f"Part {own}", "body": "KR: none - ktlo"},
    "bot": lambda own: {"title": f"Bump part {own}", "author": "renovate[bot]"},
}


@pytest.fixture
def store(empty_sqlite: Callable[[int], str]) -> Iterator[Store]:
    yield from s.in_memory(empty_sqlite)


class Lives:
    """What the company does, and which commits were ever the head of an open pull request."""

    def __init__(self, here: Checked) -> None:
        self.here, self.draw = here, Random(11)
        self.kind = {own: list(KINDS)[own % len(KINDS)] for own in range(1, MANY + 1)}
        self.version = dict.fromkeys(self.kind, 1)
        self.said = {own: KINDS[kind](own) for own, kind in self.kind.items()}
        self.heads: set[str] = set()

    def live(self) -> None:
        """Tickets below epics, sixty pull requests, and then much that changes and much that does not."""
        here = self.here
        codes = enumerate(("O1.KR1", "O1.KR2", ""))
        here.tell(*(s.epic(*EPICS[n], 2, body=f"KR: {code}") for n, code in codes))
        here.tell(*(s.ticket(*TICKETS[n], 3, parent=EPICS[n % 3]) for n in range(12)))
        for own in self.kind:
            self.event(own, "opened")
        for own in self.draw.sample(list(self.kind), 25):
            self.version[own] += 1
            self.event(own, "synchronize")
        here.tell(s.ticket(*TICKETS[0], 150, parent=EPICS[1]), s.ticket(*TICKETS[2], 151, parent=EPICS[0]))
        here.tell(s.epic(*EPICS[2], 160, body="KR: O2.KR1"))
        for own in self.draw.sample(list(self.kind), 10):
            self.said[own] |= {"title": f"{self.said[own]['title']}, again"}
            self.event(own, "edited")
        here.tell(s.loaded(200, FIRST, s.dropped("O1.KR2"), THIRD))
        here.tell(s.loaded(201, FIRST, SECOND, THIRD))
        for own in self.draw.sample(list(self.kind), 12):
            self.event(own, "closed", state="closed", merged=own % 2 == 0)
        here.tell(s.epic(*EPICS[0], 220, body="KR: O2.KR1"))

    def event(self, own: int, action: str, **more: Any) -> None:
        """One event of a pull request."""
        head = sha(own, self.version[own])
        self.heads.add(head)
        self.here.tell(self.here.pull(own, action=action, sha=head, **self.said[own], **more))


def test_sixty_lives(store: Store, tmp_path: Path) -> None:
    with checked(store, tmp_path) as here:
        lives = Lives(here)
        lives.live()
        runs = {head: here.runs(head) for head in lives.heads}
        assert {head: len(found) for head, found in runs.items() if len(found) != 1} == {}
        assert {found[0]["status"] for found in runs.values()} == {"completed"}
        made, changed = _written(here)
        assert made == dict.fromkeys(lives.heads, 1)
        for head, told in changed.items():
            assert all(one != other for one, other in pairwise(told)), head
        before = here.writes()
        for own in lives.kind:  # what says nothing new
            if lives.here.github.items["acme/pay", own].now("acme/pay")["state"] == "open":
                for action in ("edited", "assigned", "ready_for_review"):
                    lives.event(own, action)
        here.tell(s.loaded(300, FIRST, SECOND, THIRD))
        assert here.writes() == before
        assert before["POST comments"] == 0


def _written(here: Checked) -> tuple[dict[str, int], dict[str, list[Any]]]:
    """How many runs were made on each commit, and what each of its runs was told, one after the other."""
    made: Counter[str] = Counter()
    told: defaultdict[str, list[Any]] = defaultdict(list)
    commits = {str(number): run["head_sha"] for (_, number), run in here.github.check_runs.items()}
    for call in here.github.ledger.calls:
        if call.method not in ("POST", "PATCH") or "/check-runs" not in call.path:
            continue
        head = call.json["head_sha"] if call.method == "POST" else commits[call.path.rpartition("/")[2]]
        made[head] += call.method == "POST"
        told[head].append((call.json.get("conclusion"), call.json["output"]))
    return dict(made), told


def test_fifty_pull_requests_get_no_comment(store: Store, tmp_path: Path) -> None:
    with checked(store, tmp_path, check="required") as here:
        for own in range(1, 51):
            here.open(own, **KINDS[list(KINDS)[own % len(KINDS)]](own))
        assert {what for what in here.writes() if "comment" in what or "reaction" in what} == set()
