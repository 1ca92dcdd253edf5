"""What is held of an item follows from what was told, not from when it came."""

from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linker import acts, held
from linker.held import Held, Observed, hashes_of, stated
from linker.model import Decision, Facets, ItemId, LabelAct, Millis, Observation, Relation

ITEM, PARENT, OTHER = (ItemId("jira", "acme", own) for own in ("10063", "10010", "10011"))
NOBODY: frozenset[str] = frozenset()


def said(at: Millis, read_at: Millis | None = None, **facets: Any) -> Observation:
    return Observation(item=ITEM, at=at, facets=Facets(**facets), read_at=read_at)


def take(item: Held, *told: Observation) -> Observed:
    seen = Observed(frozenset(), {}, False)
    for one in told:
        values = stated(one.facets)
        seen = held.observe(item, one, values, hashes_of(values))
    return seen


def act(item: Held, at: Millis, *, added: bool, ours: bool = False, label: str = "kr:O1.KR1") -> None:
    acts.act(item, LabelAct(item=ITEM, label=label, at=at, added=added, actor="somebody", ours=ours))


def tie(item: Held, at: Millis, *, added: bool, kind: str = "sub-issue", parent: ItemId = PARENT) -> None:
    hierarchy = kind == "sub-issue"
    acts.tie(item, Relation(child=ITEM, parent=parent, type=kind, at=at, added=added, hierarchy=hierarchy))


observations = st.builds(
    said,
    st.integers(1, 4),
    read_at=st.sampled_from([None, None, 5, 6]),
    title=st.sampled_from(["a", "b", "KR: O1.KR1"]),
    labels=st.sampled_from([(), ("kr:O1.KR1",), ("kr:O1.KR1", "x")]),
    deleted=st.sampled_from([False, False, False, True]),
)


@given(st.lists(observations, max_size=8), st.randoms(use_true_random=False))
def test_observations_make_the_same_item_in_any_order(told: list[Observation], draw: Random) -> None:
    one, other = Held(ITEM), Held(ITEM)
    take(one, *told)
    take(other, *draw.sample(told, len(told)), *told[:1])
    assert one.dump() == other.dump()


@given(st.lists(observations, max_size=5))
def test_the_stored_form_holds_everything(told: list[Observation]) -> None:
    item = Held(ITEM, row=7)
    take(item, *told)
    act(item, 3, added=True)
    tie(item, 4, added=True)
    acts.decide(item, Decision(id="d1", item=ITEM, kind="link", kr="2026Q4/O1.KR1", actor="planner", at=5))
    assert Held.load(ITEM, 7, item.seen, item.created, item.dump()) == item


def test_a_facet_that_is_not_stated_says_nothing() -> None:
    item = Held(ITEM)
    take(item, said(1, title="Cache", body="why"), said(2, title="Cache more"))
    assert item.value("title") == "Cache more"
    assert item.facets["body"].at == 1


def test_an_older_body_changes_nothing() -> None:
    item = Held(ITEM)
    take(item, said(5, title="new"))
    assert not take(item, said(4, title="old")).changed
    assert item.value("title") == "new"


def test_deleted_is_for_ever() -> None:
    item = Held(ITEM)
    take(item, said(5, deleted=True), said(9, deleted=False))
    assert item.deleted


def test_two_contents_at_one_time_leave_doubt_until_one_is_read() -> None:
    item = Held(ITEM)
    take(item, said(5, title="a"))
    assert take(item, said(5, title="b")).doubtful
    assert not take(item, said(5, title="a")).doubtful  # the doubt is known by now
    take(item, said(5, read_at=6, title="a"))
    assert item.value("title") == "a"
    assert not item.unsettled


def test_a_newer_body_ends_the_doubt() -> None:
    item = Held(ITEM)
    take(item, said(5, title="a"), said(5, title="b"), said(6, title="c"))
    assert not item.unsettled


def test_a_reading_stands_whenever_the_delivery_comes() -> None:
    item = Held(ITEM)
    take(item, said(5, read_at=6, title="a"), said(5, title="b"))
    assert item.value("title") == "a"
    assert not item.unsettled


def test_of_two_readings_the_later_stands() -> None:
    item = Held(ITEM)
    take(item, said(5, read_at=9, title="a"), said(5, read_at=6, title="b"))
    assert item.value("title") == "a"


