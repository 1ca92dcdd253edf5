"""What is kept: chains that show an edit, a writer that loses nothing, deliveries, work that is claimed."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
import scenarios as s
from sqlalchemy import Connection, delete, insert, select, update

from linker.model import ItemId
from linker.store import Store, StoreError, chain, deliveries, items, lookup, open_store, work
from linker.store.deliveries import Kept, Parcel
from linker.store.queues import dirty, outbox, wants
from linker.store.tables import acts, aliases, applied, contents, observations
from linker.store.writer import Writer

NOW = 1_790_000_000_000


def row(item: int, **other: Any) -> dict[str, Any]:
    said = {"item": item, "label": "kr:O1.KR1", "at": NOW, "added": True, "actor": "planner", "ours": False}
    return said | {"delivery": 1, "recorded_at": NOW} | other


# --- chains


def broken(store: Store) -> list[tuple[int, str]]:
    with store.read() as connection:
        return list(chain.broken(connection, acts))


def append(store: Store, *rows: dict[str, Any]) -> None:
    with store.write() as connection:
        chain.append(connection, acts, rows)


def test_rows_of_several_transactions_form_one_chain(store: Store) -> None:
    append(store, row(1), row(2))
    append(store, row(3, actor="Zoë \N{SNOWMAN}"))
    assert broken(store) == []
    with store.read() as connection:
        hashes = connection.execute(select(acts.c.prev_hash, acts.c.row_hash).order_by(acts.c.seq)).all()
    assert [one.prev_hash for one in hashes] == [chain.GENESIS, *(one.row_hash for one in hashes[:-1])]


@pytest.mark.parametrize("column", ["item", "at", "actor", "added"])
def test_an_edit_by_hand_shows(store: Store, column: str) -> None:
    append(store, row(1), row(2), row(3))
    other = {"item": 9, "at": 9, "actor": "x", "added": False}[column]
    with store.write() as connection:
        connection.execute(update(acts).where(acts.c.item == 2).values({column: other}))
    assert [what for _, what in broken(store)] == ["its content was changed"]


def test_what_was_rolled_back_leaves_no_gap(store: Store) -> None:
    append(store, row(1))
    with pytest.raises(TypeError):
        append(store, row(2), row(3, actor=object()))
    with suppress(ZeroDivisionError), store.write() as connection:
        chain.append(connection, acts, [row(2)])
        assert 1 / 0
    append(store, row(3))
    assert broken(store) == []


def test_a_row_that_is_taken_out_shows(store: Store) -> None:
    append(store, row(1), row(2), row(3))
    with store.write() as connection:
        connection.execute(delete(acts).where(acts.c.item == 2))
    assert [what for _, what in broken(store)] == [
        "a row before it is missing",
        "it does not follow the row before it",
    ]


def test_a_row_that_is_put_in_shows(store: Store) -> None:
    append(store, row(1))
    with store.write() as connection:
        connection.execute(insert(acts), row(2, seq=2, prev_hash=chain.GENESIS, row_hash="0" * 64))
    assert [what for _, what in broken(store)] == ["it does not follow the row before it"]


def test_what_the_fold_appends_is_a_chain(store: Store) -> None:
    ticket = s.labelled(10063, "PAY-12", 5, "", "kr:O1.KR1", s.JIRA_BOT, title="Zoë \N{SNOWMAN}")
    s.tell(store, s.loaded(0), ticket, s.pull(7, 10, title="PAY-12"))
    with store.read() as connection:
        assert [*chain.broken(connection, observations), *chain.broken(connection, acts)] == []


# --- the writer


def keep_text(connection: Connection, units: Sequence[str]) -> list[str]:
    for unit in units:
        connection.execute(insert(contents), {"hash": unit, "text": unit})
    return list(units)


def test_all_that_wait_are_written(store: Store) -> None:
    writer: Writer[str, str] = Writer(store, keep_text)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(writer.call, [str(number) for number in range(40)]))
    assert answers == [str(number) for number in range(40)]
    with store.read() as connection:
        assert len(connection.execute(select(contents)).all()) == 40


def test_one_bad_unit_spoils_no_other(store: Store) -> None:
    writer: Writer[str, str] = Writer(store, keep_text)
    writer.call("same")
    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(writer.call, unit) for unit in ("a", "same", "b", "c")]
    assert [future.exception() is None for future in futures] == [True, False, True, True]
    with store.read() as connection:
        assert {found.hash for found in connection.execute(select(contents))} == {"a", "b", "c", "same"}


# --- deliveries


def parcel(guid: str = "g1", **other: Any) -> Parcel:
    return Parcel("github", "github.com", guid, "ping", NOW, {"x-github-event": "ping"}, b"{}")._replace(
        **other
    )


def kept(store: Store, *parcels: Parcel) -> list[Kept]:
    with store.write() as connection:
        return deliveries.keep(connection, parcels)


def settled(store: Store, state: int) -> None:
    with store.write() as connection:
        found = [one.id for one in deliveries.waiting(connection, 10)]
        deliveries.settle(connection, [deliveries.Outcome(own, state, "why") for own in found], NOW)


def test_a_delivery_is_kept_once(store: Store) -> None:
    assert kept(store, parcel(), parcel(), parcel("g2"), parcel(site="other")) == [
        "new",
        "duplicate",
        "new",
        "new",
    ]
    with store.read() as connection:
        waiting = deliveries.waiting(connection, 10)
    first = waiting[0]
    assert (first.guid, first.body, first.headers) == ("g1", b"{}", {"x-github-event": "ping"})


@pytest.mark.parametrize(
    ("state", "answer", "left"),
    [(deliveries.DONE, "duplicate", 0), (deliveries.IGNORED, "duplicate", 0), (deliveries.DEAD, "again", 1)],
)
def test_only_a_dead_delivery_is_taken_again(store: Store, state: int, answer: str, left: int) -> None:
    kept(store, parcel())
    settled(store, state)
    assert kept(store, parcel()) == [answer]
    with store.read() as connection:
        assert len(deliveries.waiting(connection, 10)) == left


def test_all_or_some_can_be_folded_once_more(store: Store) -> None:
    kept(store, parcel("g1"), parcel("g2"), parcel("g3"))
    settled(store, deliveries.DONE)
    with store.write() as connection:
        one = deliveries.ids_in(connection, deliveries.DONE)[0]
        assert (deliveries.again(connection, [one]), deliveries.again(connection)) == (1, 3)
    with store.read() as connection:
        assert deliveries.counts(connection) == {"waiting": 3}


# --- work


def planned(store: Store, item: int, surface: str = "label:kr:O1.KR1", at: int = NOW, **other: Any) -> None:
    said = {"item": item, "site": "acme", "surface": surface, "desired": {"present": True}}
    with store.write() as connection:
        work.plan(connection, [said | {"planned_at": at, "due_at": at} | other])


def made(store: Store, count: int = 1) -> list[int]:
    with store.write() as connection:
        ids = [ItemId("jira", "acme", str(number)) for number in range(count)]
        return list(items.create(connection, ids).values())


def claimed(store: Store, now: int = NOW, limit: int = 8) -> list[int]:
    with store.write() as connection:
        return [int(change["item"]) for change in work.claim(connection, "acme", now, 1000, limit)]


def test_a_change_is_claimed_by_one_until_its_lease_ends(store: Store) -> None:
    first, second = made(store, 2)
    planned(store, first)
    planned(store, second, at=NOW + 1)
    assert claimed(store, NOW + 5, limit=1) == [first]  # the oldest first
    assert claimed(store, NOW + 5) == [second]
    assert claimed(store, NOW + 5) == []
    assert claimed(store, NOW + 2000) == [first, second]


def test_a_change_that_is_not_due_or_of_another_site_waits(store: Store) -> None:
    first, second = made(store, 2)
    planned(store, first, at=NOW + 10)
    planned(store, second, site="other")
    assert claimed(store) == []


def test_an_item_that_will_be_judged_again_is_left_alone(store: Store) -> None:
    (item,) = made(store)
    planned(store, item)
    with store.write() as connection:
        work.mark_dirty(connection, [item], NOW)
    assert claimed(store) == []
    with store.write() as connection:
        assert work.take_dirty(connection, NOW, 10) == [item]
    assert claimed(store) == [item]


def test_a_newer_plan_takes_the_place_of_the_older(store: Store) -> None:
    (item,) = made(store)
    planned(store, item)
    planned(store, item, desired={"present": False}, at=NOW + 1)
    with store.read() as connection:
        (plan,) = connection.execute(select(outbox)).all()
    assert (plan.desired, plan.planned_at) == ({"present": False}, NOW + 1)


def test_what_was_sent_does_not_hide_a_plan_made_meanwhile(store: Store) -> None:
    (item,) = made(store)
    planned(store, item)
    with store.write() as connection:
        (change,) = work.claim(connection, "acme", NOW, 1000, 8)
    planned(store, item, desired={"present": False}, at=NOW + 1)
    with store.write() as connection:
        work.finish(connection, [work.Done(change, {"state": work.SENT}, "set")], NOW)
    with store.read() as connection:
        (plan,) = connection.execute(select(outbox)).all()
        (told,) = connection.execute(select(applied)).all()
    assert (plan.state, told.desired, told.result) == (work.WAITING, {"present": True}, "set")


def test_what_waits_in_vain_is_moot_and_what_was_sent_is_not(store: Store) -> None:
    first, second = made(store, 2)
    planned(store, first)
    planned(store, second, state=work.SENT)
    with store.write() as connection:
        work.moot(connection, [plan.id for plan in connection.execute(select(outbox))])
    with store.read() as connection:
        assert [plan.state for plan in connection.execute(select(outbox).order_by(outbox.c.item))] == [
            work.MOOT,
            work.SENT,
        ]


def test_the_earlier_time_to_judge_stands(store: Store) -> None:
    with store.write() as connection:
        work.mark_dirty(connection, [1, 2], NOW + 10)
        work.mark_dirty(connection, [1], NOW)
        work.mark_dirty(connection, [1], NOW + 5)
        assert {one.item: one.due_at for one in connection.execute(select(dirty))} == {1: NOW, 2: NOW + 10}


def test_a_reference_is_asked_for_once_but_a_dispute_always(store: Store) -> None:
    with store.write() as connection:
        work.want(connection, [("jira:PAY-12", "acme")], NOW)
        work.answer_want(connection, "jira:PAY-12", state=work.READ)
        work.want(connection, [("jira:PAY-12", "acme")], NOW)
        assert work.wanted(connection, "acme", NOW, 9) == []
        work.want_again(connection, [("jira:PAY-12", "acme")], NOW)
        work.answered(connection, ["jira:PAY-12"])  # that it came does not settle a dispute
        assert [one["reason"] for one in work.wanted(connection, "acme", NOW, 9)] == ["unsettled"]
        assert len(connection.execute(select(wants)).all()) == 1


# --- names


def test_an_item_is_found_by_any_name_it_ever_had(store: Store) -> None:
    moved = s.ticket(10063, "WEB-5", 20, changed={"Key": ("PAY-12", "WEB-5")})
    s.tell(
        store, s.ticket(10063, "PAY-12", 5), moved, s.pull(7, 10), s.renamed(("4711", "acme/new"), "pay", 20)
    )
    ticket, pull = str(s.jira_item(10063)), str(s.github_item(7))
    with store.read() as connection:
        for name in ("PAY-12", "jira:web-5", ticket):
            assert [*lookup.rows(connection, name).values()] == [ticket]
        for name in ("acme/pay#7", "github:Acme/New#7", pull):
            assert [*lookup.rows(connection, name).values()] == [pull]
        assert lookup.rows(connection, "PAY-99") == {}


def test_a_prefix_of_names_takes_wildcards_as_they_are(store: Store) -> None:
    with store.write() as connection:
        items.add_candidates(
            connection, {1: ["GITHUB:A/B_C#1"], 2: ["GITHUB:A/BXC#1"], 3: ["GITHUB:A/B_CD#1"]}
        )
        items.add_candidates(connection, {1: ["GITHUB:A/B_C#1"]})
        assert items.naming_prefix(connection, "GITHUB:A/B_C#") == {1}
        items.add_aliases(connection, [{"alias": "GITHUB:A/B", "item": 1, "since": 5}])
        assert len(connection.execute(select(aliases)).all()) == 1


def test_a_store_of_another_kind_is_refused() -> None:
    with pytest.raises(StoreError, match="Use sqlite or postgresql"):
        open_store("mysql://localhost/x")
