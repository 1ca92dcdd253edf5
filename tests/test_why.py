"""Why an item serves what it serves: paths that never say more, or less, than the standing."""

from collections.abc import Callable, Iterator

import pytest
import scenarios as s
from chance import events
from hypothesis import HealthCheck, given, settings
from sqlalchemy import select

from linker.store import Store
from linker.store.deliveries import Parcel
from linker.store.tables import items
from linker.why import Why, as_json, why, words

EPIC, TICKET = (10010, "PAY-3"), (10063, "PAY-12")
KR1 = "2026Q4/O1.KR1"
COMPANY = (
    s.loaded(0),
    s.epic(*EPIC, 2, body="KR: O1.KR1"),
    s.ticket(*TICKET, 5, parent=EPIC),
    s.pull(7, 10, title="PAY-12 Cache"),
)


def asked(store: Store, *parcels: Parcel, of: int = 7) -> Why:
    s.tell(store, *COMPANY, *parcels)
    with store.read() as connection:
        item = s.github_item(of) if of < 100 else s.jira_item(of)
        return why(connection, s.row_of(connection, item))


def ways(found: Why) -> list[tuple[str, list[str], bool]]:
    return [(path.kr, [step.target for step in path.steps], path.decided) for path in found.paths]


def test_a_path_goes_up_to_the_tag(store: Store) -> None:
    found = asked(store)
    assert ways(found) == [(KR1, [str(s.jira_item(10063)), str(s.jira_item(10010)), KR1], False)]
    assert words(found, found.paths[0], found.paths[0].steps[0]) == (
        "  github:acme/pay#7 -> jira:PAY-12  (delivers, ticket_key in title: PAY-12)"
    )
    assert [link["from"] for link in as_json(found)["paths"][0]["links"]][-1] == "jira:PAY-3"


def test_a_person_s_link_is_a_path_of_its_own(store: Store) -> None:
    found = asked(store, s.decided("d1", s.jira_item(10063), "link", 20, kr=KR1))
    ticket, epic = str(s.jira_item(10063)), str(s.jira_item(10010))
    assert ways(found) == [(KR1, [ticket], True), (KR1, [ticket, epic, KR1], False)]


def test_an_exemption_leaves_only_the_link_made_after_it(store: Store) -> None:
    pull = s.github_item(7)
    exempt = s.decided("d1", pull, "exempt", 20, reason="debt")
    found = asked(store, exempt, s.decided("d2", pull, "link", 21, kr=KR1))
    assert ways(found) == [(KR1, [], True)]


def test_what_a_person_unlinked_below_has_no_path(store: Store) -> None:
    found = asked(store, s.decided("d1", s.jira_item(10063), "unlink", 20, kr=KR1))
    assert (found.krs, found.paths) == ((), ())


def test_two_ways_of_one_length_are_told_in_the_same_order(store: Store) -> None:
    other = (s.ticket(10064, "PAY-13", 6, parent=EPIC), s.pull(7, 20, title="PAY-13, PAY-12: cache"))
    assert [path.steps[0].target for path in asked(store, *other).paths] == [
        str(s.jira_item(10063)),
        str(s.jira_item(10064)),
    ]


def test_a_circle_gives_no_path_through_itself(store: Store) -> None:
    """Issues 3 and 4 are each other's parent: what 4 holds of itself does not come to 3 that way."""
    tagged = s.issue(4, 20, body="KR: O1.KR2")
    found = asked(
        store, tagged, s.sub_issue(3, 4, 21), s.sub_issue(4, 3, 22), s.issue(4, 23, body="KR: O1.KR2"), of=3
    )
    assert (found.krs, found.paths) == ((), ())


@pytest.fixture
def quick(empty_sqlite: Callable[[int], str]) -> Iterator[Store]:
    yield from s.in_memory(empty_sqlite)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=events(10, 40))
def test_the_paths_name_exactly_what_the_standing_names(quick: Store, told: list[Parcel]) -> None:
    s.empty(quick)
    s.tell(quick, *told)
    with quick.read() as connection:
        for row in connection.execute(select(items.c.id).where(items.c.held)).scalars():
            found = why(connection, row)
            assert {path.kr for path in found.paths} == set(found.krs)
