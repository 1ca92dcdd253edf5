"""A person's move becomes one write, is taken back by one, and never overrules whoever was there since."""

from collections.abc import Iterable
from itertools import permutations
from typing import Any

import pytest
import scenarios as s
from hypothesis import given, settings
from hypothesis import strategies as st

from linker.model import Decision
from linker.moves import Spot, Word, moves, said
from linker.store import Store, work
from linker.store.deliveries import Parcel

ITEM = s.jira_item(10063)
A, B, C, ELSEWHERE = (f"jira:acme:sprint:{number}" for number in (1, 2, 3, 9))
BACKLOG = None


def move(own: str, to: str | None, seen: Iterable[str] = (A,), minutes: int = 1) -> Decision:
    content = {"id": own, "item": ITEM, "kind": "move", "actor": "planner", "at": s.at(minutes)}
    return Decision.model_validate({**content, "sprint": to, "seen": tuple(seen)})


def undo(own: str, of: str, minutes: int = 5) -> Decision:
    content = {"id": own, "item": ITEM, "kind": "move", "actor": "planner", "at": s.at(minutes)}
    return Decision.model_validate({**content, "undoes": of})


def spot(*now: str, closed: Iterable[str] = (), sent: dict[str, str | None] | None = None) -> Spot:
    return Spot(frozenset(now), frozenset(closed), sent or {})


def wanted(at: Spot, *decisions: Decision, category: str | None = "todo") -> tuple[str | None, str] | None:
    found = moves(ITEM, category, decisions, at)
    assert [one.surface for one in found] in ([], ["sprint"])
    return (found[0].desired["to"], found[0].desired["decision"]) if found else None


def test_a_move_is_one_change_that_says_from_where_and_by_which_decision() -> None:
    (change,) = moves(ITEM, "todo", [move("m", B)], spot(A))
    assert change.desired == {"to": B, "from": [A], "decision": "m"}


def test_the_backlog_is_a_place_to_go_to_and_to_come_from() -> None:
    assert wanted(spot(A), move("m", BACKLOG)) == (None, "m")
    assert wanted(spot(), move("m", B, ())) == (B, "m")


def test_what_is_there_already_wants_nothing() -> None:
    assert wanted(spot(B), move("m", B)) is None


def test_what_a_person_moved_meanwhile_is_not_overwritten() -> None:
    assert wanted(spot(ELSEWHERE), move("m", B)) is None
    assert said("todo", [move("m", B)], spot(ELSEWHERE)) == Word("m", B, "elsewhere")


def test_a_ticket_keeps_its_closed_sprints_for_ever_and_they_count_nowhere() -> None:
    assert wanted(spot(A, ELSEWHERE, closed=[ELSEWHERE]), move("m", B)) == (B, "m")
    assert wanted(spot(B, ELSEWHERE, closed=[ELSEWHERE]), move("m", B)) is None
    assert wanted(spot(A, closed=[A]), move("m", B)) == (B, "m")  # it ended with the ticket in it


@pytest.mark.parametrize("category", ["done", "dropped", None])
def test_what_is_done_is_not_moved(category: str | None) -> None:
    assert wanted(spot(A), move("m", B), category=category) is None
    assert said(category, [move("m", B)], spot(A)) == Word("m", B, "over")


def test_the_latest_move_holds() -> None:
    assert wanted(spot(A), move("n", C, minutes=2), move("m", B)) == (C, "n")


def test_a_decision_is_sent_once_whatever_becomes_of_the_ticket() -> None:
    assert wanted(spot(A), move("m", B)) == (B, "m")
    assert wanted(spot(A, sent={"m": B}), move("m", B)) is None


def test_an_undo_before_it_was_sent_leaves_nothing_to_do() -> None:
    assert wanted(spot(A), move("m", B), undo("u", "m")) is None


def test_an_undo_after_it_was_sent_wants_the_way_back_once() -> None:
    after = (move("m", B), undo("u", "m"))
    assert wanted(spot(B, sent={"m": B}), *after) == (A, "u")
    assert wanted(spot(B, sent={"m": B, "u": A}), *after) is None
    assert wanted(spot(A, sent={"m": B, "u": A}), *after) is None


def test_the_way_back_overwrites_nobody_either() -> None:
    assert wanted(spot(ELSEWHERE, sent={"m": B}), move("m", B), undo("u", "m")) is None


def test_the_way_back_waits_until_the_tracker_told_of_the_way_there() -> None:
    assert wanted(spot(A, sent={"m": B}), move("m", B), undo("u", "m")) is None


def test_an_undo_of_an_undo_is_a_move_of_its_own() -> None:
    again = (move("m", B), undo("u", "m"), undo("r", "u", 6))
    assert wanted(spot(A, sent={"m": B, "u": A}), *again) == (B, "r")
    assert wanted(spot(B, sent={"m": B}), *again) is None


