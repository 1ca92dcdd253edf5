"""A plan says the same on page, command line, JSON and CSV; what is done is kept; bad input harms nothing."""

import csv
import html
import io
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import scenarios as s
import shown
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from typer.testing import CliRunner

from linker import scope
from linker.planning import sprints_known
from linker.scope import PARTS
from linker.store import Store, deliveries, open_store
from linker.store.deliveries import Parcel
from linker.store.tables import decisions
from reports import frame as frames
from reports.plan import Draft, Sheet, look_of, sheet
from reports.plan_formats import FORMATS, as_data
from reports.planning_acts import folded, state_of
from webhooks.cli.main import app
from webhooks.engine import Engine

EPIC, OLD = (10003, "PAY-3"), (10004, "PAY-4")
POINTS = "customfield_10016"
SEVEN, EIGHT = "jira:acme:sprint:7", "jira:acme:sprint:8"


class Member(NamedTuple):
    """A ticket of the story."""

    own: int
    title: str
    points: Any
    fields: dict[str, Any]

    @property
    def key(self) -> str:
        """Its key."""
        return f"PAY-{self.own - 10000}"


INSIDE = (
    Member(10012, "Quote once", 5, {"parent": EPIC}),
    Member(10013, "=HYPERLINK('x')", 3, {}),
    Member(10014, "Renew <b>certificates</b>", 2, {"body": "KR: none - ktlo"}),
    Member(10015, "Refund", 1, {"body": "KR: O2.KR1"}),
    Member(10016, "Half of it", None, {"body": "KR: O1.KR1, O1.KR2", "links": [10031]}),
    Member(10017, "Odd", -3, {"body": "KR: O1.KR1"}),
    Member(10018, "Both", 5, {"body": "KR: O1.KR1, O1.KR2"}),
    Member(10019, "Unknown", 2, {"body": "KR: O9.KR9"}),
    Member(10020, "Text", "many", {"parent": EPIC}),
)
WAITING = (
    Member(10031, "Elsewhere", 3, {"parent": EPIC, "status": "new"}),
    Member(10032, "Small", 1, {"body": "KR: O1.KR1", "status": "new"}),
    Member(10033, "Large", 8, {"body": "KR: O1.KR2", "status": "new"}),
)


def story(moved: Sequence[Parcel] = ()) -> list[Parcel]:
    """A sprint that runs, one to come, tickets in and out of it, and the KRs that they serve."""
    return [
        s.loaded(0, s.kr("O1.KR1"), s.kr("O1.KR2"), s.dropped("O2.KR1")),
        s.sprint(7, "active", 0),
        s.sprint(8, "future", 1),
        s.epic(*EPIC, 2, title="One call for the basket", body="KR: O1.KR2"),
        *(_ticket(one, 3, [7]) for one in INSIDE),
        *(_ticket(one, 3, []) for one in WAITING),
        *moved,
    ]


def _ticket(one: Member, at: float, sprints: Sequence[int]) -> Parcel:
    return s.ticket(
        one.own, one.key, at, title=one.title, sprints=sprints, **{POINTS: one.points}, **one.fields
    )


class House:
    """The app over a story, and a planner who is signed in."""

    def __init__(self, app: Flask, client: FlaskClient, store: Store) -> None:
        self.app, self.client, self.store = app, client, store
        with self.frame() as frame:
            known = sprints_known(frame.connection, look_of(frame))
        self.row = next(row for row, one in known.items() if one.sprint.tid == "sprint:7")
        self.address = f"/sprints/{self.row}/plan"

    @contextmanager
    def frame(self) -> Iterator[frames.Frame]:
        """One look at the store."""
        with self.store.read() as connection:
            yield frames.look(connection, self.app.extensions["sightline"].config, s.NOW)

    def sheet(self, draft: Draft = Draft()) -> Sheet:  # noqa: B008  frozen
        """The plan as data."""
        with self.frame() as frame:
            found = sheet(frame, self.row, draft)
        assert found is not None
        return found

    def fold(self) -> None:
        """Wait until all that came is folded."""
        assert folded(self.store)

    def act(self, do: str, **fields: Any) -> str:
        """One act on the page, folded: what was said of it."""
        answer = self.client.post(self.address, data={"do": do, **fields})
        assert answer.status_code == 303, answer.text
        page = html.unescape(self.client.get(answer.headers["Location"]).text)
        said = page.partition('class="said"')[2].partition("</div>")[0]
        self.drawn = said
        return " ".join(text.strip() for text in re.findall(r'<p class="note[^"]*">([^<]*)', said))

    def value(self, verb: str, key: str, what: str = "") -> str:
        """A button of a ticket as the page draws it now."""
        found = self.sheet()
        cards = [*found.planned.plan.cards, *found.planned.candidates]
        card = next(card for card in cards if card.name == f"jira:{key}")
        return f"{verb}:{card.row}:{what}:{state_of(card)}"

    def kept(self) -> int:
        """How many decisions there are."""
        with self.store.read() as connection:
            return connection.execute(select(func.count()).select_from(decisions)).scalar_one()


