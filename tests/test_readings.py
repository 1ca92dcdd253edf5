"""Readings of key results: each is kept once, in any order of arrival, and can be taken back."""

import json
from itertools import permutations
from typing import Any

import pytest
import scenarios as s
from sqlalchemy import select

from linker.model import Facts, Reading
from linker.store import Store, chain, deliveries, exports, readings
from linker.store.deliveries import Parcel
from linker.store.tables import readings as table
from webhooks.inbox import Inbox

KR1, KR2 = "2026Q4/O1.KR1", "2026Q4/O1.KR2"


def reading(own: str, minutes: float, value: str, kr: str = KR1, **other: Any) -> Reading:
    said = {"id": own, "kr": kr, "at": s.at(minutes), "value": value, "actor": "planner"} | other
    return Reading.model_validate(said)


def told(*said: Reading) -> list[Parcel]:
    return [
        Parcel(
            "reading", "", one.id, one.source, s.NOW, {}, one.model_dump_json(exclude_defaults=True).encode()
        )
        for one in said
    ]


def values(store: Store, kr: str = KR1) -> list[str]:
    with store.read() as connection:
        return [str(one.value) for one in readings.series(connection, kr)]


def latest(store: Store, *krs: str) -> dict[str, list[str]]:
    with store.read() as connection:
        return {kr: [one.id for one in own] for kr, own in readings.newest(connection, krs).items()}


def test_a_reading_is_kept_with_all_that_was_said(store: Store) -> None:
    own = reading("r1", 5, "420.50", confidence="0.6", note="after the cache", source="manual")
    s.tell(store, s.loaded(0), *told(own))
    with store.read() as connection:
        assert readings.series(connection, KR1) == [own]
        assert readings.by_id(connection, "r1") == own


def test_readings_stand_in_order_of_time_and_then_of_id(store: Store) -> None:
    s.tell(
        store, *told(reading("b", 7, "3"), reading("c", 9, "4"), reading("a", 7, "2"), reading("d", 5, "1"))
    )
    assert values(store) == ["1", "2", "3", "4"]


def test_any_order_and_any_number_of_times_end_the_same(empty_sqlite: Any) -> None:
    said = [reading("r1", 5, "900"), reading("r2", 6, "850"), reading("u1", 7, "850", undoes="r2")]
    for store in s.in_memory(empty_sqlite):
        for order in permutations(told(*said)):
            s.empty(store)
            s.tell(store, *order, limit=1)
            s.tell(store, s.facts(Facts(readings=tuple(said))))  # by another way once more
            assert values(store) == ["900"]
            with store.read() as connection:
                assert len(list(connection.execute(select(table)))) == 3


def test_the_same_reading_twice_in_one_batch_is_one(store: Store) -> None:
    said = Facts(readings=(reading("r1", 5, "900"), reading("r1", 5, "900"), reading("r2", 6, "800")))
    s.tell(store, s.facts(said), *told(reading("r1", 5, "900")))
    assert values(store) == ["900", "800"]


def test_a_reading_may_come_before_its_catalogue(store: Store) -> None:
    s.tell(store, *told(reading("r1", 5, "7", kr="2027Q1/O1.KR1")))
    assert values(store, "2027Q1/O1.KR1") == ["7"]


def test_an_undo_can_be_undone(store: Store) -> None:
    s.tell(store, *told(reading("r1", 5, "900"), reading("u1", 6, "900", undoes="r1")))
    assert values(store) == []
    s.tell(store, *told(reading("u2", 7, "900", undoes="u1")))
    assert values(store) == ["900"]


def test_an_undo_counts_for_its_own_key_result_only(store: Store) -> None:
    s.tell(store, *told(reading("r1", 5, "900"), reading("u1", 6, "900", kr=KR2, undoes="r1")))
    assert values(store) == ["900"]
    assert latest(store, KR1, KR2) == {KR1: ["r1"]}


def test_the_newest_are_the_last_values_and_the_last_confidences(store: Store) -> None:
    said = [reading(f"c{n}", n, "1", confidence="0.5") for n in range(3)]
    said += [reading(f"v{n}", 10 + n, "1") for n in range(3)]
    s.tell(store, *told(*said, reading("other", 4, "1", kr=KR2), reading("u", 20, "1", undoes="v2")))
    assert latest(store, KR1, KR2, "2026Q4/O9.KR9") == {KR1: ["c1", "c2", "v0", "v1"], KR2: ["other"]}


def test_whether_any_reading_was_ever_kept(store: Store) -> None:
    with store.read() as connection:
        assert not readings.any_readings(connection)
    s.tell(store, *told(reading("r1", 5, "900")))
    with store.read() as connection:
        assert readings.any_readings(connection)


def test_readings_move_no_item_and_no_hash(store: Store) -> None:
    s.tell(store, s.loaded(0), s.ticket(10012, "PAY-12", 5, title="Quote once [O1.KR1]"))
    with store.read() as connection:
        before = exports.graph_hash(connection)
    s.tell(store, *told(reading("r1", 5, "900")))
    with store.read() as connection:
        assert exports.graph_hash(connection) == before
        assert list(chain.broken(connection, table)) == []


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ({"confidence": "1.2"}, "confidence"),
        ({"value": "NaN"}, "value"),
        ({"value": "five"}, "value"),
        ({"value": "9" * 40}, "value"),
        ({"kr": ""}, "kr"),
        ({"colour": "green"}, "colour"),
    ],
    ids=lambda value: json.dumps(value) if isinstance(value, dict) else "",
)
def test_what_is_no_reading_becomes_a_dead_letter_that_names_the_place(
    store: Store, said: dict[str, str], names: str
) -> None:
    body = {"id": "r1", "kr": KR1, "at": s.at(1), "value": "5"} | said
    s.tell(store, Parcel("reading", "", "r1", "manual", s.NOW, {}, json.dumps(body).encode()))
    assert values(store) == []
    with store.read() as connection:
        (letter,) = deliveries.newest(connection, deliveries.DEAD, 5)
    assert letter["reason"].startswith(f"{names}: ")


def test_checking_in_twice_is_a_duplicate(store: Store) -> None:
    inbox = Inbox(store, lambda: s.NOW)
    assert inbox.check_in(reading("r1", 5, "900")) == "new"
    assert inbox.check_in(reading("r1", 5, "900")) == "duplicate"
    s.run(s.folding(store))
    assert values(store) == ["900"]
