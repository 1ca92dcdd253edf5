"""Opt-outs add up, planted umbrella tickets are found, and a late link is one that began after the merge."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import scenarios as s
import shown
from absorbing import absorbed
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from test_pages import links, text

from linker.model import Decision
from linker.optouts import (
    MOMENT_MS,
    Count,
    Judged,
    Late,
    Merged,
    Part,
    last_weeks,
    late,
    rates,
    umbrellas,
    usual,
)
from linker.spans import Span
from linker.store import Store
from linker.store import optouts as rows_of
from linker.store.deliveries import Parcel
from linker.store.tables import verdicts
from reports import wording
from reports.optouts import chart
from webhooks.simulator import quarter

BERLIN = ZoneInfo("Europe/Berlin")
WEEKS = last_weeks(s.NOW, UTC)
TEAMS = {"acme/pay": "payments", "acme/web": "web", "acme/shop": "web"}
DAY = 24 * 60  # in minutes of the story
PULLS = st.lists(
    st.builds(
        Judged,
        created=st.integers(WEEKS[0].start - 10**9, WEEKS[-1].end + 10**9),
        repository=st.sampled_from(["acme/pay", "acme/web", "acme/shop", "acme/tools", ""]),
        exempt=st.booleans(),
        reason=st.sampled_from(["ktlo", "debt", "incident", "spike", "upstream", "docs", None]),
        source=st.sampled_from(["text", "person", "inherited", "rule", None]),
    ),
    max_size=60,
)


def team_of(repository: str) -> str:
    return TEAMS.get(repository, "")


# --- rates ---


def test_weeks_start_on_monday_in_the_readers_zone() -> None:
    late_on_sunday = int(datetime(2026, 11, 1, 23, 30, tzinfo=UTC).timestamp() * 1000)
    assert last_weeks(late_on_sunday, UTC)[-1].monday == date(2026, 10, 26)
    weeks = last_weeks(late_on_sunday, BERLIN)  # there it is Monday already
    assert weeks[-1].monday == date(2026, 11, 2)
    assert len(weeks) == 13
    assert all(one.end == two.start for one, two in pairwise(weeks))
    hours = [(one.end - one.start) // 3_600_000 for one in weeks]
    assert hours.count(169) == 1  # summer time ends in one of them
    assert set(hours) == {168, 169}


def test_a_rate_is_the_exempt_among_all_that_were_judged() -> None:
    now = s.NOW
    pulls = [
        Judged(now, "acme/pay", True, "ktlo", "text"),
        Judged(now, "acme/pay", False),
        Judged(now - 7 * 86_400_000, "acme/web", True, "debt", "rule"),
        Judged(now, "acme/tools", False),
        Judged(now - 400 * 86_400_000, "acme/pay", True, "ktlo", "text"),
    ]
    found = rates(pulls, WEEKS, team_of)
    assert found.whole.all == Count(2, 4)
    assert found.whole.all.share == Fraction(1, 2)
    assert {one.name: one.all for one in found.teams} == {
        "payments": Count(1, 2),
        "web": Count(1, 1),
        "": Count(0, 1),
    }
    assert [(one.name, one.all) for one in found.reasons] == [("debt", Count(1, 4)), ("ktlo", Count(1, 4))]
    assert [one.weeks[-2:] for one in found.sources] == [
        (Count(1, 1), Count(0, 3)),
        (Count(0, 1), Count(1, 3)),
    ]


def total(parts: tuple[Part, ...]) -> tuple[Count, list[Count]]:
    """The parts as one: in all weeks, and in each."""
    by_week = [
        Count(sum(one.optouts for one in week), sum(one.judged for one in week))
        for week in zip(*(part.weeks for part in parts), strict=True)
    ]
    return Count(sum(p.all.optouts for p in parts), sum(p.all.judged for p in parts)), by_week


@given(PULLS)
def test_parts_add_up_to_the_whole(pulls: list[Judged]) -> None:
    found = rates(pulls, WEEKS, team_of)
    whole = found.whole
    inside = [one for one in pulls if WEEKS[0].start <= one.created < WEEKS[-1].end]
    assert whole.all == Count(sum(one.exempt for one in inside), len(inside))
    for parts in (found.teams, found.repositories):
        assert total(parts) == (whole.all, list(whole.weeks)) or not inside
    for parts in (found.reasons, found.sources):
        assert total(parts)[0].optouts == whole.all.optouts
        assert [one.optouts for one in total(parts)[1]] == [
            one.optouts for one in whole.weeks
        ] or not whole.all.optouts
        assert all(part.all.judged == whole.all.judged for part in parts)
    for part in (whole, *found.teams, *found.repositories, *found.reasons, *found.sources):
        assert part.all.optouts == sum(one.optouts for one in part.weeks)
        assert part.all.judged == sum(one.judged for one in part.weeks)
        assert 0 <= part.all.share <= 1


@given(PULLS, st.randoms(use_true_random=False))
def test_rates_do_not_depend_on_the_order(pulls: list[Judged], rng: Any) -> None:
    turned = list(pulls)
    rng.shuffle(turned)
    assert rates(turned, WEEKS, team_of) == rates(pulls, WEEKS, team_of)


def test_a_chart_stays_within_its_box_and_a_quiet_week_is_no_mountain() -> None:
    quiet = chart((Count(1, 50), Count(), Count(5, 50)))
    assert quiet.top == 10
    assert [bar[3] for bar in quiet.bars] == [8.0, 0.0, 40.0]
    assert chart((Count(2, 3),)).top == 70


def test_shares_are_never_rounded_to_none_or_all() -> None:
    assert [wording.share(Fraction(*one)) for one in ((0, 9), (31, 480), (1, 480), (479, 480), (9, 9))] == [
        "0 %",
        "6 %",
        "under 1 %",
        "over 99 %",
        "100 %",
    ]


# --- umbrella tickets ---


@pytest.mark.parametrize(
    ("numbers", "most"),
    [
        ([], 8),
        ([1, 1, 1, 2, 11], 8),  # the floor
        ([3] * 20, 12),  # four medians
        ([2, 3, 4, 5, 6, 7, 8, 20], 22),
        ([1] * 5 + [3] * 2 + [5] * 6, 15),  # six deviations
        ([12], 48),  # alone it is no outlier
    ],
)
def test_the_limit_is_the_highest_of_three(numbers: list[int], most: int) -> None:
    assert usual(numbers) == most


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 8), min_size=3), st.integers(0, 10**6))
def test_a_ticket_far_above_all_others_is_found_and_no_other(numbers: dict[int, int], more: int) -> None:
    most = usual(numbers.values())
    assert umbrellas(numbers) == []
    planted = numbers | {-1: 2 * int(most) + 60 + more}
    assert umbrellas(planted) == [(-1, planted[-1])]


@pytest.mark.parametrize("seed", [7, 21, 22])
def test_planted_umbrellas_are_found_in_a_clean_quarter(seed: int) -> None:
    """At least 95 % of planted ones are found, and of the others at most 2 % are flagged."""
    clean, rng = absorbed(quarter(seed)), Random(seed)
    assert len(clean) > 150
    planted = found = 0
    false = len(umbrellas(clean))
    for more in (9, 11, 15, 25, 40):
        for ticket in rng.sample(sorted(clean), 8):
            flagged = {row for row, _ in umbrellas(clean | {ticket: clean[ticket] + more})}
            planted, found = planted + 1, found + (ticket in flagged)
            false += len(flagged - {ticket})
    assert found >= 0.95 * planted
    assert false <= 0.02 * len(clean)


# --- links made after the merge ---

MERGED = 1_000_000_000
LATER = MERGED + 3_600_000


def begins(at: int, parent: str = "jira:acme:1", field: str = "title") -> tuple[str, Span, str]:
    return "assert", Span(parent, "delivers", at, None), field


def ends(start: int, at: int, parent: str = "jira:acme:1") -> tuple[str, Span, str]:
    return "retract", Span(parent, "delivers", start, at), ""


def links_by(at: int, own: str = "d1", undoes: str | None = None) -> Decision:
    kind = "link" if undoes is None else "unlink"
    return Decision(
        id=own, item=s.github_item(7), kind=kind, kr=shown.KR, actor="planner", at=at, undoes=undoes
    )


@pytest.mark.parametrize(
    ("log", "decisions", "first"),
    [
        ([begins(LATER)], [], (LATER, "title")),
        ([begins(LATER), begins(LATER + 5, "jira:acme:2", "body")], [], (LATER, "title")),
        ([begins(MERGED)], [], None),
        ([begins(MERGED + MOMENT_MS)], [], None),
        ([begins(MERGED - 1)], [], None),
        ([begins(10), ends(10, 20), begins(LATER)], [], None),  # it was linked before, and is again
        ([begins(10), ends(10, 10), begins(LATER)], [], (LATER, "title")),  # that was never so
        ([begins(LATER, field="commits")], [], None),
        ([], [links_by(LATER)], (LATER, "decision")),
        ([begins(LATER)], [links_by(MERGED - 5)], None),
        ([], [links_by(LATER), links_by(LATER + 1, "d2", "d1")], None),
        ([begins(LATER)], [links_by(10), links_by(20, "d2", "d1")], (LATER, "title")),
        ([], [], None),
    ],
)
def test_a_link_is_late_when_the_first_begins_after_the_merge(
    log: list[tuple[str, Span, str]], decisions: list[Decision], first: tuple[int, str] | None
) -> None:
    found = late([Merged(7, MERGED, tuple(log), tuple(decisions))])
    assert found == ([Late(7, MERGED, *first)] if first else [])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 2 * MERGED)), max_size=8))
def test_what_is_late_is_late_by_its_earliest_link(told: list[tuple[int, int]]) -> None:
    log = tuple(begins(at, f"jira:acme:{own}") for own, at in dict(told).items())
    found = late([Merged(7, MERGED, log)])
    earliest = min((span.start for _, span, _ in log), default=0)
    assert bool(found) == (earliest > MERGED + MOMENT_MS)
    assert all(one.linked == earliest and one.after == earliest - MERGED for one in found)


# --- from deliveries to the page ---


def pull(number: int, made: float, **other: Any) -> Parcel:
    return s.pull(number, other.pop("updated", made), created=made, **other)


def changed(parcel: Parcel, **fields: Any) -> Parcel:
    """The same delivery, with other fields of its pull request."""
    body = json.loads(parcel.body)
    body["pull_request"] |= fields
    return parcel._replace(body=json.dumps(body).encode())


def merged(number: int, at: float, now: float, **other: Any) -> Parcel:
    """A pull request that was merged at one time and edited at another."""
    told = s.pull(number, now, state="closed", merged=True, **other)
    return changed(told, merged_at=s.iso(at), closed_at=s.iso(at))


def ways_out() -> list[Parcel]:
    """Six opt-outs of eight and more pull requests, an umbrella, and two that were linked after the merge."""
    epic, umbrella = (10003, "PAY-3"), (10099, "PAY-99")
    bot = {"user": {"login": "dependabot[bot]", "type": "Bot"}}
    return [
        s.loaded(0, s.kr("O1.KR1"), s.kr("O1.KR2")),
        s.epic(*epic, 5, title="One call for the basket", body="KR: O1.KR2"),
        s.ticket(10012, "PAY-12", 6, title="Quote once", parent=epic),
        s.ticket(10013, "PAY-13", 6, title="Quote less", parent=epic),
        s.ticket(10015, "PAY-15", 6, title="Quote more", parent=epic),
        s.ticket(10014, "PAY-14", 6, title="Renew", body="KR: none - debt"),
        s.ticket(*umbrella, 6, title="Small fixes", parent=epic),
        pull(1, -15 * DAY, title="Rotate keys", body="KR: none - ktlo"),
        pull(2, -8 * DAY, title="NO-JIRA: tidy"),
        changed(pull(3, 20, title="Bump requests from 1 to 2"), **bot),
        pull(4, 21, title="PAY-14: renew"),
        pull(5, 22, title="Look into it"),
        s.decided("d5", s.github_item(5), "exempt", 30, reason="spike", why="only a look"),
        pull(6, 23, title="Tools", body="KR: none - docs", repo=s.TOOLS),
        pull(7, 24, title="PAY-12: quote"),
        pull(8, 25, title="Nothing said"),
        pull(9, -200 * DAY, title="Long ago", body="KR: none - ktlo"),
        pull(10, 26, title="Says no more", body="KR: none"),
        *(pull(20 + place, 40 + place, title=f"PAY-99: fix {place}") for place in range(9)),
        pull(40, 50, title="Came late"),
        merged(40, 90, 90, title="Came late", created=50),
        merged(40, 90, 300, title="PAY-13: came late", created=50),
        pull(41, 51, title="Decided late"),
        merged(41, 91, 91, title="Decided late", created=51),
        s.decided("d41", s.github_item(41), "link", 91 + 2 * DAY, kr=shown.KR, why="seen in review"),
        pull(42, 52, title="Named while merging"),
        merged(42, 92, 92.5, title="PAY-15: named while merging", created=52),
    ]


@pytest.fixture
def reader(store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    with shown.signed_in(shown.app_over(store, tmp_path, ways_out())) as client:
        yield client


def test_rows_come_from_verdicts_and_links(store: Store, tmp_path: Path) -> None:
    shown.app_over(store, tmp_path, ways_out())
    start, end = WEEKS[0].start, WEEKS[-1].end
    with store.read() as connection:
        judged = rows_of.judged(connection, start, end)
        said = sorted((one.reason, one.source, one.repository) for one in judged if one.exempt)
        umbrella = s.row_of(connection, s.jira_item(10099))
        named = rows_of.absorbed(connection, start, end)
        maybe = rows_of.perhaps_late(connection, start, end)
        assert set(maybe) <= set(rows_of.perhaps_late(connection, None, None))
        assert maybe[s.row_of(connection, s.github_item(40))] == s.at(90)
        assert s.row_of(connection, s.github_item(7)) not in maybe
    assert said == [
        ("debt", "inherited", "acme/pay"),
        ("docs", "text", "acme/tools"),
        ("ktlo", "rule", "acme/pay"),
        ("ktlo", "text", "acme/pay"),
        ("ktlo", "text", "acme/pay"),
        ("spike", "person", "acme/pay"),
    ]
    assert len(judged) == 21
    assert named[umbrella] == 9
    assert umbrellas(named) == [(umbrella, 9)]


def test_the_page_answers_with_the_share_and_its_whole(reader: FlaskClient) -> None:
    said = text(reader, "/optouts")
    assert "29 % 6 of 21 pull requests of the last 13 weeks opted out" in said
    assert "14 Sep: 1 of 1, 21 Sep: 1 of 1, 28 Sep: 0 of 0, 5 Oct: 4 of 19." in said
    assert "payments 5 20 25 % no team 1 1 100 %" in said
    assert "keeping the lights on ktlo 3 21 14 %" in said
    assert "a rule in app.yaml 1 21 5 %" in said
    assert "there is 1 of these" in said


def test_the_page_lists_umbrellas_and_late_links_with_what_to_do(reader: FlaskClient) -> None:
    said = text(reader, "/optouts")
    assert "PAY-99 Small fixes 9 pull requests O1.KR2" in said
    assert "when more than 8 pull requests of these weeks" in said
    assert "2 merged pull requests said what they serve only afterwards" in said
    assert (
        "acme/pay#40 PAY-13: came late merged 5 Oct 2026, 10:30 linked 5 Oct 2026, 14:00 3 h after title"
        in said
    )
    assert "2 days after a person’s decision" in said
    assert "named while merging" not in said
    assert "developer" not in said  # nothing goes by author


def test_every_number_opens_its_list(reader: FlaskClient) -> None:
    found = set(links(reader, "/optouts"))
    assert len(found) > 40
    for to, number in found:
        heading = re.search(r'<span class="largest">([\d,]+)</span>', reader.get(to).text)
        assert heading is not None, to
        assert heading[1] == number, to


def test_a_list_says_why_a_rule_exempts(reader: FlaskClient) -> None:
    said = text(reader, "/items?q=source:rule")
    assert "1 item exempt by a rule in app.yaml" in said
    assert "◐ exempt: ktlo" in said
    assert "Bump requests" in text(reader, "/items?q=exempt:ktlo&level=pull")
    assert "Bump requests" not in text(reader, "/items?q=none&level=pull")


def test_terms_combine(reader: FlaskClient) -> None:
    assert "1 item in acme/tools, exempt" in text(reader, "/items?q=in:acme/tools+exempt")
    assert "0 items in acme/tools" in text(reader, "/items?q=in:acme/tools&team=payments")
    assert "2 items linked only after the merge" in text(reader, "/items?q=late")
    assert "1 pull request made on 27 Sep 2026" in text(reader, "/items?q=created:2026-09-27&level=pull")
    for odd in ("created:x", "created:2026-13-01", "created:9999-12-31", "for:nothing"):
        assert f"Nothing is called {odd}" in text(reader, f"/items?q={odd}")


def test_a_source_that_was_not_kept_is_said_and_still_adds_up(store: Store, tmp_path: Path) -> None:
    app = shown.app_over(store, tmp_path, ways_out())
    with store.write() as connection:
        connection.execute(verdicts.update().values(source=None, exemption=None))
    with shown.signed_in(app) as client:
        said = text(client, "/optouts")
        assert "6 of 21 pull requests" in said
        assert "what was not kept 6 21" in said
        opened = [(to, number) for to, number in links(client, "/optouts") if "source:unsaid" in to]
        assert opened
        assert all(f'<span class="largest">{number}</span>' in client.get(to).text for to, number in opened)


@pytest.mark.parametrize(
    ("parcels", "words"), [([], "Nothing came in yet"), (ways_out()[:7], "No pull request")]
)
def test_without_pull_requests_the_page_says_so(
    store: Store, tmp_path: Path, parcels: list[Parcel], words: str
) -> None:
    with shown.signed_in(shown.app_over(store, tmp_path, parcels)) as client:
        assert words in text(client, "/optouts")


def test_without_ways_around_the_page_says_so(store: Store, tmp_path: Path) -> None:
    with shown.signed_in(shown.app_over(store, tmp_path, shown.story())) as client:
        said = text(client, "/optouts")
    assert "0 % 0 of 3 pull requests" in said
    assert "None. No ticket takes in far more" in said
    assert "None. Every merged pull request" in said
