"""What was planted into the quarter is really in its deliveries, and the engine finds what the plan says."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from linker.config import load_config, read_catalogue
from linker.okrs import load
from webhooks.simulator import Delivery, Quarter
from webhooks.simulator.catalogue import okrs_yaml, versions
from webhooks.simulator.weeks import CYCLES

NAMES = {"GITHUB_WEBHOOK_SECRET": "g" * 20, "JIRA_WEBHOOK_SECRET": "j" * 20}
MISTAKES = {
    "epic without key result", "ticket without epic", "ticket told late", "full id before the cycle",
    "epic moved to another project", "negative points", "label set by a person",
    "our label removed by a person", "ticket re-parented", "ticket deleted", "blocked across teams",
    "removed from its sprint", "unknown code", "look-alike letter", "project not configured",
    "code in a fence", "opt-out beside a key", "revert", "code of a dropped key result",
    "code of an ended cycle", "token that looks like a key", "branch and title disagree",
    "pull request before its ticket", "title gets its key later", "linked after the merge", "umbrella ticket",
    "two pull requests of one ticket", "added after start", "carried over", "late", "repeated", "other id",
}  # fmt: skip


@pytest.mark.parametrize("mistake", sorted(MISTAKES))
def test_each_mistake_is_planted_and_has_happened(told: Quarter, mistake: str) -> None:
    assert told.truth.planted[mistake]


def test_the_cyrillic_letter_is_in_the_bodies(told: Quarter) -> None:
    assert any("O1.\u041aR2" in delivery.body.decode() for delivery in told.deliveries)


def test_a_repeat_is_the_same_body_and_often_the_same_id(told: Quarter) -> None:
    twice = [d for d in told.deliveries if d.id == told.truth.planted["repeated"][0]]
    assert len(twice) == 2
    assert twice[0].body == twice[1].body
    other = next(d for d in told.deliveries if d.id in told.truth.planted["other id"])
    assert len({d.id for d in told.deliveries if d.body == other.body}) == 2


def test_late_is_hours_to_days(told: Quarter) -> None:
    late = set(told.truth.planted["late"])
    delays = [
        d.at - _happened_at(d) for d in told.deliveries if d.id in late and d.event == "jira:issue_updated"
    ]
    assert min(delays) >= timedelta(hours=1)
    assert max(delays) >= timedelta(hours=8)


def test_a_pull_request_names_a_ticket_that_is_written_later(told: Quarter) -> None:
    alias = told.truth.planted["pull request before its ticket"][0]
    pull = next(body for body in _bodies(told, "pull_request") if _alias(body) == alias)["pull_request"]
    found = re.search(r"(PAY|WEB)-\d+", f"{pull['title']} {pull['head']['ref']} {pull['body']}")
    assert found
    ticket = next(b["issue"] for b in _bodies(told, "jira:issue_created") if b["issue"]["key"] == found[0])
    written = datetime.strptime(ticket["fields"]["created"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert datetime.fromisoformat(pull["created_at"]) < written


def test_our_own_label_is_told_as_ours_and_taken_off_by_a_person(told: Quarter) -> None:
    pulls = set(told.truth.planted["our label removed by a person"])
    acts = [
        (
            body["action"], body["sender"]["type"],
        ) for body in _bodies(told, "pull_request") if _alias(body) in pulls and body["action"] in ("labeled",
        "unlabeled")
    ]  # fmt: skip
    assert ("labeled", "Bot") in acts
    assert ("unlabeled", "User") in acts


def test_a_closed_sprint_leaves_its_name_in_the_field(told: Quarter) -> None:
    key = next(a for a in told.truth.planted["carried over"] if a.startswith("jira:")).partition(":")[2]
    last = [b for b in _bodies(told, "jira:issue_updated") if b["issue"]["key"] == key][-1]
    states = [sprint["state"] for sprint in last["issue"]["fields"]["customfield_10020"]]
    assert len(states) >= 2
    assert states[0] == "closed"


def test_nothing_goes_wrong_in_a_clean_sprint(told: Quarter) -> None:
    assert ("web", 1) in told.truth.clean
    inside = {
        f"jira:{body['issue']['key']}"
        for body in _bodies(told, "jira:issue_updated")
        if any(line["toString"] == "WEB Sprint 1" for line in body["changelog"]["items"])
    }
    wrong = {
        alias
        for name in ("added after start", "carried over", "ticket without epic")
        for alias in told.truth.planted[name]
    }
    assert len(inside) > 15
    assert inside.isdisjoint(wrong)
    debt = {alias for alias in inside if told.truth.exempt.get(alias) == "debt"}
    assert all(told.truth.serves[alias] for alias in inside - debt)


# --- the catalogue and its readings


def test_okrs_yaml_is_a_catalogue_with_five_objectives_and_fourteen_key_results(told: Quarter) -> None:
    found = told.okrs_yaml.partition("2026Q3")[0]
    assert (found.count("why_now:"), found.count("baseline:")) == (5, 14)


def test_the_operators_files_are_valid(told: Quarter, tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(told.app_yaml(), encoding="utf-8")
    (tmp_path / "okrs.yaml").write_text(told.okrs_yaml, encoding="utf-8")
    config = load_config(tmp_path / "app.yaml", NAMES, service=True)
    catalogue = load(read_catalogue(config).dump())
    assert {cycle.id for cycle in catalogue.cycles} == set(CYCLES)


def test_the_file_of_a_day_does_not_know_what_comes_later() -> None:
    assert "dropped" not in okrs_yaml(date(2026, 11, 2))
    assert "dropped" in okrs_yaml(date(2026, 11, 3))
    days = [day for day, _ in versions(date(2026, 11, 27))]
    assert days == sorted(days)
    assert date(2026, 10, 26) in days  # a target is amended


def test_readings_have_the_truth_that_was_planned(told: Quarter) -> None:
    series: dict[str, list[Any]] = {}
    for reading in told.readings:
        series.setdefault(reading.key_result, []).append(reading)
    moved, flat = series["2026Q4/O1.KR1"], series["2026Q4/O1.KR2"]
    assert moved[-1].value < 900 - 0.4 * 600
    assert abs(flat[-1].value - 61) < 0.2 * 5
    assert series["2026Q4/O1.KR3"][-1].value > 0.4
    assert series["2026Q4/O3.KR3"][-1].at < datetime(2026, 11, 1, tzinfo=UTC)
    assert set(told.truth.key_results) >= set(series)


# --- helpers that read bodies


def _bodies(told: Quarter, event: str) -> Iterator[dict[str, Any]]:
    return (json.loads(delivery.body) for delivery in told.deliveries if delivery.event == event)


def _alias(body: dict[str, Any]) -> str:
    return f"github:{body['repository']['full_name']}#{body['number']}"


def _happened_at(delivery: Delivery) -> datetime:
    return datetime.fromtimestamp(json.loads(delivery.body)["timestamp"] / 1000, UTC)
