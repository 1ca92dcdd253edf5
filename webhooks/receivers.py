"""POST /webhooks/...: verify over the raw bytes, keep, answer; nothing is parsed before the answer."""

from collections.abc import Mapping

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from pydantic import SecretStr

from linker.config import Config, GitHubSite, JiraSite
from linker.store import StoreDown
from linker.store.deliveries import Parcel
from webhooks import github, jira
from webhooks.inbox import Clock, Inbox
from webhooks.signature import verify, verify_token

MOST_BYTES = 25 * 1024 * 1024
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
    body = request.get_data(cache=False)
    given = request.headers.get("X-Hub-Signature-256")
    for site in config.github_sites:
        if verify(body, given, _bytes(config.secrets_of(site).webhook), "github"):
            return _keep("github", site, body)
    return _refuse("X-Hub-Signature-256")


@receivers.post("/jira")
def from_jira() -> tuple[Response, int]:
    """A delivery of Jira: signed, or with the shared header token where a site opted in to that."""
    config: Config = current_app.extensions["sightline"].config
    body = request.get_data(cache=False)
    given = request.headers.get("X-Hub-Signature")
    for site in config.jira_sites:
        secrets = config.secrets_of(site)
        token = secrets.header_token
        shared = token is not None and verify_token(
            request.headers.get("X-Sightline-Token"), token.get_secret_value().encode()
        )
        if shared or verify(body, given, _bytes(secrets.webhook), "jira"):
            return _keep("jira", site, body)
    return _refuse("X-Hub-Signature")


def _keep(source: str, site: GitHubSite | JiraSite, body: bytes) -> tuple[Response, int]:
    inbox: Inbox = current_app.extensions["sightline"].inbox
    clock: Clock = current_app.extensions["sightline"].clock
    headers = {name.lower(): value for name, value in request.headers if name.lower() in KEPT_HEADERS}
    own, event = _named(source, headers, body)
    try:
        kept = inbox.keep(Parcel(source, site.name, own[:200], event, clock(), headers, body))
    except (StoreDown, TimeoutError):
        log.error("delivery not kept: the store does not answer", source=source, delivery=own)
        answer = jsonify(error="The store does not answer. Send this delivery again later.")
        answer.headers["Retry-After"] = RETRY_AFTER
        return answer, 503
    return jsonify(kept=kept), 200 if kept == "duplicate" else 202


def _named(source: str, headers: Mapping[str, str], body: bytes) -> tuple[str, str]:
    if source == "github":
        return github.delivery_id(headers, body), github.event_name(headers)
    return jira.delivery_id(headers, body), ""


def _refuse(header: str) -> tuple[Response, int]:
    return jsonify(error=f"{header} is missing or does not match the secret of any configured site."), 401


def _bytes(secrets: tuple[SecretStr, ...]) -> list[bytes]:
    return [secret.get_secret_value().encode() for secret in secrets]