def test_a_second_move_goes_on_from_where_the_first_one_put_it() -> None:
    """The second was decided before the page showed the first one done."""
    both = (move("m", B), move("n", C, minutes=2))
    assert wanted(spot(B, sent={"m": B}), *both) == (C, "n")
    assert wanted(spot(B), *both) is None  # but when somebody else put it there, not


def test_taking_back_the_second_of_two_moves_gives_the_first() -> None:
    chain = (move("m", B), move("n", C, (B,), 2), undo("u", "n"))
    assert wanted(spot(C, sent={"m": B, "n": C}), *chain) == (B, "u")


def test_taking_back_both_gives_what_was_before() -> None:
    chain = (move("m", B), move("n", C, (B,), 2), undo("u", "n"), undo("v", "m", 6))
    assert wanted(spot(C, sent={"m": B, "n": C}), *chain) == (A, "v")
    assert wanted(spot(B, sent={"m": B, "n": C, "u": B}), *chain) == (A, "v")


def test_taking_back_both_where_somebody_moved_it_in_between_goes_back_over_one_only() -> None:
    chain = (move("m", B), move("n", C, (ELSEWHERE,), 2), undo("u", "n"), undo("v", "m", 6))
    assert wanted(spot(C, sent={"m": B, "n": C}), *chain) == (ELSEWHERE, "u")


def test_a_move_that_is_known_late_is_made_though_a_later_one_went_back_already() -> None:
    chain = (move("m", B), move("n", B, minutes=2), undo("u", "n"))
    assert wanted(spot(A, sent={"n": B, "u": A}), *chain) == (B, "m")
    assert wanted(spot(A, sent={"n": B, "u": B}), *chain) is None  # somebody took it away from where it went


def test_several_sprints_at_once_cannot_be_given_back() -> None:
    chain = (move("m", C, (A, B)), undo("u", "m"))
    assert wanted(spot(A, B), chain[0]) == (C, "m")
    assert wanted(spot(C, sent={"m": C}), *chain) is None


def test_what_was_tried_without_an_answer_is_looked_at_again_and_remembered() -> None:
    tried = Spot(frozenset({B}), tried={"m": B})
    (again,) = moves(ITEM, "todo", [move("m", B)], tried)
    assert again.desired == {"to": B, "from": [B], "decision": "m", "tried": {"m": B}}
    assert wanted(tried, move("m", B), undo("u", "m")) == (A, "u")
    assert wanted(tried, move("m", B), move("n", C, minutes=2)) == (C, "n")


# --- from the store


def planned(store: Store) -> list[tuple[str, str, Any]]:
    return [one for one in s.wanted(store) if one[1] == "sprint"]


def ticketed(updated: float, *sprints: int) -> Parcel:
    return s.ticket(10063, "PAY-12", updated, sprints=sprints)


def decided(own: str, minutes: float, **other: Any) -> Parcel:
    return s.decided(own, ITEM, "move", minutes, **other)


def test_a_decision_that_is_folded_waits_in_the_outbox(store: Store) -> None:
    s.tell(store, s.loaded(0), ticketed(5, 1), decided("m", 6, sprint=B, seen=[A]))
    assert planned(store) == [("jira:10063", "sprint", [("decision", "m"), ("from", [A]), ("to", B)])]


def test_an_undo_makes_what_waits_moot(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), ticketed(5, 1), decided("m", 6, sprint=B, seen=[A]))
    s.tell(store, decided("u", 7, undoes="m"), fold=fold)
    assert planned(store) == []


def test_a_ticket_that_somebody_else_moved_wants_nothing_any_more(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), ticketed(5, 1), decided("m", 6, sprint=B, seen=[A]))
    s.tell(store, ticketed(8, 9), fold=fold)
    assert planned(store) == []


def test_sprints_that_the_store_knows_as_closed_count_nowhere(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), ticketed(5, 9, 1), s.sprint(9, "closed", 6, "sprint_closed"))
    s.tell(store, decided("m", 7, sprint=B, seen=[A]), fold=fold)
    assert planned(store) == [("jira:10063", "sprint", [("decision", "m"), ("from", [A]), ("to", B)])]


def test_what_was_sent_is_taken_back_by_the_ledger_and_never_sent_again(store: Store) -> None:
    fold = s.tell(store, s.loaded(0), ticketed(5, 1), decided("m", 6, sprint=B, seen=[A]))
    with store.write() as connection:
        (row,) = work.claim(connection, "acme", s.NOW, 60_000, 8)
        done = work.Done(row, {"state": work.SENT, "sent_at": s.NOW}, "moved")
        work.finish(connection, [done], s.NOW)
    s.tell(store, ticketed(8, 2), decided("u", 9, undoes="m"), fold=fold)
    assert planned(store) == [("jira:10063", "sprint", [("decision", "u"), ("from", [B]), ("to", A)])]
    s.tell(store, decided("r", 10, undoes="u"), ticketed(11, 1), ticketed(12, 2), fold=fold)
    assert planned(store) == []  # it never left


