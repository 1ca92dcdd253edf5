"""A check-in is kept as it was meant; what could mean something else is refused with what to write."""

import json
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
from running import OKRS, Installation
from typer.testing import CliRunner, Result

from linker.model import Reading
from linker.store import readings
from webhooks.cli.main import app
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.okrs_file import load_if_changed

MORE = """\
          - {code: O1.KR3, title: The drill passes, comparator: boolean, owner: lead engineer}
          - {code: O1.KR4, title: Faster, metric: latency, unit: ms, baseline: 900, target: -300, owner: lead}
"""
Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    """An installation whose store holds the catalogue."""
    home = Installation(tmp_path)
    (home.folder / "okrs.yaml").write_text(OKRS + MORE, encoding="utf-8")
    with home.store() as store:
        load_if_changed(home.config, store, Inbox(store, lambda: 1_790_000_000_000))
    fold(home)
    return home


@pytest.fixture
def run(home: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """A command in the folder of the installation."""
    monkeypatch.chdir(home.folder)

    def invoke(*words: str, **other: Any) -> Result:
        ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("SIGHTLINE_")}
        return CliRunner().invoke(app, list(words), env={**ours, **home.secrets}, **other)

    yield invoke
    structlog.reset_defaults()


def fold(home: Installation) -> None:
    with home.store() as store:
        drain(Engine(home.config, store))


def kept(home: Installation, code: str = "O1.KR2") -> list[Reading]:
    fold(home)
    with home.store() as store, store.read() as connection:
        return readings.series(connection, f"2026Q4/{code}")


def test_a_check_in_is_kept_with_who_how_sure_and_why(home: Installation, run: Run) -> None:
    found = run("checkin", "o1.kr2", "41.50", "--confidence", "0.6", "--note", "the wallet is live")
    assert found.exit_code == 0, found.stderr
    assert found.stdout.startswith("2026Q4/O1.KR2: 41.5 % on ")
    assert "No engine runs now: it will be folded when" in found.stdout
    (own,) = kept(home)
    assert (str(own.value), own.confidence, own.note, own.source) == (
        "41.5",
        Decimal("0.6"),
        "the wallet is live",
        "manual",
    )
    assert own.actor.startswith("cli:")


def test_a_reading_of_an_earlier_day_stands_at_noon(home: Installation, run: Run) -> None:
    assert run("checkin", "2026Q4/O1.KR2", "44", "--on", "2020-02-03").exit_code == 0
    assert run("checkin", "O1.KR2", "40").exit_code == 0
    early, late = kept(home)
    assert datetime.fromtimestamp(early.at / 1000, UTC) == datetime(2020, 2, 3, 12, tzinfo=UTC)
    assert [f"{early.value}", f"{late.value}"] == ["44", "40"]


def test_a_reading_is_taken_back_and_so_is_that(home: Installation, run: Run) -> None:
    own = json.loads(run("checkin", "O1.KR2", "41", "--json").stdout)["reading"]
    assert len(kept(home)) == 1
    found = run("checkin", "--undo", own)
    assert found.stdout.startswith(f"{own} is taken back.")
    assert kept(home) == []
    again = re.search(r"--undo (\w+)", found.stdout)
    assert again
    assert run("checkin", "--undo", again[1]).exit_code == 0
    assert [one.id for one in kept(home)] == [own]


@pytest.mark.parametrize(("word", "value"), [("yes", 1), ("NO", 0), ("1", 1)])
def test_what_is_reached_or_not_takes_yes_and_no(home: Installation, run: Run, word: str, value: int) -> None:
    assert run("checkin", "O1.KR3", word).exit_code == 0
    assert [one.value for one in kept(home, "O1.KR3")] == [value]


def test_a_value_may_be_negative(home: Installation, run: Run) -> None:
    assert run("checkin", "O1.KR4", "-3.5").exit_code == 0
    assert [one.value for one in kept(home, "O1.KR4")] == [Decimal("-3.5")]


def test_a_day_that_is_to_come_has_no_reading(run: Run) -> None:
    found = run("checkin", "O1.KR2", "4", "--on", f"{datetime.now(UTC).date() + timedelta(days=2)}")
    assert (found.exit_code, found.stdout) == (2, "")
    assert "is still to come. A reading is of a day that was: leave --on out for today." in found.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["O1.KR22", "4"], "O1.KR22 is not in the catalogue. Did you mean O1.KR2?"),
        (["2026Q3/O1.KR2", "4"], "2026Q3/O1.KR2 is not in the catalogue. Did you mean 2026Q4/O1.KR2?"),
        (["ZZ", "4"], "ZZ is not in the catalogue. `sightline okrs load` loads okrs.yaml."),
        (["O1.KR2", "5 %"], "5 % is not a plain number. Write 5; the unit of O1.KR2 is % and goes without"),
        (["O1.KR4", "420ms"], "420ms is not a plain number. Write 420; the unit of O1.KR4 is ms and"),
        (["O1.KR2", "1,5"], "1,5 is not a plain number. Write 1.5."),
        (["O1.KR2", "1,204"], "1,204 is not a plain number. Write 1204, or 1.204."),
        (["O1.KR2", "1.204,5"], "Write 1204.5."),
        (["O1.KR2", "1,204.5"], "Write 1204.5."),
        (["O1.KR2", "1 204"], "Write 1204."),
        (["O1.KR2", "1_204_000"], "Write 1204000."),
        (["O1.KR4", "−3"], "Write -3"),
        (["O1.KR2", "1e3"], "1e3 is not a plain number. Write it such as 30, or 0.5."),
        (["O1.KR2", "nan"], "nan is not a plain number."),
        (["O1.KR2", "٤٢"], "is not a plain number."),
        (["O1.KR2", ""], "is not a plain number."),
        (["O1.KR2", "9" * 29], "has more than 28 digits. Round it."),
        (["O1.KR3", "maybe"], "O1.KR3 is either reached or not: write yes or no, not maybe."),
        (["O1.KR2", "4", "--confidence", "60"], "60 is not a confidence from 0 to 1: write 0.6."),
        (["O1.KR2", "4", "--confidence", "60 %"], "60 % is not a confidence from 0 to 1: write 0.6."),
        (["O1.KR2", "4", "--confidence", "high"], "high is not a confidence from 0 to 1: write one such as"),
        (["O1.KR2", "4", "--confidence", "nan"], "nan is not a confidence from 0 to 1"),
        (["O1.KR2", "4", "--confidence", "-0.1"], "-0.1 is not a confidence from 0 to 1"),
        (["O1.KR2", "4", "--on", "yesterday"], "yesterday is not a day. Write it as 2026-11-25."),
        (["O1.KR2"], "Say which key result and its value: sightline checkin O1.KR1 420"),
        ([], "Say which key result and its value"),
        (["--undo", "nothing"], "No reading nothing is held."),
        (["O1.KR2", "4", "--undo", "x"], "Give --undo alone"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_means_nothing_ends_with_2_and_keeps_nothing(
    home: Installation, run: Run, words: list[str], said: str
) -> None:
    found = run("checkin", *words)
    assert (found.exit_code, said in found.stderr) == (2, True), found.stderr
    assert found.stdout == ""
    assert home.states() == {"done": 1}
