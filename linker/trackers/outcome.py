"""What a site needs to be spoken to, and what it can answer: a page, or one of four reasons why not."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple

from pydantic import SecretStr

from linker.model import Change, Facts, Millis, TrackerName, item_id
from linker.trackers import SiteView
from linker.trackers.payload import Malformed

Scope = Literal["site", "endpoint", "item"]

SHORTEST_WAIT = 1.0
USUAL_WAIT = 60.0  # GitHub asks for at least a minute where it names no time
LONGEST_WAIT = 86_400.0  # a wrong clock on the other side must not stop us for ever
TIMEOUT = (5, 30)  # seconds to connect, seconds to answer
OURS = "kr:"
PLANS: dict[TrackerName, str] = {"jira": "sprint", "github": "milestone"}


class App(NamedTuple):
    """A GitHub App that is installed: its id, the installation, and its private key (PEM)."""

    id: int | str
    installation: int
    key: SecretStr


@dataclass(frozen=True)
class Access:
    """One site, the right to speak to it, and the projects or repositories to backfill (`scopes`).

    `url` is what people open, `api` what we call. Jira: `user` with `token` is Cloud's basic
    authentication, `token` alone a personal access token. GitHub: `app` where there is one, else `token`.
    `spacing` is the least time between two writes, in seconds.
    """

    view: SiteView
    url: str
    api: str
    user: str | None = None
    token: SecretStr | None = None
    app: App | None = None
    spacing: float = 1.0
    scopes: tuple[str, ...] = ()

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must never be shown."""
        held = [self.token, self.app.key if self.app else None]
        return tuple(secret.get_secret_value() for secret in held if secret and secret.get_secret_value())


class Page(NamedTuple):
    """One page of a backfill: `cursor` (None at the end) continues after it; `total` where it is known."""

    facts: tuple[Facts, ...]
    cursor: str | None
    done: int
    total: int | None


class Blocked(Exception):  # noqa: N818 (an answer, not a mistake of ours)
    """The tracker asks us to wait `until` seconds: with all of the site, one endpoint or one item."""

    def __init__(self, until: float, scope: Scope, reason: str) -> None:
        super().__init__(f"{reason}; wait {until:.0f} s ({scope})")
        self.until = until
        self.scope = scope
        self.reason = reason


class Gone(Exception):  # noqa: N818 (an answer, not a mistake of ours)
    """The item does not exist, or is hidden from us."""


class Refused(Exception):  # noqa: N818 (an answer, not a mistake of ours)
    """The tracker said no, and waiting will not help; the text names what was refused and the fix."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class Unreachable(Exception):  # noqa: N818 (an answer, not a mistake of ours)
    """No answer, or none that can be used: time-outs, broken connections, failures on the tracker's side.

    `moved` when the answer was that the address is another one by now.
    """

    def __init__(self, text: str, *, moved: bool = False) -> None:
        super().__init__(text)
        self.moved = moved


def wall_clock() -> Millis:
    """Now, for whoever brings no clock of their own."""
    return time.time_ns() // 1_000_000


def label_of(change: Change) -> tuple[str, bool]:
    """The label that a Change is about, and whether it should be there; only labels under `kr:` are ours."""
    surface, _, label = change.surface.partition(":")
    present = change.desired.get("present")
    if surface != "label" or not label.startswith(OURS) or label == OURS or not isinstance(present, bool):
        raise AssertionError(f"only labels under {OURS} are ours to set or remove, not {change.surface!r}")
    return label, present


def sprint_of(ref: str | None, tracker: TrackerName, site: str) -> str | None:
    """The tracker's own id of a sprint or milestone that a Change names; None for the backlog."""
    if ref is None:
        return None
    try:
        own = item_id(ref)
    except ValueError:
        raise Refused(f"{ref} is no sprint. Choose a sprint of {site}.") from None
    place, _, number = own.id.partition(":")
    if (own.tracker, own.site, place) != (tracker, site, PLANS[tracker]) or not number.isdecimal():
        raise Refused(f"{ref} is no {PLANS[tracker]} of {site}. Choose one of its own.")
    return number


def seconds_to_wait(headers: Mapping[str, str], now: float) -> float:
    """How long an answer asks us to wait: Retry-After (seconds or a date), the reset time, or a minute.

    `headers` have lower-case names. Dates are measured against the answer's own Date header, so that a wrong
    clock on our side changes nothing; `now` (epoch seconds) stands in where there is none.
    """
    there = _moment(headers.get("date", ""))
    now = now if there is None else there
    wait = _span(headers.get("retry-after", ""), now)
    if wait is None and headers.get("x-ratelimit-remaining", "0").strip() == "0":
        reset = _moment(headers.get("x-ratelimit-reset", ""))
        wait = None if reset is None else reset - now + 1  # it is not said when in that second
    return min(max(USUAL_WAIT if wait is None else wait, SHORTEST_WAIT), LONGEST_WAIT)


def joined(*parts: Facts) -> Facts:
    """Several Facts as one."""
    said: dict[str, tuple[object, ...]] = {}
    for part in parts:
        for name in ("observations", "acts", "relations", "decisions", "commands", "asked", "wanted"):
            said[name] = said.get(name, ()) + getattr(part, name)
    return Facts.model_validate(said)


def readable(read: Callable[[], Facts]) -> Facts:
    """What a body says, or why it says nothing: one body that cannot be read holds up no page."""
    try:
        return read()
    except Malformed as reason:
        return Facts(ignored=reason.reason)


def plain(text: object, secrets: tuple[str, ...], limit: int = 200) -> str:
    """A tracker's own words in one short line, without control characters and without our secrets."""
    words = str(text)
    for secret in secrets:
        words = words.replace(secret, "***")
    words = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]+", " ", words).split())
    return words if len(words) <= limit else words[: limit - 1] + "…"


def _span(text: str, now: float) -> float | None:
    """Seconds, from a number of seconds or from a date."""
    if re.fullmatch(r"\s*\d{1,9}(\.\d+)?\s*", text):
        return float(text)
    moment = _moment(text)
    return None if moment is None else moment - now


def _moment(text: str) -> float | None:
    """Epoch seconds from an epoch number, an HTTP date or an ISO date (Jira); None for anything else."""
    if re.fullmatch(r"\s*\d{9,12}(\.\d+)?\s*", text):
        return float(text)
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            return read(text.strip()).timestamp()
        except (ValueError, TypeError, OverflowError):
            continue
    return None
