"""The simulated quarter: the same every time, shaped as the real trackers speak, and true to its plan."""

import hashlib
import hmac
import json
from collections import Counter
from datetime import date

import pytest

from webhooks.simulator import Delivery, Quarter, quarter, sign


@pytest.fixture(scope="module")
def told() -> Quarter:
    return quarter()


def test_the_same_seed_and_day_give_the_same_bytes(told: Quarter) -> None:
    assert quarter(7).deliveries == told.deliveries


def test_another_seed_is_another_quarter(told: Quarter) -> None:
    assert {d.id for d in quarter(8).deliveries}.isdisjoint(d.id for d in told.deliveries)


def test_a_later_day_only_adds(told: Quarter) -> None:
    week = quarter(7, date(2026, 10, 16)).deliveries
    assert week == told.deliveries[: len(week)]
    assert 500 < len(week) < len(told.deliveries)


def test_deliveries_come_in_order_and_end_today(told: Quarter) -> None:
    moments = [delivery.at for delivery in told.deliveries]
    assert moments == sorted(moments)
    assert moments[-1].date() == told.today == date(2026, 11, 27)


def test_github_signs_the_raw_bytes(told: Quarter) -> None:
    delivery = next(d for d in told.deliveries if d.source == "github")
    digest = hmac.new(b"secret", delivery.body, hashlib.sha256).hexdigest()
    assert sign(delivery, "secret")["X-Hub-Signature-256"] == f"sha256={digest}"
    assert sign(delivery, "secret")["X-GitHub-Delivery"] == delivery.id


def test_jira_signs_the_raw_bytes(told: Quarter) -> None:
    delivery = next(d for d in told.deliveries if d.source == "jira")
    headers = sign(delivery, "secret")
    assert headers["X-Hub-Signature"].startswith("sha256=")
    assert headers["X-Atlassian-Webhook-Identifier"] == delivery.id


def test_the_company_is_as_large_as_planned(told: Quarter) -> None:
    items = told.truth.serves
    counts = Counter(_kind(delivery) for delivery in {d.body: d for d in told.deliveries}.values())
    assert 370 <= counts["ticket"] <= 450
    assert 440 <= counts["pull"] <= 540
    assert 28 <= counts["epic"] <= 34
    assert len(items) >= sum(counts[kind] for kind in ("ticket", "pull", "epic"))


def _kind(delivery: Delivery) -> str:
    body = json.loads(delivery.body)
    if delivery.event == "jira:issue_created":
        return "epic" if body["issue"]["fields"]["issuetype"]["name"] == "Epic" else "ticket"
    if delivery.event == "issues" and body["action"] == "opened":
        return "epic" if "epic" in [label["name"] for label in body["issue"]["labels"]] else "ticket"
    return "pull" if delivery.event == "pull_request" and body["action"] == "opened" else ""