@contextmanager
def built(store: Store, folder: Path) -> Iterator[House]:
    """The house with its engine, so that what is decided shows."""
    app = shown.app_over(store, folder, story())
    engine = Engine(app.extensions["sightline"].config, store, lambda: s.NOW)
    engine.prepare()
    thread = threading.Thread(target=_drive, args=(engine,))  # no file, no tracker: what is kept is folded
    thread.start()
    try:
        with shown.signed_in(app) as client:
            yield House(app, client, store)
    finally:
        engine.stop.set()
        thread.join()


def _drive(engine: Engine) -> None:
    while not engine.stop.is_set():
        if not engine.step():
            engine.stop.wait(0.01)


@pytest.fixture
def house(store: Store, tmp_path: Path) -> Iterator[House]:
    with built(store, tmp_path) as made:
        yield made


# --- one set of numbers


def test_the_parts_are_the_same_on_page_command_line_json_and_csv(house: House) -> None:
    found = house.sheet()
    parts, data = found.numbers.parts, json.loads(FORMATS["json"](found))
    assert {p: Fraction(data["points"][p]) for p in PARTS} == dict(parts.points)
    assert sum(Fraction(data["points"][p]) for p in PARTS) == Fraction(data["points"]["total"]) == 18
    rows = list(csv.DictReader(io.StringIO(FORMATS["csv"](found))))
    for part in PARTS:
        counted = [row for row in rows if row["counted"] == "yes" and row["part"] == part]
        points = sum(max(Fraction(row["points"] or 0), Fraction(0)) for row in counted)
        assert (points, len(counted)) == (parts.points[part], parts.tickets[part])
    text, page = FORMATS["text"](found), house.client.get(house.address).text
    assert f"{found.numbers.serving} % serve an active key result (10 of 18 points)" in text
    assert f'class="largest">{found.numbers.serving} %<' in page
    assert "10 of 18 points serve an active key result" in page
    assert house.client.get(f"{house.address}.json").json == data
    assert house.client.get(f"{house.address}.csv").text == FORMATS["csv"](found)


def test_a_ticket_of_several_key_results_is_split_in_exact_fractions(house: House) -> None:
    points = {one["code"]: one["points"] for one in as_data(house.sheet())["key_results"]}
    assert points == {"O1.KR1": "5/2", "O1.KR2": "15/2", "O2.KR1": "0"}


def test_estimates_that_are_none_are_counted_apart(house: House) -> None:
    parts = house.sheet().numbers.parts
    assert (parts.unestimated, parts.negative) == (2, 1)  # nothing and "many"; -3


def test_nothing_in_the_csv_runs_as_a_formula(house: House) -> None:
    rows = list(csv.DictReader(io.StringIO(house.client.get(f"{house.address}.csv").text)))
    titles = {row["ticket"]: row["title"] for row in rows}
    assert titles["jira:PAY-13"] == "'=HYPERLINK('x')"


def test_titles_are_text_on_the_page(house: House) -> None:
    page = house.client.get(house.address).text
    assert "Renew &lt;b&gt;certificates" in page
    assert "<b>certificates" not in page


