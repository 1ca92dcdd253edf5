"""POST /webhooks/...: verify over the raw bytes, keep, answer; nothing is parsed before the answer."""

import re
from collections.abc import Mapping, Sequence

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import SecretStr
from werkzeug.exceptions import RequestEntityTooLarge

from linker.config import Config, GitHubSite, JiraSite
from linker.store import StoreDown
from linker.store.deliveries import Parcel
from webhooks import github, jira
from webhooks.inbox import Clock, Inbox
from webhooks.refusals import Refusals
from webhooks.signature import HEADERS, Scheme, verify, verify_token

JIRA_EVENT = re.compile(rb'"webhookEvent"\s{0,8}:\s{0,8}"([\w:-]{1,64})"', re.ASCII)
NEAR_THE_START = 4096
MOST_BYTES = 25 * 1024 * 1024  # both trackers send no more
PATIENCE = 8.0  # seconds for the store; GitHub hangs up after ten, Jira after twenty
TOKEN_HEADER = "X-Sightline-Token"  # noqa: S105 - the name of a header
KEPT_HEADERS = frozenset(
    {
        "content-type",
        "x-github-event",
        "x-github-delivery",
        "x-github-hook-id",
        "x-atlassian-webhook-identifier",
        "x-atlassian-webhook-retry",
        "x-atlassian-webhook-flow",
    }
)
RETRY_AFTER = "30"
log = structlog.get_logger()
receivers = Blueprint("receivers", __name__, url_prefix="/webhooks")


@receivers.post("/github")
def from_github() -> tuple[Response, int]:
    """A delivery of GitHub: signed with the secret of one of the GitHub sites."""
    config: Config = current_app.extensions["sightline"].config
    given = request.headers.get(HEADERS["github"])
    if not given:
        return _refuse("github", f"{HEADERS['github']} is missing")
    body = _body()
    for site in config.github_sites:
        if verify(body, given, _bytes(config.secrets_of(site).webhook), "github"):
            return _keep("github", site, body)
    return _refuse("github", f"{HEADERS['github']} does not match the secret of any configured site")


@receivers.post("/jira")
def from_jira() -> tuple[Response, int]:
    """A delivery of Jira: signed, or with the shared header token where a site opted in to that."""
    config: Config = current_app.extensions["sightline"].config
    given, told = request.headers.get(HEADERS["jira"]), request.headers.get(TOKEN_HEADER)
    if not given and not told:
        return _refuse("jira", f"{HEADERS['jira']} is missing")
    body = _body()
    for site in config.jira_sites:
        secrets = config.secrets_of(site)
        token = secrets.header_token
        shared = token is not None and verify_token(told, token.get_secret_value().encode())
        if shared or verify(body, given, _bytes(secrets.webhook), "jira"):
            return _keep("jira", site, body)
    return _refuse("jira", f"{HEADERS['jira']} does not match the secret of any configured site")


def _body() -> bytes:
    """The raw bytes; one that is too large is refused at its announced length, else where it gets there."""
    if (request.content_length or 0) > MOST_BYTES:
        raise RequestEntityTooLarge
    body = request.get_data(cache=False)  # at most one byte more than the limit: chunks announce no length
    if len(body) > MOST_BYTES:
        raise RequestEntityTooLarge
    return body


def _keep(source: Scheme, site: GitHubSite | JiraSite, body: bytes) -> tuple[Response, int]:
    inbox: Inbox = current_app.extensions["sightline"].inbox
    clock: Clock = current_app.extensions["sightline"].clock
    headers = {name.lower(): value for name, value in request.headers if name.lower() in KEPT_HEADERS}
    own, event = _named(source, headers, body)
    try:
        kept = inbox.keep(Parcel(source, site.name, own[:200], event, clock(), headers, body), PATIENCE)
    except (StoreDown, TimeoutError) as error:
        log.error("delivery not kept", source=source, delivery=own[:200], because=str(error) or "no answer")
        answer = jsonify(error="The store does not answer. Send this delivery again later.")
        answer.headers["Retry-After"] = RETRY_AFTER
        return answer, 503
    return jsonify(kept=kept), 200 if kept == "duplicate" else 202


def _named(source: Scheme, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    if source == "github":
        return github.delivery_id(headers, body), github.event_name(headers)
    told = JIRA_EVENT.search(body, 0, NEAR_THE_START)  # a look at bytes that are verified: nothing is parsed
    return jira.delivery_id(headers, body), told[1].decode() if told else ""


def _refuse(source: Scheme, because: str) -> tuple[Response, int]:
    refusals: Refusals = current_app.extensions["sightline"].refusals
    refusals.note(source, because)
    return jsonify(error=f"{because}."), 401


def _bytes(secrets: Sequence[SecretStr]) -> list[bytes]:
    return [secret.get_secret_value().encode() for secret in secrets]
