"""What became of tickets in a sprint: by examples, and against a naive reading that looks at every minute."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker.scope import Stay, Story, Term, carried, story
from linker.scope.history import FOREVER, MINUTE, State, stays

HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
START, END = 10 * DAY, 24 * DAY
NOW = 100 * DAY
OPEN = Term(START, END, None)
CLOSED = Term(START, END, END + HOUR)


def told(term: Term, *own: Stay, states: Sequence[State] = (), now: int = NOW) -> Story:
    return story(term, own, states, now)


# --- planned, added, removed


def test_members_count_as_planned_until_the_grace_is_over() -> None:
    last = START + 15 * MINUTE
    assert told(OPEN, Stay(START - DAY)) == Story(planned=True, inside=True)
    assert told(OPEN, Stay(last)) == Story(planned=True, inside=True)
    assert told(OPEN, Stay(last + 1)) == Story(added=True, inside=True)


def test_who_left_within_the_grace_was_never_planned() -> None:
    last = START + 15 * MINUTE
    assert told(OPEN, Stay(0, last)) == Story()
    assert told(OPEN, Stay(0, last + 1)) == Story(planned=True, removed=True)


def test_what_was_taken_out_and_put_back_is_what_it_was_before() -> None:
    again = Stay(START + 3 * DAY)
    assert told(OPEN, Stay(0, START + DAY), again) == Story(planned=True, inside=True)
    assert told(OPEN, Stay(START + DAY, START + 2 * DAY), again) == Story(added=True, inside=True)
    assert told(OPEN, Stay(0, START - DAY), again) == Story(added=True, inside=True)


def test_a_sprint_to_come_has_planned_tickets_only() -> None:
    before = START - DAY
    assert told(OPEN, Stay(before - HOUR), now=before) == Story(planned=True, inside=True)
    assert told(OPEN, Stay(before - HOUR, before), now=before) == Story()


def test_a_sprint_without_a_start_has_planned_tickets_only() -> None:
    assert told(Term(None, END, None), Stay(START + DAY)) == Story(planned=True, inside=True)
    assert told(Term(None, None, None), Stay(START + DAY, END)) == Story()
    assert told(Term(None, END, END), Stay(START)) == Story(planned=True, inside=True)


def test_a_ticket_that_comes_after_the_close_was_not_in_it() -> None:
    assert told(CLOSED, Stay(END + 2 * HOUR)) == Story()


def test_the_trackers_clock_may_be_ahead_of_ours() -> None:
    assert told(OPEN, Stay(NOW + HOUR)) == Story(added=True, inside=True)


def test_a_sprint_that_was_closed_at_once_still_had_what_was_in_it() -> None:
    short = Term(START, END, START + 20 * MINUTE)
    assert told(short, Stay(0)) == Story(planned=True, inside=True)
    assert told(short, Stay(START + 10 * MINUTE)) == Story(planned=True, inside=True)
    shortest = Term(START, END, START + 5 * MINUTE)
    assert told(shortest, Stay(0)) == Story(planned=True, inside=True)
    assert told(shortest, Stay(START + 10 * MINUTE)) == Story()  # it came when all was over


# --- the close


def test_done_counts_at_the_close() -> None:
    own, finished = Stay(0), State(END + 30 * MINUTE, done=True)
    assert told(CLOSED, own, states=[finished]).done
    assert not told(CLOSED, own, states=[State(END + 2 * HOUR, done=True)]).done
    assert told(CLOSED, own, states=[finished, State(END + DAY, done=False)]).done  # reopened later
    assert not told(CLOSED, own, states=[State(START, done=True), State(START + DAY, done=False)]).done


def test_a_milestone_is_cleared_up_minutes_before_it_is_closed() -> None:
    early = Term(START, END, END - DAY)
    assert told(early, Stay(0, END - DAY - 10 * MINUTE)).inside
    assert told(early, Stay(0, END - DAY - 20 * MINUTE)) == Story(planned=True, removed=True)


def test_a_milestone_is_cleared_up_days_after_it_was_due() -> None:
    late = Term(START, END, END + 5 * DAY)
    assert told(late, Stay(0, END + 3 * DAY)).inside
    assert told(late, Stay(0, END - HOUR)).removed


def test_jira_keeps_closed_sprints_in_a_ticket_for_ever() -> None:
    assert told(CLOSED, Stay(0), states=[State(END - DAY, done=True)]) == Story(
        planned=True, inside=True, done=True
    )


# --- carried over

TERMS = {
    str(n): Term(n * 14 * DAY, (n + 1) * 14 * DAY, (n + 1) * 14 * DAY if n < 4 else None) for n in range(6)
}


def through(*numbers: int) -> dict[str, list[Stay]]:
    """In some sprints: put into each at the close of the one before, as Jira does."""
    return {str(n): [Stay(n * 14 * DAY)] for n in numbers}


@pytest.mark.parametrize(
    ("numbers", "here", "times"),
    [
        ((4,), "4", 0),
        ((3, 4), "4", 1),
        ((2, 3, 4), "4", 2),
        ((0, 1, 2, 3, 4), "4", 4),
        ((1, 4), "4", 1),  # over a gap
        ((2, 3, 4), "3", 1),  # by the look of an earlier sprint
        ((2, 3, 4), "2", 0),
        ((2, 3), "4", 0),  # it is not here
        ((4, 5), "5", 0),  # the one before still runs
    ],
)
def test_what_sprints_left_undone_is_carried(numbers: tuple[int, ...], here: str, times: int) -> None:
    assert carried(TERMS, through(*numbers), (), here) == times


def test_what_was_done_at_a_close_was_not_carried_from_there() -> None:
    close = TERMS["2"].closed or 0
    assert carried(TERMS, through(2, 3, 4), [State(close - DAY, True), State(close + DAY, False)], "4") == 1
    assert carried(TERMS, through(2, 3, 4), [State(close + DAY, True)], "4") == 1


def test_what_was_taken_out_before_a_close_was_not_carried_from_there() -> None:
    own = through(3, 4) | {"2": [Stay(2 * 14 * DAY, 2 * 14 * DAY + DAY)]}
    assert carried(TERMS, own, (), "4") == 1


def test_a_github_milestone_is_replaced_as_it_is_closed() -> None:
    close = TERMS["3"].closed or 0
    for moved in (close - 5 * MINUTE, close + DAY):
        own = {"3": [Stay(3 * 14 * DAY, moved)], "4": [Stay(moved)]}
        assert carried(TERMS, own, (), "4") == 1
    taken_out = {"3": [Stay(3 * 14 * DAY, close - DAY)], "4": [Stay(close - DAY)]}
    assert carried(TERMS, taken_out, (), "4") == 0


# --- whatever happens

NAMES = st.frozensets(st.sampled_from(["a", "b", "c"]), max_size=3)
VERSIONS = st.dictionaries(st.integers(0, 60), NAMES, max_size=12).map(lambda told: sorted(told.items()))


def held_at(versions: Sequence[tuple[int, frozenset[str]]], at: int) -> frozenset[str]:
    """What the field held at a time, by looking."""
    return next((held for since, held in reversed(versions) if since <= at), frozenset())


@given(VERSIONS)
def test_stays_cover_the_versions_exactly(versions: list[tuple[int, frozenset[str]]]) -> None:
    found = stays(versions)
    for at in range(62):
        there = {name for name, own in found.items() if any(stay.holds(at) for stay in own)}
        assert there == held_at(versions, at)


@given(VERSIONS)
def test_stays_in_a_sprint_neither_meet_nor_overlap(versions: list[tuple[int, frozenset[str]]]) -> None:
    for own in stays(versions).values():
        assert own
        assert all(stay.until is None or stay.since < stay.until for stay in own)
        assert all(one.until is not None and one.until < two.since for one, two in pairwise(own))


LIFE = st.lists(st.booleans(), min_size=61, max_size=61)  # in the sprint or not, at each moment
STATES = st.dictionaries(st.integers(0, 60), st.booleans(), max_size=5)


def lived(life: Sequence[bool]) -> list[Stay]:
    name = frozenset({"s"})
    return list(stays((at, name if here else frozenset()) for at, here in enumerate(life)).get("s", ()))


@given(LIFE, STATES, st.integers(0, 50), st.integers(0, 5), st.integers(0, 60), st.integers(0, 60))
def test_a_closed_sprint_is_as_one_sees_it_by_looking_at_each_moment(
    life: list[bool], states: dict[int, bool], start: int, grace: int, end: int, closed: int
) -> None:
    closed = max(closed, start + 2 * grace + 1)
    end = max(end, start + grace + 1)
    own = lived(life)
    found = story(
        Term(start, end, closed, grace), own, [State(*one) for one in sorted(states.items())], 10**6
    )
    seen = [*life, *[life[-1]] * 60]
    last = min(closed - grace, end)
    came = any(seen[at] and not seen[at - 1] for at in range(start + grace + 1, last + 1))
    assert found.planned == seen[start + grace]
    assert found.inside == seen[last]
    assert found.added == (came and not found.planned)
    assert found.removed == ((found.planned or came) and not found.inside)
    known = [done for at, done in sorted(states.items()) if at <= closed]
    assert found.done == bool(known and known[-1])


@given(LIFE, st.none() | st.integers(0, 60), st.none() | st.integers(0, 60), st.none() | st.integers(0, 60),
       st.integers(0, 60))  # fmt: skip
def test_a_ticket_is_planned_or_added_and_inside_or_removed(
    life: list[bool], start: int | None, end: int | None, closed: int | None, now: int
) -> None:
    found = story(Term(start, end, closed, 3), lived(life), (), now)
    assert not (found.planned and found.added)
    assert not (found.inside and found.removed)
    assert found.inside <= (found.planned or found.added)
    assert found.removed <= (found.planned or found.added)


@given(st.lists(LIFE, min_size=3, max_size=3), STATES)
def test_carried_is_as_one_sees_it_by_looking_at_each_close(
    lives: list[list[bool]], states: dict[int, bool]
) -> None:
    terms = {"0": Term(0, 20, 20, 2), "1": Term(20, 40, 41, 2), "2": Term(40, 60, None, 2)}
    own = {str(n): lived(life) for n, life in enumerate(lives)}
    known = [State(*one) for one in sorted(states.items())]
    last_here = max((FOREVER if stay.until is None else stay.until for stay in own["2"]), default=-1)

    def undone(at: int) -> bool:
        said = [one.done for one in known if one.since <= at]
        return not (said and said[-1])

    looked = sum(
        lives[n][judged] and undone(closed) and judged < last_here
        for n, judged, closed in ((0, 18, 20), (1, 39, 41))
    )
    assert carried(terms, own, known, "2") == looked