# --- what if


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    out=st.sets(st.sampled_from([one.own for one in INSIDE]), max_size=5),
    into=st.sets(st.sampled_from([one.own for one in WAITING]), max_size=3),
)
def test_what_if_shows_what_comes_of_it(
    empty_sqlite: Any, tmp_path_factory: pytest.TempPathFactory, out: set[int], into: set[int]
) -> None:
    store = open_store(empty_sqlite(0))
    with built(store, tmp_path_factory.mktemp("plan")) as house:
        now = house.sheet()
        rows = {card.name: card.row for card in (*now.planned.plan.cards, *now.planned.candidates)}
        draft = Draft(
            tuple(rows[f"jira:PAY-{own - 10000}"] for own in sorted(out)),
            tuple(rows[f"jira:PAY-{own - 10000}"] for own in sorted(into)),
        )
        shown_before = house.sheet(draft).numbers
        echoes = [_ticket(one, 600, []) for one in INSIDE if one.own in out]
        echoes += [_ticket(one, 600, [7]) for one in WAITING if one.own in into]
        with store.write() as connection:
            deliveries.keep(connection, [one._replace(guid=f"echo-{n}") for n, one in enumerate(echoes)])
        house.fold()
        assert house.sheet().numbers == shown_before
    store.close()


def test_what_if_is_the_address_and_nothing_is_kept(house: House) -> None:
    out = next(card.row for card in house.sheet().plan.cards if card.name == "jira:PAY-13")
    answer = house.client.post(house.address, data={"do": f"out:{out}::"})
    assert answer.headers["Location"] == f"{house.address}?out={out}"
    assert "What if" in house.client.get(answer.headers["Location"]).text
    assert house.kept() == 0


def test_applied_moves_are_decisions_and_can_be_taken_back(house: House) -> None:
    rows = {c.name: c.row for c in (*house.sheet().planned.plan.cards, *house.sheet().planned.candidates)}
    said = house.act("apply:0::", out=str(rows["jira:PAY-13"]), **{"in": str(rows["jira:PAY-32"])})
    assert said == "2 tickets on the way to the tracker."
    made = [one.decision for one in house.sheet().decisions]
    assert {(one.kind, one.sprint, one.seen) for one in made} == {
        ("move", None, (SEVEN,)),
        ("move", SEVEN, ()),
    }
    (own,) = {one.id.rpartition("-")[0] for one in made}
    assert house.act(f"undo:0:{own}:") == "Taken back."
    assert house.sheet().decisions == ()


# --- deciding


def test_a_click_links_and_a_second_one_takes_it_back(house: House) -> None:
    before = house.sheet().numbers.serving
    assert house.act(house.value("link", "PAY-13", shown.KR), why="agreed") == "PAY-13 linked to O1.KR1."
    found = house.sheet()
    assert found.numbers.serving > before
    (made,) = found.decisions
    assert (made.decision.why, made.decision.permission) == ("agreed", "admin")
    assert house.act(f"undo:0:{made.decision.id}:") == "Taken back."
    assert house.sheet().numbers.serving == before


def test_many_at_once(house: House) -> None:
    picked = [house.value("x", key).removeprefix("x:").replace("::", ":") for key in ("PAY-13", "PAY-19")]
    assert house.act("exempt:selected:", item=picked, reason="debt") == "2 tickets exempt: technical debt."
    assert house.sheet().numbers.parts.tickets["none"] == 0


def test_what_many_decisions_say_fits_into_a_cookie_and_is_taken_back_at_once(house: House) -> None:
    more = [_ticket(Member(10200 + n, f"Bare {n}", 1, {}), 5, [7]) for n in range(120)]
    with house.store.write() as connection:
        deliveries.keep(connection, [one._replace(guid=f"bare-{n}") for n, one in enumerate(more)])
    house.fold()
    before = house.sheet().numbers
    bare = [card for card in house.sheet().plan.cards if card.title.startswith("Bare")]
    picked = [f"{card.row}:{state_of(card)}" for card in bare]
    assert (
        house.act("link:selected:", item=[*picked, *picked[:5]], kr=shown.KR)
        == "120 tickets linked to O1.KR1."
    )
    assert house.kept() == 120  # one picked twice is decided once
    back = re.search(r'value="(undo:0:[^"]+)" data-undo', house.drawn)
    assert back is not None
    assert house.act(back[1]) == "Taken back."
    assert house.sheet().numbers == before


def test_an_impact_is_added_up_and_taken_off_by_the_same_button(house: House) -> None:
    what = "2026Q4/O1.KR2=M"
    house.act(house.value("impact", "PAY-12", what))
    house.act(house.value("impact", "PAY-18", what))
    assert house.sheet().numbers.impact == {"2026Q4/O1.KR2": Fraction(1, 5)}
    house.act(house.value("impact", "PAY-12", what))
    assert house.sheet().numbers.impact == {"2026Q4/O1.KR2": Fraction(1, 10)}


