"""What the page of a key result says of its readings: in words, as a picture, and never of work."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import scenarios as s
import shown
from flask.testing import FlaskClient

from linker.model import Cycle, KeyResult, Reading
from linker.okrs import measured
from linker.store import Store
from reports import measure

QUARTER = Cycle(id="2026Q4", start=date(2026, 10, 1), end=date(2026, 12, 31), timezone="Europe/Berlin")
ON = date(2026, 11, 20)
KR1 = s.kr("O1.KR1", unit="ms", metric="latency", baseline=Decimal(900), target=Decimal(300), owner="lead")
KR2 = s.kr("O1.KR2", baseline=Decimal("0.25"), target=Decimal("0.4"), unit="%", comparator="maintain_below",
           kind="guardrail", guards="2026Q4/O1.KR1")  # fmt: skip
KR3 = s.kr("O1.KR3", comparator="boolean")


@pytest.fixture
def reader(store: Store, tmp_path: Path) -> Iterator[FlaskClient]:
    parcels = [
        s.loaded(0, KR1, KR2, KR3),
        s.measured("r1", KR1.id, 10, "900", confidence="0.7"),
        s.measured("r2", KR1.id, 20, "420", confidence="0.6", note="<b>the cache</b>"),
        s.measured("r3", KR1.id, 30, "410"),
        s.measured("r4", KR1.id, 40, "5"),
        s.measured("u4", KR1.id, 50, "5", undoes="r4"),
        s.measured("g1", KR2.id, 10, "0.5"),
        s.ticket(10012, "PAY-12", 6, title="Quote once [O1.KR1]", status="done"),
    ]
    with shown.signed_in(shown.app_over(store, tmp_path, parcels)) as client:
        yield client


def text(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    body = re.sub(r"<(script|style|dialog|svg)\b.*?</\1>", " ", answer.text, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_the_page_answers_with_the_last_value_and_how_far_it_is(reader: FlaskClient) -> None:
    page = text(reader, "/krs/O1.KR1")
    assert "410 ms Result O1.KR1 ● active ● on track" in page
    assert "82 % of the way from 900 to 300 ms. Expected by now: 3 %." in page
    assert "900 at the start → 410 ms on 5 Oct 2026 → 300 as target" in page
    assert "Confidence 0.6 , down from 0.7 , said by planner on 5 Oct 2026" in page


def test_readings_are_listed_newest_first_without_those_taken_back(reader: FlaskClient) -> None:
    page = text(reader, "/krs/O1.KR1")
    listed = page[page.index("Readings Day Value") :]
    assert listed.index("410 ms") < listed.index("420 ms") < listed.index("900 ms")
    assert "sightline checkin --undo r2" in listed
    assert "r4" not in listed
    assert "<b>the cache" in listed  # as a person wrote it, and escaped
    assert "<b>the cache" not in reader.get("/krs/O1.KR1").text


def test_a_breached_guardrail_is_told_on_both_pages(reader: FlaskClient) -> None:
    page = text(reader, "/krs/O1.KR2")
    assert "■ off track" in page
    assert "It is above its limit of 0.4 %. It has to hold on every day, and has been breached since" in page
    assert "Its guardrail O1.KR2 is breached." in text(reader, "/krs/O1.KR1")


def test_without_a_reading_it_says_how_to_add_one(reader: FlaskClient) -> None:
    page = text(reader, "/krs/O1.KR3")
    assert "No reading yet. Add one with sightline checkin O1.KR3 yes ." in page
    assert "on track" not in page


def test_home_says_whether_there_are_readings(reader: FlaskClient) -> None:
    assert "Only readings move a key result; its own page shows them." in text(reader, "/")


# --- the words


def kr(**other: Any) -> KeyResult:
    known = {"code": "O1.KR1", "title": "T", "cycle": "2026Q4", "objective": "O1", "unit": "ms"}
    return KeyResult.model_validate(known | {"baseline": 900, "target": 300} | other)


def at(on: date) -> int:
    return int(datetime(on.year, on.month, on.day, 12, tzinfo=UTC).timestamp() * 1000)


def words(known: KeyResult, value: str, on: date = ON, taken: date | None = None, **other: Any) -> str:
    told = {"id": "r", "kr": known.id, "at": at(taken or on), "value": value, **other}
    series = [Reading.model_validate(told)]
    now = measured(known, QUARTER, series, on)
    found = (measure.way(known, QUARTER, now, on), measure.why(known, QUARTER, now, series, on))
    return " ".join(part for part in found if part)


@pytest.mark.parametrize(
    ("found", "is_said"),
    [
        (words(kr(), "300"), "It is at its target of 300 ms."),
        (words(kr(), "250.5"), "It is past its target of 300 ms."),
        (words(kr(), "1000"), "It is further from the target than at the start, on the way from 900 to"),
        (words(kr(), "900"), "It is where it was at the start, on the way from 900 to 300 ms."),
        (words(kr(), "600", ON, date(2026, 11, 1)), "The last reading is 19 days old. After 14 days a value"),
        (words(kr(), "450", confidence="0.40"), "Its last confidence is 0.4, and below 0.5 is a risk."),
        (words(kr(), "900", date(2026, 10, 9)), "in its setup until 31 Oct 2026, so nothing is late yet."),
        (words(kr(target=None), "5"), "no progress can be said"),
        (words(kr(comparator="boolean"), "0"), "It is not reached yet."),
        (words(kr(comparator="boolean"), "1"), "It is reached."),
        (words(kr(comparator="at_least", baseline=None), "299"), "It is below its limit of 300 ms."),
        (words(kr(comparator="at_least", baseline=None), "301"), "It is at or above its limit of 300 ms."),
        (words(kr(comparator="maintain_below"), "301"), "It is above its limit of 300 ms."),
        (words(kr(comparator="maintain_below"), "300"), "It is at or below its limit of 300 ms."),
    ],
)
def test_progress_is_said_in_words(found: str, is_said: str) -> None:
    assert is_said in found


def test_what_is_over_is_told_without_what_was_expected() -> None:
    series = [Reading.model_validate({"id": "r", "kr": "k", "at": at(ON), "value": "600"})]
    now = measured(kr(), QUARTER, series, ON)
    found = measure.way(kr(), QUARTER, now, ON, judged=False)
    assert found == "50 % of the way from 900 to 300 ms, at the last reading on 20 Nov 2026."


def test_of_a_dropped_key_result_no_pace_is_said(store: Store, tmp_path: Path) -> None:
    dropped = s.dropped("O1.KR1").model_copy(update={"baseline": Decimal(9), "target": Decimal(0)})
    parcels = [s.loaded(0, dropped), s.measured("r1", dropped.id, 10, "6")]
    with shown.signed_in(shown.app_over(store, tmp_path, parcels)) as client:
        page = text(client, "/krs/O1.KR1")
    assert "33 % of the way from 9 to 0, at the last reading on 5 Oct 2026." in page
    assert "on track" not in page


# --- the picture


def test_the_picture_keeps_within_its_frame_and_runs_from_left_to_right() -> None:
    days = [date(2026, 9, 28), date(2026, 10, 5), date(2026, 12, 31), date(2027, 1, 4)]
    series = [
        Reading.model_validate({"id": f"{day}", "kr": "k", "at": at(day), "value": value})
        for day, value in zip(days, ("950", "900", "100", "120"), strict=True)
    ]
    drawn = measure.picture(kr(), QUARTER, series, date(2027, 1, 5))
    assert drawn is not None
    across = [x for x, _, _ in drawn.points]
    assert across == sorted(across)
    assert (across[0], across[-1], drawn.today) == (0, 100, None)
    assert all(0 < y < 100 for _, y, _ in drawn.points)
    assert [(level.name, level.below) for level in drawn.levels] == [("target", True), ("start", False)]
    assert (drawn.curve[0].x1, drawn.curve[-1].x2) == (0, 100)
    assert drawn.curve[-1].y2 == drawn.levels[0].y


def test_one_value_at_the_limit_is_drawn_in_the_middle() -> None:
    series = [Reading.model_validate({"id": "r", "kr": "k", "at": at(ON), "value": "300"})]
    drawn = measure.picture(kr(comparator="maintain_below"), QUARTER, series, ON)
    assert drawn is not None
    assert [y for _, y, _ in drawn.points] == [50]
    assert drawn.curve == []


def test_what_is_reached_or_not_has_no_picture() -> None:
    series = [Reading.model_validate({"id": "r", "kr": "k", "at": at(ON), "value": "1"})]
    assert measure.picture(kr(comparator="boolean"), QUARTER, series, ON) is None