def test_a_code_first_appeared_when_the_item_was_made_if_its_first_version_has_it() -> None:
    item = Held(ITEM)
    take(item, said(5, title="O1.KR1").model_copy(update={"created": 1}), said(9, title="O1.KR1, O1.KR2"))
    assert held.first_seen(item, "title", "O1.KR1") == 1
    assert held.first_seen(item, "title", "O1.KR2") == 9


def test_a_hierarchy_event_stands_beside_the_body_until_a_newer_one() -> None:
    item = Held(ITEM)
    take(item, said(5, parent=(str(OTHER),)))
    tie(item, 6, added=True)
    assert acts.parents(item) == (str(PARENT), str(OTHER))
    take(item, said(7, parent=(str(OTHER),)))
    assert acts.parents(item) == (str(OTHER),)


def test_the_last_word_of_a_relation_counts() -> None:
    item = Held(ITEM)
    tie(item, 9, added=False)
    tie(item, 5, added=True)
    assert acts.parents(item) == ()


def test_two_relations_between_the_same_items_are_told_apart() -> None:
    item = Held(ITEM)
    tie(item, 5, added=True, kind="blocks")
    tie(item, 6, added=True)
    assert acts.parents(item) == (str(PARENT),)
    assert acts.relations(item) == [{"type": "blocks", "outward": False, "ref": str(PARENT)}]


def test_a_label_that_a_person_set_is_theirs() -> None:
    item = Held(ITEM)
    take(item, said(5, labels=("kr:O1.KR1", "bug")))
    act(item, 5, added=True)
    assert list(acts.set_by_people(item, NOBODY)) == ["kr:O1.KR1"]


def test_a_label_that_we_set_is_not_a_person_s() -> None:
    item = Held(ITEM)
    take(item, said(5, labels=("kr:O1.KR1",)))
    act(item, 5, added=True, ours=True)
    assert acts.set_by_people(item, NOBODY) == {}
    assert acts.our_labels(item, NOBODY) == {"kr:O1.KR1"}


def test_where_nobody_told_our_ledger_says_who_set_a_label() -> None:
    item = Held(ITEM)
    take(item, said(5, labels=("kr:O1.KR1", "kr:O1.KR2")))
    assert acts.set_by_people(item, frozenset({"kr:O1.KR1"})) == {"kr:O1.KR2": None}
    assert acts.our_labels(item, frozenset({"kr:O1.KR1"})) == {"kr:O1.KR1"}


def test_a_person_takes_our_label_back_until_a_person_sets_it_again() -> None:
    item = Held(ITEM)
    act(item, 5, added=True, ours=True)
    act(item, 6, added=False)
    assert acts.taken_back(item, NOBODY)["kr:O1.KR1"] == (6, 5)
    act(item, 7, added=True)
    assert acts.taken_back(item, NOBODY) == {}


def test_what_we_do_takes_no_person_s_word_back() -> None:
    item = Held(ITEM)
    act(item, 5, added=True, ours=True)
    act(item, 6, added=False)
    act(item, 7, added=True, ours=True)
    assert "kr:O1.KR1" in acts.taken_back(item, NOBODY)


def test_a_person_who_removes_a_person_s_label_only_edits() -> None:
    item = Held(ITEM)
    act(item, 5, added=True)
    act(item, 6, added=False)
    assert acts.taken_back(item, NOBODY) == {}


def test_we_take_away_our_own_label_without_a_word() -> None:
    item = Held(ITEM)
    act(item, 5, added=True, ours=True)
    act(item, 6, added=False, ours=True)
    assert acts.taken_back(item, NOBODY) == {}


def test_a_label_of_ours_by_the_ledger_is_taken_back_too() -> None:
    item = Held(ITEM)
    act(item, 6, added=False)
    assert acts.taken_back(item, frozenset({"kr:O1.KR1"})) == {"kr:O1.KR1": (6, 6)}


def test_of_two_acts_in_one_second_the_last_agrees_with_the_labels() -> None:
    item = Held(ITEM)
    act(item, 5, added=True, ours=True)
    act(item, 5, added=False)
    take(item, said(5, labels=()))
    assert "kr:O1.KR1" in acts.taken_back(item, NOBODY)
    take(item, said(5, read_at=6, labels=("kr:O1.KR1",)))
    assert acts.taken_back(item, NOBODY) == {}


def test_other_labels_are_nobody_s_business() -> None:
    item = Held(ITEM)
    act(item, 5, added=True, label="bug")
    assert item.acts == {}
