"""When tickets were in which sprint follows from all that was observed; an older store learns it."""

import pytest
import scenarios as s
from sqlalchemy import select, text

from linker.store import Store
from linker.store.tables import items, stays

TICKET = (10012, "PAY-12")


def told(store: Store) -> list[tuple[str, str, int | None, int | None]]:
    """Item, sprint, since and until, in minutes of the story."""
    with store.read() as connection:
        names = {row.id: row.tid for row in connection.execute(select(items))}
        rows = connection.execute(select(stays).order_by(stays.c.item, stays.c.sprint, stays.c.since)).all()
    found = [(names[r.item], names[r.sprint], _minutes(r.since), _minutes(r.until)) for r in rows]
    return sorted(found, key=str)


def _minutes(at: int | None) -> int | None:
    return None if at is None else (at - s.START) // 60_000


MOVED = [
    s.sprint(7, "active", 1, "sprint_started"),
    s.ticket(*TICKET, 5, sprints=[7]),
    s.ticket(*TICKET, 20, sprints=[7, 8]),
    s.ticket(*TICKET, 30, sprints=[8]),
    s.ticket(*TICKET, 50, sprints=[7, 8]),
]


def test_a_ticket_that_leaves_and_comes_back_has_two_stays(store: Store) -> None:
    s.tell(store, *MOVED)
    assert told(store) == [
        ("10012", "sprint:7", 0, 30),  # what its first version says holds since it was made
        ("10012", "sprint:7", 50, None),
        ("10012", "sprint:8", 20, None),
    ]


@pytest.mark.parametrize("order", [(4, 3, 2, 1, 0), (0, 2, 1, 4, 3), (3, 1, 4, 0, 2)])
def test_a_late_word_changes_the_past_and_nothing_else(store: Store, order: tuple[int, ...]) -> None:
    for place in order:
        s.tell(store, MOVED[place])
    assert told(store) == [
        ("10012", "sprint:7", 0, 30),
        ("10012", "sprint:7", 50, None),
        ("10012", "sprint:8", 20, None),
    ]


def test_an_older_store_learns_its_past_when_it_is_upgraded(store: Store) -> None:
    s.tell(store, *MOVED, s.ticket(10013, "PAY-13", 9, sprints=[8]), s.ticket(10014, "PAY-14", 9))
    before = told(store)
    assert before
    with store.write() as connection:
        connection.execute(text("DROP TABLE stays"))
        connection.execute(text("DROP TABLE readings"))
        connection.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    store.create()
    assert told(store) == before
