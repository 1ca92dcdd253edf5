"""A delivery becomes links and standing; what cannot be folded holds up nothing, and memory is the store."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
import scenarios as s
from chance import events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from structlog.testing import capture_logs

from linker.fold import Fold
from linker.model import Facets, Facts, Link, Observation, Provenance
from linker.spans import spans
from linker.store import Store, deliveries, exports, links, views, work
from linker.store.deliveries import Parcel
from linker.store.queues import wants
from linker.store.tables import catalogues, findings, items, observations, standing
from linker.store.tables import deliveries as inbox

TICKET, EPIC = s.jira_item(10063), s.jira_item(10010)
KR1, KR2 = "2026Q4/O1.KR1", "2026Q4/O1.KR2"


@pytest.fixture
def quick(empty_sqlite: Callable[[int], str]) -> Iterator[Store]:
    yield from s.in_memory(empty_sqlite)


@pytest.fixture(autouse=True)
def logged() -> Iterator[list[Any]]:
    """What is logged, which is not told on the terminal."""
    with capture_logs() as told:
        yield told


def held_in_memory(fold: Fold) -> list[Any]:
    """The trace graph with items by their rows and key results by their names."""
    with fold.store.read() as connection:
        rows = sorted(connection.execute(select(items.c.id)).scalars())
    graph = fold.trace.graph
    scratch = graph.recompute()
    assert all(graph.standing(row) == scratch[row] for row in scratch)
    return [
        fold.reader.catalogue,
        *((row, graph.level(row), graph.edges(row), fold.trace.serves(row)) for row in rows),
    ]


def outcomes(store: Store) -> dict[str, tuple[str, str | None]]:
    with store.read() as connection:
        return {
            row.guid: (deliveries.STATES[row.state], row.reason) for row in connection.execute(select(inbox))
        }


def count(store: Store, table: Any) -> int:
    with store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def found(store: Store, finding: str) -> set[str]:
    with store.read() as connection:
        query = select(items.c.tid).join(findings, findings.c.item == items.c.id)
        return set(connection.execute(query.where(findings.c.finding == finding)).scalars())


# --- what cannot be folded

HUGE = s.facts(Facts(observations=(Observation(item=TICKET, at=1 << 70, facets=Facets(title="late")),)))
HUGE = HUGE._replace(guid="huge")
LONG = s.decided("x" * 150, s.github_item(1, ("9" * 400, "a/b")), "link", 4, kr=KR1)
NUL = s.decided("nul", TICKET, "link", 5, kr=KR1)._replace(
    body=b'{"id":"nul\\u0000","item":["jira","acme","10063"],"kind":"link","actor":"p","at":5}'
)


@pytest.mark.parametrize("limit", [1, 64])
@pytest.mark.parametrize("poison", [HUGE, NUL, LONG], ids=["huge", "nul", "long"])
def test_poison_ends_among_the_dead_and_the_others_go_on(store: Store, poison: Parcel, limit: int) -> None:
    before, after = s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1"), s.pull(7, 10, title="PAY-12")
    fold = s.tell(store, s.loaded(0), before, poison, after, limit=limit)
    assert s.serves(store, s.github_item(7)) == [KR1]
    assert held_in_memory(fold) == held_in_memory(s.folding(store))
    state, reason = outcomes(store)[poison.guid]
    if state != "done":  # SQLite keeps any text
        assert (state, bool(reason)) == ("dead", True)
        with store.read() as connection:
            assert connection.execute(select(inbox.c.attempts).where(inbox.c.state == 3)).scalar_one() == 2


def test_only_sqlite_keeps_what_postgres_refuses(store: Store) -> None:
    s.tell(store, HUGE, NUL, LONG)
    states = {name[:4]: state for name, (state, _) in outcomes(store).items()}
    text = "done" if store.sqlite else "dead"
    assert states == {"huge": "dead", "nul": text, "xxxx": text}


def test_a_failure_is_told_with_its_delivery(store: Store, logged: list[Any]) -> None:
    s.tell(store, HUGE)
    assert [(told["event"], told["dead"]) for told in logged] == [
        ("fold failed", False),
        ("fold failed", True),
    ]


def test_what_cannot_be_read_is_dead_at_once_with_a_reason(store: Store) -> None:
    fold = s.folding(store)
    odd = s.ticket(10063, "PAY-12", 5)._replace(guid="odd", body=b"{")
    elsewhere = s.ticket(10063, "PAY-12", 5)._replace(guid="elsewhere", site="other")
    s.tell(store, odd, elsewhere, s.loaded(0), fold=fold)
    assert outcomes(store)["odd"][0] == outcomes(store)["elsewhere"][0] == "dead"
    assert "app.yaml" in str(outcomes(store)["elsewhere"][1])


def test_a_dead_delivery_can_be_folded_once_more(store: Store) -> None:
    fold = s.tell(store, HUGE)
    with store.write() as connection:
        assert deliveries.again(connection, deliveries.ids_in(connection, deliveries.DEAD)) == 1
    s.run(fold)
    assert outcomes(store)["huge"][0] == "dead"


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=events(8, 40), limit=st.sampled_from([1, 4]), place=st.integers(0, 7))
def test_memory_is_what_the_store_holds_after_every_batch(
    quick: Store, told: list[Parcel], limit: int, place: int
) -> None:
    s.empty(quick)
    s.keep(quick, [*told[:place], HUGE, *told[place:]])
    fold = s.folding(quick)
    while fold.run(limit):
        assert held_in_memory(fold) == held_in_memory(s.folding(quick))


# --- once is enough


def test_the_same_facts_once_more_are_not_written_again(store: Store) -> None:
    told = [s.loaded(0), s.ticket(10063, "PAY-12", 5), s.ticket(10063, "PAY-12", 9, title="New")]
    fold = s.tell(store, *told)
    s.tell(store, *(parcel._replace(guid=f"{parcel.guid}-again") for parcel in told), fold=fold)
    assert (count(store, observations), count(store, catalogues)) == (2, 1)


def test_reading_what_is_known_only_confirms_it(store: Store) -> None:
    told = s.ticket(10063, "PAY-12", 5)
    fold = s.tell(store, told, s.read(told, 6), s.read(told, 7))
    assert count(store, observations) == 2
    s.tell(store, s.ticket(10063, "PAY-12", 5, title="Disputed"), fold=fold)
    assert s.facet(store, TICKET, "title")[1:] == (s.at(7), s.facet(store, TICKET, "title").hash, "A ticket")


# --- what is asked for


def asked(store: Store) -> dict[str, tuple[str, int]]:
    with store.read() as connection:
        return {row.ref: (row.reason, row.state) for row in connection.execute(select(wants))}


def test_what_is_named_and_not_held_is_asked_for_once(store: Store) -> None:
    fold = s.folding(store, site="acme")
    s.tell(store, s.loaded(0), s.pull(7, 10, title="PAY-12, PAY-13: cache"), fold=fold)
    assert asked(store) == {f"jira:PAY-{n}": ("named", work.OPEN) for n in (12, 13)}


def test_a_verdict_is_undecided_until_the_answer_comes(store: Store) -> None:
    fold = s.folding(store, site="acme")
    s.tell(store, s.loaded(0), s.pull(7, 10, title="PAY-12 Cache"), fold=fold)
    assert verdict(store) == "undecided"
    with store.write() as connection:
        work.answer_want(connection, "jira:PAY-12", state=work.GONE)
        work.mark_dirty(connection, [s.row_of(connection, s.github_item(7))], 0)
    s.judge(store, fold)
    assert verdict(store) == "unlinked"


def test_what_comes_by_itself_needs_no_answer(store: Store) -> None:
    fold = s.folding(store, site="acme")
    s.tell(store, s.loaded(0), s.pull(7, 10, title="PAY-12 Cache"), fold=fold)
    s.tell(store, s.ticket(10063, "PAY-12", 5), fold=fold)
    assert asked(store)["jira:PAY-12"] == ("named", work.READ)
    assert verdict(store) == "unlinked"


def test_what_the_text_no_longer_names_is_not_waited_for(store: Store) -> None:
    fold = s.folding(store, site="acme")
    s.tell(store, s.loaded(0), s.pull(7, 10, title="PAY-12 Cache"), fold=fold)
    s.tell(store, s.pull(7, 11, title="Cache"), fold=fold)
    assert verdict(store) == "unlinked"


def verdict(store: Store) -> str:
    with store.read() as connection:
        (found,) = s.seen(connection)["verdicts"]
    return str(found[1])


def test_what_two_bodies_dispute_is_asked_for_whenever_it_is_disputed(store: Store) -> None:
    fold = s.folding(store, site="acme")
    s.tell(store, s.pull(7, 10, title="One"), s.pull(7, 10, title="Two"), fold=fold)
    own = str(s.github_item(7))
    assert asked(store) == {own: ("unsettled", work.OPEN)}
    with store.write() as connection:
        work.answer_want(connection, own, state=work.READ)
    s.tell(store, s.pull(7, 10, title="Two"), s.read(s.pull(7, 10, title="Two"), 11), fold=fold)
    assert asked(store)[own][1] == work.READ
    s.tell(store, s.pull(7, 20, title="One"), s.pull(7, 20, title="Two"), fold=fold)
    assert asked(store)[own] == ("unsettled", work.OPEN)


# --- what is seen


def test_an_item_that_was_only_decided_on_is_in_the_graph_but_in_no_total(store: Store) -> None:
    s.tell(store, s.loaded(0), s.decided("d1", TICKET, "link", 1, kr=KR1), s.sub_issue(3, 4, 2))
    with store.read() as connection:
        held = [json.loads(line)["item"] for line in exports.lines(connection)]
        totals = views.totals(connection)
    assert str(TICKET) in held
    assert (totals["tickets"], totals["serving"]) == (2, 0)


def test_a_parent_that_is_named_by_its_id_is_a_link_when_it_is_seen(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), s.ticket(10063, "PAY-12", 5, parent=(10010, "PAY-3")))
    assert s.serves(store, TICKET) == []
    s.tell(store, s.epic(10010, "PAY-3", 2, body="KR: O1.KR1"), fold=fold)
    assert s.serves(store, TICKET) == [KR1]


def test_the_items_of_a_renamed_repository_show_its_new_name(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), s.pull(7, 10), s.issue(71, 10))
    s.tell(store, s.renamed(("4711", "acme/payments"), "pay", 20), fold=fold)
    with store.read() as connection:
        rows = connection.execute(select(items.c.alias, items.c.container).where(items.c.held)).all()
    assert {tuple(row) for row in rows if row.container != "acme/payments"} == set()
    assert {row.alias for row in rows} == {"acme/payments", "acme/payments#7", "acme/payments#71"}


def test_all_of_a_circle_are_told_that_it_serves_nothing(store: Store) -> None:
    fold = s.tell(store, s.sub_issue(3, 4, 2), s.sub_issue(4, 5, 3))
    assert found(store, "idle_parent") == set()
    s.tell(store, s.sub_issue(5, 3, 4), fold=fold)
    assert found(store, "idle_parent") == {"4711#3", "4711#4", "4711#5"}
    s.tell(store, s.sub_issue(4, 5, 5, removed=True), fold=fold)
    assert found(store, "idle_parent") == set()


def test_a_parent_that_becomes_an_epic_ends_the_idle_hierarchy_below(store: Store) -> None:
    below = s.ticket(10063, "PAY-12", 5, parent=(10010, "PAY-3"))
    fold = s.tell(store, s.loaded(0), s.ticket(10010, "PAY-3", 2, body="KR: O1.KR1"), below)
    assert (found(store, "idle_parent"), s.serves(store, TICKET)) == ({"10063"}, [])
    s.tell(store, s.epic(10010, "PAY-3", 9, body="KR: O1.KR1"), fold=fold)
    assert (found(store, "idle_parent"), s.serves(store, TICKET)) == (set(), [KR1])


def test_dropping_a_key_result_rewrites_no_standing(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1"))
    s.keep(store, [s.loaded(9, s.dropped("O1.KR1"), s.kr("O1.KR2"), s.kr("O2.KR1"))])
    with store.read() as connection:
        before = connection.execute(select(standing)).all()
    s.run(fold)
    with store.read() as connection:
        assert connection.execute(select(standing)).all() == before
        assert work.any_dirty(connection, s.NOW)


def test_a_key_result_that_leaves_the_catalogue_is_served_by_nobody(store: Store) -> None:
    word = s.decided("d1", TICKET, "link", 6, kr=KR2)
    fold = s.tell(store, s.loaded(0), s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1"), word)
    s.tell(store, s.loaded(9, s.kr("O2.KR1")), fold=fold)
    assert s.serves(store, TICKET) == []
    s.tell(store, s.loaded(10, s.kr("O1.KR1"), s.kr("O1.KR2")), fold=fold)
    assert s.serves(store, TICKET) == [KR1, KR2]


def test_an_unlink_stands_below_and_survives_every_rescan(store: Store) -> None:
    ticket, pull = s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1, O1.KR2"), s.pull(7, 10, title="PAY-12")
    fold = s.tell(store, s.loaded(0), ticket, pull, s.decided("d1", TICKET, "unlink", 20, kr=KR1))
    s.tell(store, s.read(ticket, 30), s.read(pull, 31), fold=fold)
    assert s.serves(store, TICKET) == s.serves(store, s.github_item(7)) == [KR2]


def test_an_exemption_comes_down_and_a_key_result_beats_it(store: Store) -> None:
    ticket = s.ticket(10063, "PAY-12", 5)
    fold = s.tell(store, s.loaded(0), ticket, s.pull(7, 10, title="PAY-12"))
    s.tell(store, s.decided("d1", TICKET, "exempt", 20, reason="debt"), fold=fold)
    assert s.serves(store, s.github_item(7)) == ["(debt)"]
    s.tell(store, s.pull(7, 21, title="PAY-12", body="KR: O1.KR2"), fold=fold)
    assert s.serves(store, s.github_item(7)) == [KR2]


# --- history is what the days were

TITLES = ("Cache", "PAY-12 Cache", "PAY-13, PAY-12: cache", "O1.KR1: cache")
versions = st.lists(
    st.tuples(
        st.integers(2, 12), st.sampled_from(TITLES), st.sampled_from(["", "refs PAY-13", "KR: O1.KR2"])
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda version: version[0],
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(versions, st.randoms(use_true_random=False), st.sampled_from([1, 3, 64]))
def test_the_log_of_links_is_what_each_day_said(
    quick: Store, told: list[tuple[int, str, str]], draw: Any, limit: int
) -> None:
    around = [s.loaded(0), s.ticket(10063, "PAY-12", 1), s.ticket(10064, "PAY-13", 1)]
    pulls = {at: s.pull(7, at, title=title, body=body) for at, title, body in told}
    days: list[tuple[int, list[Link]]] = []
    for at in sorted(pulls):
        s.empty(quick)
        s.tell(quick, *around, pulls[at])
        days.append((s.at(at) if days else s.at(1), _links(quick)))
    s.empty(quick)
    s.tell(quick, *draw.sample([*around, *pulls.values()], len(around) + len(pulls)), limit=limit)
    with quick.read() as connection:
        own = {span for name, span in s.told_spans(connection) if name == "github:4711#7"}
    assert own == set(spans(days))


def _links(store: Store) -> list[Link]:
    """The links of the pull request now."""
    own = s.github_item(7)
    with store.read() as connection:
        row = s.row_of(connection, own)
        now = links.links_of(connection, [row]).get(row, {})
    why = Provenance(rule="", field="")
    return [Link(child=own, parent=parent, kind=row["kind"], why=why) for (parent, _), row in now.items()]


# --- a change of the catalogue that is cut off


@pytest.mark.parametrize("call", range(1, 9))
def test_a_catalogue_that_was_cut_off_is_linked_to_the_end(quick: Store, call: int) -> None:
    """Killed at any moment between its transactions, the next one to lead ends where it would have ended."""
    told = [
        s.loaded(0),
        s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1, O1.KR3"),
        s.pull(7, 10, title="PAY-12"),
    ]
    amended = s.loaded(20, s.kr("O1.KR3"))
    s.tell(quick, *told, amended)
    with quick.read() as connection:
        whole = s.seen(connection)
    s.empty(quick)
    s.tell(quick, *told)
    s.keep(quick, [amended])
    calls = iter(range(1, 100))

    def clock() -> int:
        if next(calls) == call:
            raise KeyboardInterrupt
        return s.NOW

    with suppress(KeyboardInterrupt):
        s.run(s.folding(quick, clock=clock))
    fold = s.tell(quick)
    with quick.read() as connection:
        assert s.seen(connection) == whole
    assert held_in_memory(fold) == held_in_memory(s.folding(quick))


def test_the_catalogue_that_holds_is_not_linked_twice(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1"))
    with store.write() as connection:
        deliveries.again(connection)
    s.run(fold)
    with store.read() as connection:
        assert not work.any_dirty(connection, s.NOW)
