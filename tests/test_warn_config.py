"""Where teams are warned is checked at the start: what is named exists, and no URL of a webhook is shown."""

from pathlib import Path
from typing import Any

import pytest

from linker.config import Config, ConfigError, config_from

HOOK = "https://hooks.slack.com/services/T0/B0/canary"
SITES = [
    {"tracker": "github", "name": "github.com", "url": "https://github.com", "webhook_secrets": ["ONE"],
     "repositories": ["acme/pay"]},
    {"tracker": "jira", "name": "acme", "url": "https://acme.example.com", "webhook_secrets": ["TWO"],
     "projects": ["PAY"]},
]  # fmt: skip
ENVIRON = {"ONE": "1", "TWO": "2"}


def built(hook: str | None = HOOK, sites: list[dict[str, Any]] | None = None, **warn: Any) -> Config:
    given = ENVIRON | ({} if hook is None else {"SLACK_PAY": hook})
    data = {"sites": sites or SITES, "teams": [{"name": "payments", "warn": warn}]}
    return config_from(data, given, Path("/srv"))


def refused(hook: str | None = HOOK, **warn: Any) -> str:
    with pytest.raises(ConfigError) as error:
        built(hook, **warn)
    return str(error.value)


def test_nobody_is_warned_unless_a_place_is_named() -> None:
    config = built()
    assert (config.teams[0].warn.slack, config.teams[0].warn.ticket, config.hooks) == (None, None, {})


def test_a_webhook_comes_by_name_and_is_never_shown() -> None:
    config = built(slack="SLACK_PAY")
    assert config.hooks["payments"].url.get_secret_value() == HOOK
    assert "canary" not in repr(config) + str(config.hooks) + config.model_dump_json()


def test_a_webhook_that_is_not_there_is_a_warning() -> None:
    config = built(None, slack="SLACK_PAY")
    assert [f"{one}" for one in config.warnings if "SLACK_PAY" in one.text] == [
        "app.yaml: teams[0].warn.slack: SLACK_PAY is not set here, so nothing is sent to Slack."
    ]
    assert config.hooks == {}


@pytest.mark.parametrize("name", ["slack_pay", HOOK])
def test_what_is_no_name_of_a_variable_is_refused_and_not_repeated(name: str) -> None:
    said = refused(slack=name)
    assert "teams[0].warn.slack" in said
    assert "canary" not in said


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.slack.com/services/canary",
        "https://hooks.slack.com.evil.example/services/canary",
        "https://evil.example/hooks.slack.com/canary",
        "https://hooks.slack.com@evil.example/canary",
        "https://user:canary@hooks.slack.com/services/x",
        "https://hooks.slack.com\\@evil.example/canary",
        "https://hooks.slack.com:8443/services/canary",
        "https://hooks.slack.com/services/canary?x=1",
        "https://hooks.slack.com/services/can ary",
        "https://hooks.slack.com",
        "https://[canary",
        "http://127.0.0.1/canary",
        "https://169.254.169.254/canary",
        "canary",
    ],
)
def test_only_slack_is_written_to(url: str) -> None:
    said = refused(url, slack="SLACK_PAY")
    assert "teams[0].warn.slack: SLACK_PAY " in said
    assert "canary" not in said


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://hooks.slack-gov.com/services/x", None),
        ("https://chat.example.com/hooks/x", "chat.example.com"),
        ("https://chat.example.com:8443/hooks/x", "Chat.example.com"),
        ("http://127.0.0.1:8099/hooks/x", "127.0.0.1"),
    ],
)
def test_another_host_counts_when_it_is_named(url: str, host: str | None) -> None:
    named: dict[str, Any] = {"host": host} if host else {}
    assert built(url, slack="SLACK_PAY", **named).hooks["payments"].url.get_secret_value() == url


def test_another_host_has_to_speak_https() -> None:
    assert "not https" in refused("http://chat.example.com/x", slack="SLACK_PAY", host="chat.example.com")


def test_a_host_without_a_webhook_is_a_mistake() -> None:
    assert "teams[0].warn.host: is of no use without slack" in refused(host="chat.example.com")


@pytest.mark.parametrize("ticket", ["PAY-1", "acme/pay#3", "Acme/Pay#3"])
def test_a_planning_ticket_lies_in_a_place_that_is_followed(ticket: str) -> None:
    assert built(ticket=ticket).teams[0].warn.ticket == ticket


@pytest.mark.parametrize("ticket", ["PAY", "PAY-", "pay-1", "PAY-0", "acme/pay", "acme/pay#x", "../x#1"])
def test_what_is_no_ticket_is_refused(ticket: str) -> None:
    assert "is not a ticket. Write its key" in refused(ticket=ticket)


@pytest.mark.parametrize(("ticket", "near"), [("PAI-1", "PAY"), ("acme/pai#1", "acme/pay")])
def test_a_ticket_elsewhere_is_refused_with_the_nearest_place(ticket: str, near: str) -> None:
    said = refused(ticket=ticket)
    assert "which no site follows" in said
    assert near in said


def test_no_tracker_is_called_as_messages_to_slack_are() -> None:
    sites = [SITES[0], SITES[1] | {"name": "slack"}]
    with pytest.raises(ConfigError, match=r"sites\[1\].name.*another"):
        built(sites=sites, slack="SLACK_PAY")
    assert built(sites=sites).hooks == {}