# --- any order


class Tracker:
    """One ticket in its tracker, what the store knows of it, and what was written."""

    def __init__(self, decisions: list[Decision]) -> None:
        self.at: str | None = A
        self.coming: list[Decision] = decisions  # not folded yet
        self.echoes: list[str | None] = []  # not folded yet
        self.known: list[Decision] = []
        self.shown: str | None = A
        self.sent: dict[str, str | None] = {}
        self.wrote: list[str] = []
        self.row: dict[str, Any] = {}  # in the outbox
        self.unanswered = False

    def fold(self, pick: int) -> None:
        waiting = len(self.coming) + bool(self.echoes)
        if waiting and pick % waiting < len(self.coming):
            self.known.append(self.coming.pop(pick % waiting))
        elif waiting:
            self.shown = self.echoes[-1]  # the newest of a facet wins, so older ones may as well be late
            self.echoes.clear()

    def work(self, lost: str = "") -> None:
        """Settle and apply; it is looked before anything is written. A request or a reply may get lost."""
        now = frozenset() if self.shown is None else frozenset({self.shown})
        tried = dict(self.row.get("tried", {}))
        if self.unanswered:
            tried[self.row["decision"]] = self.row["to"]
        for change in moves(ITEM, "todo", self.known, Spot(now, frozenset(), self.sent, tried)):
            self.row, self.unanswered = change.desired, False
            own, to, there = self.row["decision"], self.row["to"], [] if self.at is None else [self.at]
            if self.at == to:
                self.sent[own] = to
            elif there == self.row["from"]:
                if lost != "request":
                    self.at = to
                    self.wrote.append(own)
                    self.echoes.append(to)
                if lost:
                    self.unanswered = True
                else:
                    self.sent[own] = to

    def by_hand(self, to: str | None) -> None:
        self.at = to
        self.echoes.append(to)

    def rest(self) -> None:
        while self.coming or self.echoes:
            self.fold(0)
        for _ in range(8):
            self.work()
            while self.echoes:
                self.fold(0)


targets = st.sampled_from([B, C, BACKLOG])


@st.composite
def words(draw: st.DrawFn) -> list[Decision]:
    """Moves that were all decided looking at the same plan, and undos of what was decided before."""
    found: list[Decision] = []
    for number in range(draw(st.integers(1, 5))):
        undoes = draw(st.booleans())
        if found and undoes:
            found.append(undo(f"d{number}", draw(st.sampled_from(found)).id, number))
        else:
            found.append(move(f"d{number}", draw(targets), minutes=number))
    return found


LOST = {4: "reply", 5: "request"}
steps = st.lists(st.tuples(st.booleans(), st.integers(0, 23)), max_size=25)  # works or folds, and how


def held(decisions: list[Decision]) -> str | None:
    """Where the ticket belongs by the last move that was not undone."""
    gone: set[str] = set()
    for one in reversed(decisions):
        if one.undoes is not None and one.id not in gone:
            gone.add(one.undoes)
    standing = [one for one in decisions if one.undoes is None and one.id not in gone]
    return standing[-1].sprint if standing else A


@settings(max_examples=400)
@given(words(), steps)
def test_any_order_of_decisions_and_echoes_ends_alike(
    decisions: list[Decision], order: list[tuple[bool, int]]
) -> None:
    tracker = Tracker(list(decisions))
    for works, pick in order:
        if works:
            tracker.work(LOST.get(pick // 4, ""))
        else:
            tracker.fold(pick)
    tracker.rest()
    assert tracker.at == tracker.shown == held(decisions)
    assert len(tracker.wrote) == len(set(tracker.wrote)), "two writes for one decision"


@settings(max_examples=200)
@given(words(), steps, st.integers(0, 24))
def test_whoever_moves_it_by_hand_has_the_last_word(
    decisions: list[Decision], order: list[tuple[bool, int]], when: int
) -> None:
    tracker = Tracker(list(decisions))
    for number, (works, pick) in enumerate(order):
        if number == when:
            tracker.by_hand(ELSEWHERE)
        if works:
            tracker.work(LOST.get(pick // 4, ""))
        else:
            tracker.fold(pick)
    if when >= len(order):
        tracker.by_hand(ELSEWHERE)
    tracker.rest()
    assert tracker.at == tracker.shown == ELSEWHERE


def test_the_order_in_which_decisions_are_known_says_nothing() -> None:
    known = [move("m", B), move("n", C, minutes=2), undo("u", "n"), undo("r", "u", 6), undo("v", "m", 7)]
    found = {wanted(spot(A), *order) for order in permutations(known)}
    assert found == {(C, "r")}
