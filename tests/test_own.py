"""A person's words on an item: the latest on each key result holds, and nothing else takes it back."""

from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linker import acts, held
from linker.held import Held, hashes_of, stated
from linker.model import Decision, Facets, ItemId, LabelAct, Millis, Observation
from linker.own import OwnState, in_force, own_state

ITEM = ItemId("jira", "acme", "10063")
KR1, KR2 = "2026Q4/O1.KR1", "2026Q4/O1.KR2"
KNOWN = {KR1, KR2}
NOBODY: frozenset[str] = frozenset()


def word(own: str, kind: str, at: Millis, **other: Any) -> Decision:
    said = {"id": own, "item": ITEM, "kind": kind, "at": at, "actor": "planner"} | other
    return Decision.model_validate(said)


def bind(code: str, cycle: str | None, at: Millis) -> str | None:
    return f"2026Q4/{code}"


def state(*decisions: Decision, item: Held | None = None, tagged: frozenset[str] = NOBODY) -> OwnState:
    item = item or Held(ITEM)
    for decision in decisions:
        acts.decide(item, decision)
    return own_state(item, tagged, None, NOBODY, bind, KNOWN)


def labelled(*told: tuple[Millis, bool, bool], there: bool) -> Held:
    """An item whose label kr:O1.KR1 was set (True) or removed, by us (True) or by a person."""
    item = Held(ITEM)
    for at, added, ours in told:
        acts.act(item, LabelAct(item=ITEM, label="kr:O1.KR1", at=at, added=added, actor="x", ours=ours))
    seen = Observation(item=ITEM, at=told[-1][0], facets=Facets(labels=("kr:O1.KR1",) if there else ()))
    values = stated(seen.facets)
    held.observe(item, seen, values, hashes_of(values))
    return item


def test_the_latest_word_on_a_key_result_holds() -> None:
    assert state(word("d1", "link", 1, kr=KR1), word("d2", "unlink", 2, kr=KR1)).unlinked == {KR1}
    assert state(word("d2", "unlink", 2, kr=KR1), word("d3", "link", 3, kr=KR1)).linked == {KR1}


def test_words_on_other_key_results_stand_beside_it() -> None:
    found = state(word("d1", "link", 1, kr=KR1), word("d2", "unlink", 2, kr=KR2))
    assert found == OwnState(linked=frozenset({KR1}), unlinked=frozenset({KR2}))


def test_of_two_comments_in_one_second_the_later_one_holds() -> None:
    ninth = word("d1", "link", 1, kr=KR1, order="9")
    tenth = word("d2", "unlink", 1, kr=KR1, order="10")
    assert state(ninth, tenth).unlinked == {KR1}


def test_a_link_after_an_exemption_ends_it_here() -> None:
    found = state(word("d1", "exempt", 1, reason="ktlo"), word("d2", "link", 2, kr=KR1))
    assert found == OwnState(exempt="ktlo", linked=frozenset({KR1}))


def test_an_exemption_after_a_link_takes_it_back() -> None:
    found = state(word("d1", "link", 1, kr=KR1), word("d2", "exempt", 2, reason="ktlo"))
    assert (found.exempt, found.linked) == ("ktlo", frozenset())


def test_a_key_result_that_the_catalogue_does_not_hold_is_served_by_nobody() -> None:
    assert state(word("d1", "link", 1, kr="2026Q4/O9.KR9")).linked == NOBODY


def test_an_undo_can_be_undone() -> None:
    link = word("d1", "link", 1, kr=KR1)
    undo = word("d2", "link", 2, undoes="d1")
    again = word("d3", "link", 3, undoes="d2")
    assert state(link, undo).linked == NOBODY
    assert state(link, undo, again).linked == {KR1}


def test_undoing_a_later_word_gives_the_earlier_one_back() -> None:
    told = (
        word("d1", "link", 1, kr=KR1),
        word("d2", "unlink", 2, kr=KR1),
        word("d3", "unlink", 3, undoes="d2"),
    )
    assert state(*told).linked == {KR1}


def test_undos_of_one_moment_are_untangled_by_what_they_undo() -> None:
    told = [word("b", "link", 1, kr=KR1), word("a", "link", 1, undoes="b"), word("c", "link", 1, undoes="a")]
    assert all([d.id for d in in_force(order)] == ["b"] for order in permutations(told))


def test_undos_in_a_circle_do_not_hang() -> None:
    told = [word("a", "link", 1, undoes="b"), word("b", "link", 2, undoes="a"), word("c", "link", 3, kr=KR1)]
    assert [decision.id for decision in in_force(told)] == ["c"]


words = st.builds(
    lambda own, kind, at, kr, undoes: word(str(own), kind, at, kr=kr, undoes=undoes, reason="debt"),
    st.integers(0, 5),
    st.sampled_from(["link", "unlink", "exempt"]),
    st.integers(1, 3),
    st.sampled_from([KR1, KR2]),
    st.sampled_from([None, None, "0", "1", "2"]),
)


@given(st.lists(words, max_size=5, unique_by=lambda decision: decision.id))
def test_decisions_mean_the_same_in_any_order(told: list[Decision]) -> None:
    assert len({state(*order) for order in permutations(told)}) == 1


def test_whoever_removes_our_label_unlinks() -> None:
    assert state(item=labelled((1, True, True), (2, False, False), there=False)).unlinked == {KR1}


def test_the_removal_survives_that_we_set_it_once_more() -> None:
    item = labelled((1, True, True), (2, False, False), (3, True, True), there=True)
    assert state(item=item).unlinked == {KR1}


def test_whoever_sets_it_again_takes_the_removal_back() -> None:
    item = labelled((1, True, True), (2, False, False), (3, True, False), there=True)
    assert state(item=item).unlinked == NOBODY


def test_a_label_set_later_beats_an_unlink_decision_and_the_other_way_round() -> None:
    item = labelled((5, True, False), there=True)
    assert state(word("d1", "unlink", 4, kr=KR1), item=item).unlinked == NOBODY
    assert state(word("d2", "unlink", 6, kr=KR1), item=item).unlinked == {KR1}


def test_the_stored_form_holds_everything() -> None:
    own = OwnState(frozenset({KR1}), "none", frozenset({KR2}), frozenset({KR1}), "debt")
    assert OwnState.load(own.dump() or {}) == own
    assert OwnState().dump() is None
