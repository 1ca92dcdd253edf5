"""What a reader sees: the answer of each page, the list behind each number, nothing that runs or leaks."""

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote

import pytest
import scenarios as s
import shown
from flask.testing import FlaskClient

from linker import scope
from linker.store import Store, meta
from reports import wording
from reports.frame import the_time


@pytest.fixture
def reader(store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    with shown.signed_in(shown.app_over(store, tmp_path, shown.story())) as client:
        yield client


@pytest.fixture
def stranger(store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    with shown.signed_in(shown.app_over(store, tmp_path, [])) as client:
        yield client


def text(client: FlaskClient, address: str, status: int = 200) -> str:
    """What is read on a page: its words without markup, single-spaced."""
    answer = client.get(address)
    assert answer.status_code == status, address
    body = re.sub(r"<(script|style|dialog)\b.*?</\1>", " ", answer.text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def links(client: FlaskClient, address: str) -> list[tuple[str, str]]:
    """Every number on a page that opens a list: (address, number)."""
    found = re.findall(r'<a href="(/items\?[^"]+)">([\d,.]+)(?: tickets?)?</a>', client.get(address).text)
    return [(html.unescape(to), number) for to, number in found]


def test_home_answers_with_the_share_of_the_running_sprint(reader: FlaskClient) -> None:
    said = text(reader, "/")
    assert "46 % 5 of 11 points in the running sprints serve an active key result" in said
    assert "Sprint 7 payments" in said


def test_home_says_what_needs_a_person_first(reader: FlaskClient) -> None:
    said = text(reader, "/")
    needs, sprints = said.index("What needs a person"), said.index("What the running sprints serve")
    assert needs < said.index("Deliveries that could not be read") < sprints
    assert needs < said.index("Unknown key result code") < sprints
    assert needs < said.index("Open pull requests that serve no key result") < sprints


def test_home_shows_each_key_result_with_its_state_and_work(reader: FlaskClient) -> None:
    said = text(reader, "/")
    assert "O1.KR2 Result O1.KR2" in said
    assert "× dropped on 6 October 2026: no budget" in said
    assert "Only readings move a key result" in said


@pytest.mark.parametrize("address", ["/", "/krs/O1.KR2"])
def test_every_number_opens_its_list(reader: FlaskClient, address: str) -> None:
    found = links(reader, address)
    assert len(found) >= 2
    for to, number in found:
        heading = re.search(r'<span class="largest">([\d,]+)</span>', reader.get(to).text)
        last = to.rpartition("+")[2]
        points = "counted" in to and (last in scope.PARTS or last.startswith("serves:"))
        assert heading is not None, to
        assert points or heading[1] == number, to


def test_points_open_the_tickets_that_carry_them(reader: FlaskClient) -> None:
    assert "PAY-13" in text(reader, "/items?q=sprint:running+counted+none")
    assert "PAY-15" in text(reader, "/items?q=sprint:running+counted+inactive")
    counted = text(reader, "/items?q=sprint:running+counted")
    assert "4 items" in counted
    assert "PAY-16" not in counted


def test_freshness_is_always_in_sight(reader: FlaskClient) -> None:
    for address in ("/", "/items", "/items/PAY-12", "/krs/O1.KR2", "/optouts", "/inbox", "/changes"):
        said = text(reader, address)
        assert "Data as of 09:00 on 6 Oct 2026, UTC time. Last delivery 23 h ago." in said, address


def test_an_item_says_what_it_serves_and_why(reader: FlaskClient) -> None:
    said = text(reader, "/items/github:acme/pay%237")
    assert "● Serves O1.KR1 and O1.KR2 via PAY-12" in said
    assert "delivers PAY-12, read in its title: PAY-12" in said
    assert "is part of PAY-3, by the hierarchy in Jira" in said
    assert "names O1.KR2, read in its body (trailer): O1.KR2" in said
    assert re.search(r"since 5 Oct 2026 · rule ticket_key · delivery \d+", said)


def test_a_decision_is_shown_with_who_when_and_why_but_no_address(reader: FlaskClient) -> None:
    said = text(reader, "/items/jira:PAY-12")
    assert "linked to O1.KR1 by a person: agreed in planning · decision of 5 Oct 2026" in said
    assert "5 Oct 2026, 09:30 a person link O1.KR1 agreed in planning" in said
    assert shown.MAIL not in said


S7, S8, S9 = (f"jira:acme:sprint:{number}" for number in (7, 8, 9))


@pytest.fixture
def planned(store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    """PAY-13 is in Sprint 7; people decided on it, and somebody else moved PAY-14 in Jira."""
    tidy, renew = s.jira_item(10013), s.jira_item(10014)
    story = [
        *shown.story(),
        s.sprint(8, "future", 1),
        s.sprint(9, "future", 1),
        s.decided("m1", tidy, "move", 31, sprint=None, seen=[S7]),
        s.decided("u1", tidy, "move", 32, undoes="m1", why="too early"),
        s.decided("m2", tidy, "move", 33, sprint=S8, seen=[S7]),
        s.decided("i1", tidy, "impact", 34, kr=shown.KR, impact="1/10"),
        s.decided("i2", tidy, "impact", 35, kr=shown.KR, impact=None),
        s.decided("z1", tidy, "snooze", 36, finding=f"no_estimate {tidy}", until=s.at(68 * 1440)),
        s.decided("m3", renew, "move", 37, sprint=S8, seen=[S7]),
        s.ticket(10014, "PAY-14", 38, title="Renew", body="KR: none - ktlo", sprints=[9]),
    ]
    with shown.signed_in(shown.app_over(store, tmp_path, story)) as client:
        yield client


def test_decisions_on_a_plan_are_said_in_plain_words(planned: FlaskClient) -> None:
    said = text(planned, "/items/PAY-13")
    assert "09:31 planner moved to the backlog (taken back) –" in said
    assert "09:32 planner takes back: moved to the backlog too early" in said
    assert "09:33 planner moved to Sprint 8 –" in said
    assert "09:34 planner expects 10 % of the gap of O1.KR1 –" in said
    assert "09:35 planner says no more what it brings to O1.KR1 –" in said
    assert "09:36 planner snoozed “No estimate” until 12 Dec 2026 –" in said


def test_a_move_that_waits_is_shown_with_the_names_of_sprints(planned: FlaskClient) -> None:
    assert "○ dry sprint : move to Sprint 8, from Sprint 7" in text(planned, "/items/PAY-13")
    assert "PAY-13 sprint move to Sprint 8, from Sprint 7 ○ dry" in text(planned, "/changes")


def test_a_move_that_somebody_overtook_is_said_and_not_wanted(planned: FlaskClient) -> None:
    said = text(planned, "/items/PAY-14")
    assert "moved to Sprint 8 Not done: it was moved to Sprint 9 in Jira meanwhile." in said
    assert "move to" not in said


def test_sprints_are_said_by_name_or_by_what_the_tracker_calls_them() -> None:
    assert wording.sprint(None, {}, "jira") == "the backlog"
    assert wording.sprint(None, {}, "github") == "no milestone"
    assert wording.sprint("github:github.com:milestone:9", {}, "github") == "milestone 9"
    away = {"to": None, "from": ["github:github.com:milestone:9"], "decision": "d"}
    assert wording.wanted("sprint", away, tracker="github") == "move to no milestone, from milestone 9"


def test_an_item_without_a_key_result_says_the_fix(reader: FlaskClient) -> None:
    assert "△ Serves no key result" in text(reader, "/items/PAY-13")
    assert "Exempt: keeping the lights on" in text(reader, "/items/PAY-14")
    assert "Serves only inactive key results: O2.KR1" in text(reader, "/items/PAY-15")
    assert "Write KR: O1.KR1 in its place, if you meant that; it is the nearest code." in text(
        reader, "/items/acme/pay%238"
    )


def test_what_we_want_to_write_is_shown_dry_without_credentials(reader: FlaskClient) -> None:
    assert "○ dry label kr:O1.KR2 : set" in text(reader, "/items/PAY-12")
    said = text(reader, "/changes?state=dry")
    assert "shown, not sent" in said
    assert "Without credentials, so only shown: github.com and acme." in said


def test_any_name_of_an_item_finds_it(reader: FlaskClient) -> None:
    for name in ("PAY-12", "jira:PAY-12", "jira:acme:10012", "pay-12", "github:acme/pay#7", "ACME/pay#7"):
        assert reader.get(f"/items/{quote(name)}").status_code == 200, name


def test_a_key_result_shows_its_metric_and_no_progress_from_work(reader: FlaskClient) -> None:
    said = text(reader, "/krs/2026Q4/O1.KR2")
    assert "No reading yet. Add one with sightline checkin O1.KR2 420" in said
    assert "Only readings move a key result" in said
    assert "PAY-3 One call for the basket 1 0 1 0" in said
    assert "<progress" not in reader.get("/krs/O1.KR2").text


def test_the_inbox_gives_reasons_and_no_bodies(reader: FlaskClient) -> None:
    said = text(reader, "/inbox?state=dead")
    assert said.count("jira:issue_updated") == 1
    assert "no json" not in said
    assert "sightline deliveries replay" in said


class Seen(HTMLParser):
    """Every tag and attribute of a page as a browser would make them."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_a_title_never_becomes_markup(reader: FlaskClient) -> None:
    for address in ("/items", "/items/acme/pay%239", "/changes", "/items?q=%3Cimg+onerror=x%3E"):
        seen = Seen()
        seen.feed(reader.get(address).text)
        assert "img" not in seen.tags, address
        assert not {name for name in seen.attributes if name == "style" or name.startswith("on")}, address
        assert reader.get(address).text.count("<script") == 1, address


def test_filters_combine_and_an_unknown_name_is_said(reader: FlaskClient) -> None:
    assert "1 pull request serving O1.KR2, open" in text(reader, "/items?q=serves:O1.KR2+open&level=pull")
    assert "Nothing is called serves:O7.KR7" in text(reader, "/items?q=serves:O7.KR7")
    assert "No item fits." in text(reader, "/items?q=zebra")
    assert "of team payments" in text(reader, "/items?q=quote&team=payments")


@pytest.mark.parametrize(
    "address",
    [
        "/items?page=-3",
        "/items?page=99999999",
        "/items?page=x",
        "/items?q=sprint:9999999999999999999999",
        "/items?q=%00",
        "/items?q=below:nothing",
        "/items?team=none",
        "/items?q=%25_%5C",
        "/inbox?state=x",
    ],
)
def test_odd_questions_get_a_plain_answer(reader: FlaskClient, address: str) -> None:
    assert "Data as of" in text(reader, address)


@pytest.mark.parametrize(
    "address", ["/items/PAY-999", "/items/%00", "/krs/none", "/items/acme/pay%23x", "/x"]
)
def test_what_is_not_there_is_said_in_a_sentence(reader: FlaskClient, address: str) -> None:
    assert "Nothing is here" in text(reader, address, 404)


def test_an_empty_store_says_how_to_connect(stranger: FlaskClient) -> None:
    said = text(stranger, "/")
    assert "Nothing came in yet" in said
    assert "http://127.0.0.1:8080/webhooks/jira" in said
    for address in ("/items", "/inbox", "/changes"):
        assert "No delivery yet." in text(stranger, address)


def test_without_a_catalogue_or_a_sprint_home_says_so(store: Store, tmp_path: Path) -> None:
    lonely = [s.ticket(10012, "PAY-12", 6, title="Quote once")]
    with shown.signed_in(shown.app_over(store, tmp_path, lonely)) as client:
        said = text(client, "/")
    assert "No sprint is running" in said
    assert "No key results are loaded" in said


def test_pages_need_a_session(store: Store, tmp_path: Path) -> None:
    app = shown.app_over(store, tmp_path, [])
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("pages."):
            address = re.sub(r"<[^>]+>", "x", re.sub(r"<int:[^>]+>", "1", rule.rule))
            answer = app.test_client().open(
                address, method="GET" if "GET" in (rule.methods or ()) else "POST"
            )
            refused = answer.status_code == 400 and "POST" in (rule.methods or ())  # without a token of ours
            assert refused or answer.headers["Location"] == "/signin", address


def test_a_silent_engine_is_said_on_every_page(store: Store, tmp_path: Path) -> None:
    app = shown.app_over(store, tmp_path, shown.story())
    with store.write() as connection:
        meta.put(connection, "engine_beat", f'{{"at": {s.NOW - 600_000}}}')
    with shown.signed_in(app) as client:
        assert "Nothing reads deliveries now" in text(client, "/items")


def test_pages_live_by_the_engines_day() -> None:
    wall, beat = s.NOW, s.NOW - 1000
    assert the_time(wall, beat, "2026-10-06", None) == wall
    assert the_time(wall, beat, "2026-11-27", s.NOW + 60 * 86_400_000) < s.NOW + 53 * 86_400_000
    assert the_time(wall, beat - 600_000, "2026-11-27", None) == wall  # a silent engine tells no day


def test_words_are_plain() -> None:
    assert wording.ago(0, 125_000) == "2 min ago"
    assert wording.plural(1, "ticket") == "1 ticket"
    assert wording.person("someone@example.com") == "a person"
    assert wording.listed(["a", "b", "c"]) == "a, b and c"
