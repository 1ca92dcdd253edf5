"""How many pull requests each ticket of a simulated quarter takes in, read by the house's own rules."""

import json
from collections import Counter
from typing import Any

from linker import rules, tags
from linker.model import Facets, ItemId, Level
from linker.okrs import Catalogue
from linker.rules import Context, Passage, Subject
from linker.store.lists import NAMING
from webhooks.simulator import Quarter

WORDS = tags.Vocabulary(projects=frozenset({"PAY", "WEB"}))


def absorbed(told: Quarter) -> dict[str, int]:
    """Tickets as `jira:PAY-12` -> their pull requests, without the umbrella that each quarter has."""
    bodies = [(one.event, json.loads(one.body)) for one in told.deliveries]
    tickets = _tickets(bodies)
    newest = {body["pull_request"]["id"]: body for event, body in bodies if event == "pull_request"}
    found: Counter[str] = Counter()
    for body in newest.values():
        found.update(tickets[name] for name in _named(body, tickets))
    return {
        name: number for name, number in found.items() if name not in told.truth.planted["umbrella ticket"]
    }


def _tickets(bodies: list[tuple[str, Any]]) -> dict[ItemId, str]:
    found = {}
    for event, body in bodies:
        if event.startswith("jira:issue_") and body["issue"]["fields"]["issuetype"]["name"] != "Epic":
            key = body["issue"]["key"]
            found[ItemId("jira", "northwind", key)] = f"jira:{key}"
        if event == "issues" and "epic" not in [label["name"] for label in body["issue"]["labels"]]:
            number, place = body["issue"]["number"], body["repository"]
            own = ItemId("github", "github.com", f"{place['id']}#{number}")
            found[own] = f"github:{place['full_name']}#{number}"
    return found


def _named(body: Any, tickets: dict[ItemId, str]) -> set[ItemId]:
    pull, place = body["pull_request"], body["repository"]
    texts: list[tuple[str, rules.Place, str]] = [
        ("title", "title", pull["title"]),
        ("body", "body", pull["body"] or ""),
        ("branch", "branch", pull["head"]["ref"]),
    ]
    own = ItemId("github", "github.com", f"{place['id']}#{pull['number']}")
    passages = tuple(Passage(field, kind, text, tags.read(text, kind, WORDS)) for field, kind, text in texts)
    subject = Subject(own, Level.PULL_REQUEST, Facets(), passages, {}, {})
    known: dict[str, ItemId | None] = {str(one): one for one in tickets}
    known |= {name: one for one, name in tickets.items()}
    links = rules.apply_rules(subject, Context(Catalogue(()), known)).links
    by_name = {str(one): one for one in tickets}
    return {by_name[link.parent] for link in links if link.kind in NAMING and link.parent in by_name}
