"""What-if: the numbers of a draft are those of the plan that it would be, and swaps keep their bounds."""

from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from planned import ADDED, COMING, KRS, PLANS, card, goal, plan

from linker.scope import Card, Plan, Story, drafted, effects, find, numbers, part, rank, swaps, worth

CHANCE = st.randoms(use_true_random=False)


def picked(draw: Random, cards: tuple[Card, ...] | list[Card]) -> list[Card]:
    return [one for one in cards if draw.random() < 0.4]


def as_if(plan: Plan, out: list[Card], into: list[Card]) -> Plan:
    """The plan as the store would tell it after the moves, in another order of tickets."""
    planned = Story(planned=True, inside=True)
    came = [replace(one, story=ADDED if plan.started and not one.story.planned else planned) for one in into]
    return replace(plan, cards=(*reversed(came), *(one for one in plan.cards if one not in out)))


@given(PLANS, COMING, CHANCE)
def test_a_drafted_plan_comes_to_the_numbers_of_the_real_one(
    plan: Plan, coming: list[Card], draw: Random
) -> None:
    out, into = picked(draw, plan.cards), picked(draw, coming)
    draft, real = drafted(plan, [one.row for one in out], into), as_if(plan, out, into)
    assert numbers(draft) == numbers(real)
    assert find(draft, numbers(draft)) == find(real, numbers(real))


@given(PLANS, COMING, CHANCE)
def test_effects_add_up_to_what_changes(plan: Plan, coming: list[Card], draw: Random) -> None:
    before = numbers(plan)
    after = numbers(drafted(plan, [one.row for one in picked(draw, plan.cards)], picked(draw, coming)))
    found = effects(plan, before, after)
    codes = {goal.code for goal in plan.goals}
    moved = sum((one.delta for one in found if one.name in codes), Fraction(0))
    assert moved == after.parts.points["active"] - before.parts.points["active"]
    whole = next((one.delta for one in found if one.name == "all"), Fraction(0))
    assert whole == after.parts.total - before.parts.total
    assert all(one.delta == one.after - one.before != 0 for one in found)


@given(PLANS, COMING, CHANCE)
def test_out_and_back_in_is_as_it_was(plan: Plan, coming: list[Card], draw: Random) -> None:
    into = picked(draw, coming)
    there = drafted(plan, (), into)
    back = drafted(there, [one.row for one in into], ())
    assert numbers(back) == numbers(plan)
    assert effects(plan, numbers(plan), numbers(back)) == ()


@given(PLANS, COMING)
def test_swaps_keep_their_bounds(plan: Plan, coming: list[Card]) -> None:
    before, here = numbers(plan), {one.row for one in plan.cards}
    found = swaps(plan, [*coming, *plan.cards])
    assert len(found) <= 3
    assert len({one.out.row for one in found}) == len({one.into.row for one in found}) == len(found)
    for one in found:
        assert one.into.row not in here
        assert one.out.row in here
        assert one.out.is_open
        assert part(one.out, plan.active) in ("none", "inactive")
        after = numbers(drafted(plan, {one.out.row}, [one.into]))
        assert after.parts.total <= max(before.parts.total, plan.capacity or Fraction(0))
        assert one.effects == effects(plan, before, after)
        assert one.effects
    order = [one.row for one in rank(plan, before, coming)]
    assert [one.into.row for one in found] == sorted((one.into.row for one in found), key=order.index)


@given(PLANS, COMING, CHANCE)
def test_rank_is_the_same_in_any_order(plan: Plan, coming: list[Card], draw: Random) -> None:
    shuffled = draw.sample(coming, len(coming))
    assert rank(plan, numbers(plan), shuffled) == rank(plan, numbers(plan), coming)
    assert swaps(plan, shuffled) == swaps(plan, coming)
    fit = rank(plan, numbers(plan), [*coming, *plan.cards])
    assert all(set(one.krs) & plan.active for one in fit)
    assert {one.row for one in fit}.isdisjoint(one.row for one in plan.cards)


def test_what_is_needed_most_comes_first() -> None:
    goals = (
        goal(KRS[0], pace="reached"),
        goal(KRS[1]),
        goal(KRS[2], pace="off track"),
        goal("2026Q4/O3.KR1"),
        goal("2026Q4/O4.KR1", ours=False),
    )
    told = plan(*(card(n, "1", one.id) for n, one in enumerate(goals) if n != 3), goals=goals)
    coming = [card(20 + n, "1", one.id) for n, one in enumerate(goals)]
    assert [one.row - 20 for one in rank(told, numbers(told), coming)] == [3, 2, 1, 0, 4]


def test_a_part_of_another_ticket_makes_no_room() -> None:
    told = plan(card(1, "5"), card(2, "3", parents=frozenset({1})), capacity=Fraction(5))
    coming = [card(20, "3", KRS[0]), card(21, "5", KRS[0])]
    assert swaps(told, coming) == []  # without the first the second counts, so 2 points are left
    found = swaps(told, [*coming, card(22, "2", KRS[0])])
    assert [(one.out.row, one.into.row) for one in found] == [(1, 22)]


def test_a_ticket_that_was_planned_comes_back_as_planned() -> None:
    left = replace(card(20, "2"), story=Story(planned=True, removed=True))
    told = drafted(plan(card(1, "5")), (), [left])
    assert [one.story for one in told.cards if one.row == 20] == [Story(planned=True, inside=True)]
    assert worth(left) == 2
