"""POST /webhooks/...: verify over the raw bytes, keep, answer; nothing is parsed before the answer.

A WSGI function in front of Flask: a delivery has no session, page or form, and its ack is the hottest road.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import structlog
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.sansio.utils import get_content_length
from werkzeug.wsgi import get_input_stream

from linker.config import Config
from linker.model import Millis
from linker.store import StoreDown
from linker.store.deliveries import Parcel
from webhooks import github, jira
from webhooks.inbox import Inbox
from webhooks.refusals import Refusals
from webhooks.signature import HEADERS, Scheme, verify, verify_token

Environ = dict[str, Any]
Start = Callable[..., Any]
Received = Callable[[Environ], Millis]  # when a delivery came
Wsgi = Callable[[Environ, Start], Iterable[bytes]]

JIRA_EVENT = re.compile(rb'"webhookEvent"\s{0,8}:\s{0,8}"([\w:-]{1,64})"', re.ASCII)
NEAR_THE_START = 4096
MOST_BYTES = 25 * 1024 * 1024  # both trackers send no more
PATIENCE = 8.0  # seconds for the store; GitHub hangs up after ten, Jira after twenty
TOKEN_HEADER = "X-Sightline-Token"  # noqa: S105 - the name of a header
KEPT_HEADERS = (
    "content-type",
    "x-github-event",
    "x-github-delivery",
    "x-github-hook-id",
    "x-atlassian-webhook-identifier",
    "x-atlassian-webhook-retry",
    "x-atlassian-webhook-flow",
)
RETRY_AFTER = "30"
PATHS: dict[str, Scheme] = {"/webhooks/github": "github", "/webhooks/jira": "jira"}
log = structlog.get_logger()


def variable(header: str) -> str:
    """Where WSGI puts a header."""
    name = header.upper().replace("-", "_")
    return name if name == "CONTENT_TYPE" else f"HTTP_{name}"


KEPT = tuple((name, variable(name)) for name in KEPT_HEADERS)
SIGNATURES = {source: variable(name) for source, name in HEADERS.items()}
TOKEN = variable(TOKEN_HEADER)


class Answer(NamedTuple):
    """What a sender is told, as JSON."""

    status: str
    told: Mapping[str, str]
    headers: tuple[tuple[str, str], ...] = ()


class _Keys(NamedTuple):
    """What proves that a delivery is of a site."""

    site: str
    secrets: Sequence[bytes]
    header_token: bytes | None


class Receivers:
    """Answers deliveries, and hands every other request on to `pages`."""

    def __init__(
        self,
        pages: Wsgi,
        config: Config,
        inbox: Inbox,
        received: Received,
        refusals: Refusals,
        headers: Sequence[tuple[str, str]],
    ) -> None:
        self._pages = pages
        self._inbox = inbox
        self._received = received
        self._refusals = refusals
        self._headers = headers
        self._keys: dict[Scheme, list[_Keys]] = {
            "github": [_keys(config, site) for site in config.github_sites],
            "jira": [_keys(config, site) for site in config.jira_sites],
        }

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        source = PATHS.get(environ.get("PATH_INFO", ""))
        if source is None:
            return self._pages(environ, start)
        try:
            answer = self._receive(source, environ)
        except HTTPException as error:
            answer = _spoken(error)
        except Exception as error:
            log.error("request failed", path=environ["PATH_INFO"], exc_info=error)
            told = {"error": "Something went wrong here. The log of the service says what."}
            answer = Answer("500 Internal Server Error", told)
        body = json.dumps(answer.told).encode() + b"\n"
        start(answer.status, [*self._headers, *answer.headers, ("Content-Length", str(len(body)))])
        return [body]

    def _receive(self, source: Scheme, environ: Environ) -> Answer:
        """Signed with the secret of one of the source's sites, or with a site's header token, and kept."""
        if environ["REQUEST_METHOD"] != "POST":
            told = {"error": "Deliveries come by POST."}
            return Answer("405 Method Not Allowed", told, (("Allow", "POST"),))
        given = environ.get(SIGNATURES[source])
        token = environ.get(TOKEN) if source == "jira" else None
        if not given and not token:
            return self._refuse(source, f"{HEADERS[source]} is missing")
        body = _body(environ)
        for site, secrets, header_token in self._keys[source]:
            shared = header_token is not None and verify_token(token, header_token)
            if shared or verify(body, given, secrets, source):
                return self._keep(source, site, body, environ)
        return self._refuse(source, f"{HEADERS[source]} does not match the secret of any configured site")

    def _keep(self, source: Scheme, site: str, body: bytes, environ: Environ) -> Answer:
        headers = {name: environ[variable] for name, variable in KEPT if variable in environ}
        own, event = _named(source, headers, body)
        try:
            parcel = Parcel(source, site, own[:200], event, self._received(environ), headers, body)
            kept = self._inbox.keep(parcel, PATIENCE)
        except (StoreDown, TimeoutError) as error:
            because = str(error) or "no answer"
            log.error("delivery not kept", source=source, delivery=own[:200], because=because)
            told = {"error": "The store does not answer. Send this delivery again later."}
            return Answer("503 Service Unavailable", told, (("Retry-After", RETRY_AFTER),))
        return Answer("200 OK" if kept == "duplicate" else "202 Accepted", {"kept": kept})

    def _refuse(self, source: Scheme, because: str) -> Answer:
        self._refusals.note(source, because)
        return Answer("401 Unauthorized", {"error": f"{because}."})


def _keys(config: Config, site: Any) -> _Keys:
    secrets = config.secrets_of(site)
    token = secrets.header_token
    return _Keys(
        site.name,
        [secret.get_secret_value().encode() for secret in secrets.webhook],
        token.get_secret_value().encode() if token else None,
    )


def _body(environ: Environ) -> bytes:
    """The raw bytes; one that is too large is refused at its announced length, else where it gets there."""
    if (get_content_length(environ.get("CONTENT_LENGTH")) or 0) > MOST_BYTES:
        raise RequestEntityTooLarge
    body: bytes = get_input_stream(environ, max_content_length=MOST_BYTES + 1).read()
    if len(body) > MOST_BYTES:  # chunks announce no length
        raise RequestEntityTooLarge
    return body


def _named(source: Scheme, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    if source == "github":
        return github.delivery_id(headers, body), github.event_name(headers)
    told = JIRA_EVENT.search(body, 0, NEAR_THE_START)  # a look at bytes that are verified: nothing is parsed
    return jira.delivery_id(headers, body), told[1].decode() if told else ""


def _spoken(error: HTTPException) -> Answer:
    return Answer(f"{error.code} {error.name}", {"error": error.description or error.name})
