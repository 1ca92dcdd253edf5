"""Where a team is warned about its sprints: nowhere, unless app.yaml names a Slack webhook or a ticket."""

import re
from collections.abc import Iterator, Mapping
from string import ascii_letters, digits
from typing import Annotated, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from linker.config.values import EnvName, env_name, project_key, repository
from linker.model import Noun
from linker.okrs import Loc, did_you_mean
from linker.okrs.walk import Entry, each, text

SLACK = "slack"  # the site under which messages to Slack wait in the outbox
SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
SHAPE = re.compile(r"[\x21-\x7e]{1,500}", re.ASCII)

Said = tuple[Loc, str, Literal["error", "warning"]]
Named = tuple[Loc, str]
Environ = Mapping[str, str]


def host_name(value: str) -> str:
    """A host by its name alone."""
    if 0 < len(value) <= 253 and not set(value) - set(ascii_letters + digits + ".-:"):
        return value.lower()
    raise ValueError(f"'{value}' is not the name of a host. Write it alone, such as hooks.slack.com.")


def ticket_name(value: str) -> str:
    """A ticket as people name it: PAY-1, or acme/pay#3."""
    place, number = place_of(value)
    try:
        known = repository(place) if "#" in value else project_key(place)
    except ValueError:
        known = ""
    if known and number.isascii() and number.isdigit() and len(number) < 19 and number[0] != "0":
        return value
    raise ValueError(f"'{value}' is not a ticket. Write its key, such as PAY-1 or northwind/checkout-api#3.")


def place_of(ticket: str) -> tuple[str, str]:
    """The project or repository of a ticket, and its number."""
    place, _, number = ticket.rpartition("#" if "#" in ticket else "-")
    return place, number


Host = Annotated[str, AfterValidator(host_name)]
TicketName = Annotated[str, AfterValidator(ticket_name)]


class Warn(Noun):
    """Where a team is told what its sprint holds that serves no key result; quiet when nothing is named."""

    slack: EnvName | None = Field(
        None,
        description="Environment variable that holds the URL of an incoming webhook.",
        examples=["SLACK_PAYMENTS"],
    )
    ticket: TicketName | None = Field(
        None, description="A planning ticket that gets one comment for each sprint.", examples=["PAY-1"]
    )
    host: Host | None = Field(
        None,
        description="The webhook's host, where it is not Slack's own.",
        examples=["hooks.slack.com"],
    )


class Hook(NamedTuple):
    """A team's incoming webhook: the variable that holds it, and its URL, which is a secret."""

    variable: str
    url: SecretStr


def hooks_of(warned: Mapping[str, Warn], environ: Environ) -> dict[str, Hook]:
    """The webhooks of teams that have one here; one that is not there leaves messages shown, not sent."""
    found = {}
    for team, warn in warned.items():
        value = environ.get(warn.slack or "", "").strip()
        if warn.slack and value:
            found[team] = Hook(warn.slack, SecretStr(value))
    return found


def warn_checks(
    data: Entry, projects: Iterator[Named], repositories: Iterator[Named], environ: Environ
) -> Iterator[Said]:
    """Tickets in places that nobody configured, and webhooks that are missing or lead elsewhere."""
    places = [name for _, name in (*projects, *repositories)]
    slack = False
    for loc, warn in warned(data):
        yield from _ticket((*loc, "ticket"), text(warn, "ticket"), places)
        name = variable(warn)
        if warn.get("host") and not warn.get("slack"):
            yield (*loc, "host"), "is of no use without slack. Name the variable of a webhook, too.", "error"
        if name:
            slack = True
            yield from _webhook((*loc, "slack"), name, text(warn, "host").lower(), environ)
    for at, site in each(data, (), "sites"):
        if slack and text(site, "name") == SLACK:
            said = f"'{SLACK}' is the name under which messages to Slack wait. Give this site another one."
            yield (*at, "name"), said, "error"


def warned(data: Entry) -> Iterator[tuple[Loc, Entry]]:
    """Where each team is warned."""
    for loc, team in each(data, (), "teams"):
        warn = team.get("warn")
        if isinstance(warn, Mapping):
            yield (*loc, "warn"), warn


def variable(warn: Entry) -> str:
    """The variable that holds a webhook; what is the name of none has its own message."""
    try:
        return env_name(text(warn, "slack"))
    except ValueError:
        return ""


def _ticket(loc: Loc, ticket: str, places: list[str]) -> Iterator[Said]:
    try:
        place, _ = place_of(ticket_name(ticket))
    except ValueError:
        return
    if place.lower() not in {known.lower() for known in places}:
        said = f"lies in {place}, which no site follows. Add it to a site's projects or repositories."
        yield loc, f"{said}{did_you_mean(place, places)}", "error"


def _webhook(loc: Loc, name: str, host: str, environ: Environ) -> Iterator[Said]:
    value = environ.get(name, "").strip()
    if not value:
        yield loc, f"{name} is not set here, so nothing is sent to Slack.", "warning"
    elif wrong := _wrong(value, host):
        yield loc, f"{name} {wrong}", "error"


def _wrong(url: str, host: str) -> str:
    """What is wrong with the URL of a webhook, without a part of it: all of it is a secret."""
    try:
        parts = urlsplit(url)
        named, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        named, port = "", None
    if not SHAPE.fullmatch(url) or "\\" in url or not named or not parts.path.strip("/"):
        return "holds no URL of a webhook. Copy it from Slack: https://hooks.slack.com/services/..."
    if parts.scheme != "https" and not (parts.scheme == "http" and named in LOOPBACK):
        return "holds a URL that is not https. Copy it from Slack: https://hooks.slack.com/services/..."
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        return "holds a URL with a user, a query or a fragment. Copy it from Slack as it is."
    if named != host and not (named in SLACK_HOSTS and port in (None, 443)):
        return f"leads to a host other than {' or '.join(SLACK_HOSTS)}. If that is meant, name it in `host`."
    return ""