def test_a_snoozed_finding_wakes_on_its_day(house: House) -> None:
    own = "odd_estimate jira:PAY-17"
    do = f"snooze:{house.row}:{own}:"
    other = {"until no_estimate jira:PAY-16": "2026-10-09", "why no_estimate jira:PAY-16": "not this one"}

    def snooze(until: str, why: str) -> str:
        return house.act(do, **{f"until {own}": until, f"why {own}": why}, **other)

    assert "Say why" in snooze("2026-10-08", " ")
    assert "Choose a day after today" in snooze("2026-10-06", "later")
    assert "Choose the day" in snooze("soon", "later")
    snooze("2026-10-08", "the field is being repaired")
    assert [decision.why for _, decision in house.sheet().snoozed] == ["the field is being repaired"]
    assert [one.subject for one, _ in house.sheet().snoozed] == ["jira:PAY-17"]
    with house.frame() as frame:
        later = frames.Frame(**{**frame.__dict__, "now": s.NOW + 3 * 86_400_000})
        found = sheet(later, house.row)
    assert found is not None
    assert found.snoozed == ()


# --- bad input


def test_what_somebody_changed_meanwhile_is_said_and_not_overwritten(house: House) -> None:
    drawn = house.value("link", "PAY-13", shown.KR)
    house.act(house.value("exempt", "PAY-13", "ktlo"))
    kept = house.kept()
    assert "PAY-13 was changed by somebody else after this page was drawn" in house.act(drawn)
    assert house.kept() == kept


def test_one_size_is_given_to_one_ticket(house: House) -> None:
    picked = [house.value("x", key).removeprefix("x:").replace("::", ":") for key in ("PAY-12", "PAY-18")]
    assert "one ticket at a time" in house.act("impact:selected:2026Q4/O1.KR2=M", item=picked)
    assert house.kept() == 0


def test_only_what_was_decided_on_this_sprint_is_taken_back_here(house: House) -> None:
    with house.store.write() as connection:
        elsewhere = s.decided("page-elsewhere", s.jira_item(10003), "exempt", 30, reason="ktlo")
        deliveries.keep(connection, [elsewhere])
    house.fold()
    assert "not held here" in house.act("undo:0:page-elsewhere:")
    assert house.kept() == 1


def test_a_key_result_that_was_dropped_meanwhile_is_not_linked(house: House) -> None:
    drawn = house.value("link", "PAY-13", shown.KR)
    with house.store.write() as connection:
        deliveries.keep(connection, [s.loaded(700, s.dropped("O1.KR1", date(2026, 10, 6)), s.kr("O1.KR2"))])
    house.fold()
    assert "O1.KR1 is not active: dropped on 6 October 2026" in house.act(drawn)
    assert house.kept() == 0


ODD = (
    *("", ":", "link", "link:", "link:x:y:z", "link:0:2026Q4/O1.KR1:", "link:99999999999999999999:a:b"),
    *("link:selected:", "exempt:selected:", "undo:0:none:", "undo::", "impact:1:2:3", "impact:selected:"),
    *(
        "snooze:::",
        "out:-1::",
        "in:1e9::",
        "swap:1:x:",
        "apply:0::",
        "fly:1:2:3",
        "\x00",
        "link:\x00:\x00:\x00",
    ),
    "é" * 500,
)


@pytest.mark.parametrize("do", ODD)
def test_a_form_that_nobody_drew_changes_nothing(house: House, do: str) -> None:
    kept = house.kept()
    answer = house.client.post(
        house.address, data={"do": do, "item": ["x", "1", "\x00", "9" * 40], "out": "1,x,,-4", "in": "9" * 30}
    )
    assert answer.status_code == 303
    assert house.kept() == kept
    assert house.client.get(answer.headers["Location"]).status_code == 200


@pytest.mark.parametrize(
    "query", ["out=x", "out=1,2,3,", "in=" + "9" * 400, "out=\x00", "in=%FF", "out=&in="]
)
def test_an_odd_address_is_read_as_far_as_it_goes(house: House, query: str) -> None:
    assert house.client.get(f"{house.address}?{query}").status_code == 200


