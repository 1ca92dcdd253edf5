"""Events by chance: what could come of a few tickets, epics and pull requests within an hour."""

from collections.abc import Callable
from random import Random

import scenarios as s
from hypothesis import strategies as st

from linker.store.deliveries import Parcel

TICKETS = {10061: "PAY-1", 10062: "PAY-2", 10063: "WEB-1"}
EPICS = {10011: "PAY-11", 10012: "PAY-12"}
CODES = ("O1.KR1", "O1.KR2", "O2.KR1")
TEXTS = (
    "",
    "KR: O1.KR1",
    "KR: O1.KR2, O2.KR1",
    "KR: none - ktlo",
    "KR: O9.KR9",
    "Fixes PAY-1",
    "refs #1, WEB-1",
)
TITLES = ("Cache", "PAY-1 Cache", "PAY-1, PAY-2: cache", "[O2.KR1] Measure", "WEB-1 Cache", "acme/pay#2 more")
BRANCHES = ("work", "PAY-2-cache", "feature/WEB-1")
LABELS = ("kr:O1.KR1", "kr:O1.KR2")
KRS = tuple(f"2026Q4/{code}" for code in CODES)

Event = Callable[[Random, int], Parcel]


def a_ticket(draw: Random, minute: int) -> Parcel:
    own, key = draw.choice([*TICKETS.items()])
    parent = draw.choice([None, *EPICS.items(), *TICKETS.items()])
    event = "jira:issue_deleted" if draw.random() < 0.05 else "jira:issue_updated"
    return s.ticket(
        own,
        draw.choice([key, key, "PAY-99"]),
        minute,
        title=draw.choice(TITLES),
        body=draw.choice(TEXTS),
        parent=parent,
        labels=draw.sample(LABELS, draw.randrange(2)),
        status=draw.choice(["new", "indeterminate", "done"]),
        sprints=draw.sample([7, 8], draw.randrange(2)),
        event=event,
    )


def an_epic(draw: Random, minute: int) -> Parcel:
    own, key = draw.choice([*EPICS.items()])
    parent = draw.choice([None, None, *EPICS.items()])
    return s.epic(own, key, minute, body=draw.choice(TEXTS), parent=parent)


def a_label(draw: Random, minute: int) -> Parcel:
    own, key = draw.choice([*TICKETS.items()])
    label = draw.choice(LABELS)
    sides = draw.choice([("", label), (label, "")])
    return s.labelled(own, key, minute, *sides, draw.choice([s.JIRA_BOT, "557058:planner"]))


def a_pull(draw: Random, minute: int) -> Parcel:
    number = draw.choice([1, 2])
    label = draw.choice(LABELS) if draw.random() < 0.3 else None
    return s.pull(
        number,
        minute,
        action="edited" if label is None else draw.choice(["labeled", "unlabeled"]),
        label=label,
        title=draw.choice(TITLES),
        body=draw.choice(TEXTS),
        branch=draw.choice(BRANCHES),
        sha=draw.choice(["a1", "a2"]),
        state=draw.choice(["open", "open", "closed"]),
        by=draw.choice([s.BOT, "developer"]),
    )


def an_issue(draw: Random, minute: int) -> Parcel:
    parent = draw.choice([None, 3, 4])
    return s.issue(draw.choice([3, 4]), minute, body=draw.choice(TEXTS), parent=parent)


def a_sub_issue(draw: Random, minute: int) -> Parcel:
    child, parent = draw.sample([3, 4, 5], 2)
    return s.sub_issue(child, parent, minute, removed=draw.random() < 0.3)


def a_link(draw: Random, minute: int) -> Parcel:
    source, destination = draw.sample([*TICKETS, *EPICS], 2)
    kind = draw.choice(["Epic-Story Link", "Blocks", "Relates"])
    return s.linked(source, destination, minute, kind, gone=draw.random() < 0.3)


def a_word(draw: Random, minute: int) -> Parcel:
    item = draw.choice([s.jira_item(draw.choice([*TICKETS])), s.github_item(draw.choice([1, 2]))])
    own = f"d{minute}-{draw.randrange(3)}-{item.id}"
    earlier = f"d{draw.randrange(60)}-{draw.randrange(3)}-{item.id}"
    kind = draw.choice(["link", "unlink", "exempt"])
    if draw.random() < 0.2:
        return s.decided(own, item, kind, minute, undoes=earlier)
    return s.decided(
        own, item, kind, minute, **({"reason": "debt"} if kind == "exempt" else {"kr": draw.choice(KRS)})
    )


def a_name(draw: Random, minute: int) -> Parcel:
    return s.renamed(("4711", draw.choice(["acme/pay", "acme/payments"])), "old", minute)


def a_catalogue(draw: Random, minute: int) -> Parcel:
    return s.loaded(minute, *(s.kr(code) for code in draw.sample(CODES, 2)))


def a_reading(draw: Random, minute: int) -> Parcel:
    told = draw.choice([a_ticket, a_pull])(draw, minute)
    return s.read(told, minute + draw.randrange(3))


EVENTS: tuple[Event, ...] = (
    *(a_ticket, a_ticket, a_ticket, an_epic, an_epic, a_label, a_pull, a_pull, a_pull, an_issue),
    *(a_sub_issue, a_link, a_word, a_word, a_name, a_catalogue, a_reading),
)


def events(
    least: int = 8, most: int = 60, kinds: tuple[Event, ...] = EVENTS
) -> st.SearchStrategy[list[Parcel]]:
    """Deliveries in the order of their times; several may share one minute."""

    def told(draw: Random, number: int) -> list[Parcel]:
        minutes = sorted(draw.randrange(60) for _ in range(number))
        found = [s.loaded(0), *(draw.choice(kinds)(draw, minute) for minute in minutes)]
        return list({parcel.guid: parcel for parcel in found}.values())

    return st.builds(told, st.randoms(use_true_random=False), st.integers(least, most))