def test_a_sprint_that_does_not_exist_is_a_clear_404(house: House) -> None:
    for address in ("/sprints/999999/plan", "/sprints/999999/plan.json", f"{house.address}.xls"):
        assert house.client.get(address).status_code == 404
    assert "The address names no page, sprint, item" in house.client.get("/sprints/999999/plan").text
    assert house.client.post("/sprints/999999/plan", data={"do": "x"}).status_code == 404


def test_a_closed_sprint_is_shown_and_not_planned(house: House) -> None:
    with house.store.write() as connection:
        deliveries.keep(connection, [s.sprint(7, "closed", 500, "sprint_closed")])
    house.fold()
    page = house.client.get(house.address).text
    assert "closed" in page
    assert 'name="item"' not in page
    assert "was closed" in house.act(house.value("link", "PAY-13", shown.KR))
    assert house.kept() == 0


def test_the_days_of_a_sprint_are_those_of_its_team(house: House) -> None:
    with house.frame() as frame:
        look = look_of(frame)
        teams = tuple(team.model_copy(update={"timezone": "Asia/Tokyo"}) for team in frame.config.teams)
        assert str(look.zone_of(teams, frame.zone_name)) == "Asia/Tokyo"
        assert str(look.zone_of(frame.config.teams, frame.zone_name)) == frame.zone_name


def test_an_empty_sprint_says_what_to_do(house: House) -> None:
    with house.frame() as frame:
        known = sprints_known(frame.connection, look_of(frame))
    row = next(row for row, one in known.items() if one.sprint.tid == "sprint:8")
    page = house.client.get(f"/sprints/{row}/plan").text
    assert "No tickets in Sprint 8 yet" in page
    assert house.client.get(f"/sprints/{row}/plan.text").text.startswith("Sprint 8: no tickets yet.")


def test_nobody_needs_the_page_again_until_something_changed(house: House) -> None:
    tag = house.client.get(house.address).headers["ETag"]
    again = house.client.get(house.address, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    house.act(house.value("link", "PAY-13", shown.KR))
    assert house.client.get(house.address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("finding", "arguments", "code", "said"),
    [
        ("no_key_result: warning", ["Sprint 7"], 0, "serve an active key result"),
        ("no_key_result: error", ["Sprint 7"], 1, "error: Serves no key result (2)"),
        ("no_key_result: warning", ["Sprint 70"], 2, "No sprint is called Sprint 70. Known are"),
        ("no_key_result: warning", ["Sprint 7", "-f", "xls"], 2, "xls is not a format"),
        (
            "no_key_result: warning",
            ["Sprint 7", "--out", "PAY-31"],
            2,
            "--out takes tickets that are in Sprint 7",
        ),
        ("no_key_result: warning", ["Sprint 7", "--in", "PAY-12"], 2, "--in takes tickets of the team"),
        ("no_key_result: warning", ["Sprint 7", "--in", "PAY-999"], 2, "PAY-999 names no items"),
    ],
)
def test_the_command_tells_by_its_exit_code(
    tmp_path: Path, finding: str, arguments: list[str], code: int, said: str
) -> None:
    text = shown.APP.replace("unused.sqlite", "plan.sqlite")
    (tmp_path / "app.yaml").write_text(f"{text}policy: {{planning: {{findings: {{{finding}}}}}}}\n")
    store = open_store(f"sqlite:///{tmp_path / 'plan.sqlite'}")
    store.create()
    s.tell(store, *story())
    store.close()
    done = CliRunner().invoke(app, ["plan", *arguments, "--config", str(tmp_path / "app.yaml")])
    assert (done.exit_code, said in done.output) == (code, True), done.output
    assert "Traceback" not in done.output


def test_what_is_found_in_the_story(house: House) -> None:
    plan = house.sheet().plan
    found = {
        (one.id, one.subject.partition(":")[2] or one.subject)
        for one in scope.find(plan, scope.numbers(plan))
    }
    assert found == {
        ("no_key_result", "PAY-13"),
        ("no_key_result", "PAY-19"),
        ("inactive_key_result", "PAY-15"),
        ("unknown_code", "PAY-19"),
        ("blocked", "PAY-16"),
        ("odd_estimate", "PAY-17"),
        ("no_estimate", "PAY-16"),
        ("no_estimate", "PAY-20"),
        ("under_floor", "debt"),
    }
