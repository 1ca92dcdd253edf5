"""One GitHub site through PyGithub: a request out, JSON back, and every failure as one of our four reasons.

The only door to PyGithub, which brings authentication, spacing between writes and retries of reads.
"""

import logging
import re
import time
from collections.abc import Mapping
from threading import Lock
from typing import Any, NamedTuple, NoReturn, cast
from urllib.parse import parse_qsl, urlsplit

import requests
from github import Auth, GithubException
from github.Requester import Requester
from jwt.exceptions import InvalidKeyError
from urllib3 import Retry

from linker.trackers.outcome import (
    TIMEOUT,
    Access,
    Blocked,
    Gone,
    Refused,
    Unreachable,
    plain,
    seconds_to_wait,
)

Query = dict[str, str | int]
FIX = {
    401: "Put a token that is still valid into the environment variable that app.yaml names for this site.",
    403: "Give the token or the GitHub App the permission for it, and access to the repository.",
}
APP_FIX = "Check `app` of this site in app.yaml: the App's id, its installation and its key."


class Listing(NamedTuple):
    """One page of a list; `following` asks for the next page (empty at the end), `pages` is their number."""

    items: list[dict[str, Any]]
    following: Query
    pages: int | None


class GitHubClient:
    """Sends one request at a time: a Requester holds only one, and GitHub asks for serial writes."""

    def __init__(self, access: Access) -> None:
        self._site = access.view.name
        self._secrets = access.secrets
        self._turn = Lock()
        self._requester = _requester(access)

    def call(self, verb: str, path: str, query: Query | None = None, body: object = None) -> Any:
        """The JSON of one answer.

        Raises Blocked, Gone, Refused or Unreachable. A write is sent once: what became of it after a lost
        reply is for the caller to look up.
        """
        return self._send(verb, path, query, body)[1]

    def listing(self, path: str, query: Query, within: str = "") -> Listing:
        """One page of a list (or of the list `within` an object), and how to go on."""
        headers, data = self._send("GET", path, query, None)
        if isinstance(data, dict):
            data = data.get(within)
        if not isinstance(data, list) or not all(isinstance(item, dict) for item in data):
            raise Unreachable(f"{self._site}: GET {path}: the answer is no list of objects")
        links = str(headers.get("link", ""))
        last = _linked(links, "last").get("page", "")
        return Listing(data, dict(_linked(links, "next")), int(last) if last.isdigit() else None)

    def _send(self, verb: str, path: str, query: Query | None, body: object) -> tuple[Mapping[str, Any], Any]:
        """Send once, in turn; PyGithub's and the transport's exceptions end here."""
        doing = f"{verb} {path}"
        try:
            with self._turn:
                self._sign_in()
                headers, data = self._requester.requestJsonAndCheck(verb, path, query, input=body)
        except GithubException as error:
            self._explain(doing, error)
        except requests.RequestException as error:
            raise Unreachable(f"{self._site}: {doing}: {type(error).__name__}") from None
        except (RuntimeError, AssertionError):  # PyGithub: redirected to another host, or to itself
            raise Refused(
                f"{self._site}: {doing} was redirected elsewhere. Check `api` of this site in app.yaml."
            ) from None
        except (ValueError, TypeError, AttributeError):
            raise Unreachable(f"{self._site}: {doing}: the answer is not what GitHub sends") from None
        if isinstance(data, dict) and data.keys() <= {"message", "url", "documentation_url"} and data:
            # PyGithub hands a redirected write over as if it had been done
            said = plain(data.get("message"), self._secrets)
            raise Unreachable(f"{self._site}: {doing}: {said}", moved=True)
        return headers, data

    def _sign_in(self) -> None:
        """Have an App's token before it is used: that the App is not installed says nothing of an item."""
        if not isinstance(self._requester.auth, Auth.AppInstallationAuth):
            return
        doing = "signing in as the GitHub App"
        try:
            _ = self._requester.auth.token
        except GithubException as error:
            if error.status not in (404, 410):
                raise
            raise Refused(f"{self._site}: {doing}: no such installation. {APP_FIX}", error.status) from None
        except (ValueError, InvalidKeyError):
            raise Refused(f"{self._site}: {doing}: the private key cannot be read. {APP_FIX}") from None

    def _explain(self, doing: str, error: GithubException) -> NoReturn:
        """Turn PyGithub's exception into ours, without its chain: it holds whole answers."""
        status = error.status
        headers = {str(key).lower(): str(value) for key, value in (error.headers or {}).items()}
        words = plain(_message(error.data), self._secrets)
        where = f"{self._site}: {doing}"
        if _limited(status, headers, words):
            reason = f"{where}: {words or 'rate limit'}"
            raise Blocked(seconds_to_wait(headers, time.time()), "site", reason) from None
        if status in (404, 410) or (status == 422 and words.startswith("No commit found for SHA")):
            raise Gone(f"{where}: not there, or hidden from us ({status})") from None
        if status >= 500 or status == 408:
            raise Unreachable(f"{where}: {status} {words}") from None
        fix = FIX.get(status, "")
        text = f"{where} was refused ({status}): {words or 'no reason given'}. {fix}".strip()
        raise Refused(text, status) from None


def _requester(access: Access) -> Requester:
    """PyGithub's transport with our time-outs, retrying only reads, and silent about what it sends."""
    logging.getLogger("github.Requester").setLevel(logging.INFO)  # its debug lines hold answers with tokens
    auth: Auth.Auth | None = None
    seconds: object = TIMEOUT
    if access.app is not None:
        key = access.app.key.get_secret_value()
        auth = Auth.AppAuth(access.app.id, key).get_installation_auth(access.app.installation)
        seconds = TIMEOUT[1]  # PyGithub asserts an integer where it fetches an installation's token
    elif access.token is not None:
        auth = Auth.Token(access.token.get_secret_value())
    return Requester(
        auth=auth,
        base_url=access.api.rstrip("/"),
        timeout=cast(int, seconds),  # passed on to requests, which takes both times
        user_agent="sightline",
        per_page=100,
        verify=True,
        retry=Retry(
            total=2,
            connect=0,
            other=0,
            allowed_methods=["GET", "HEAD"],
            status_forcelist=[500, 502, 503, 504],
            backoff_factor=0.5,
            respect_retry_after_header=False,  # a long wait belongs to the outbox, not into this call
            raise_on_status=False,
        ),
        pool_size=None,
        seconds_between_requests=0,
        seconds_between_writes=access.spacing,
        lazy=True,
    )


def _limited(status: int, headers: Mapping[str, str], words: str) -> bool:
    """Whether an answer is a limit: GitHub says so by 429, by 403, or by 503 with a time."""
    if status == 429 or (status in (403, 503) and "retry-after" in headers):
        return True
    spent = headers.get("x-ratelimit-remaining") == "0"
    return status == 403 and (spent or Requester.isRateLimitError(words) or "rate limit" in words.lower())


def _message(data: object) -> str:
    """What GitHub says, with the first of its details."""
    if not isinstance(data, dict):
        return ""
    errors = data.get("errors")
    detail = errors[0] if isinstance(errors, list) and errors else ""
    if isinstance(detail, dict):
        detail = detail.get("message") or f"{detail.get('field', '')} {detail.get('code', '')}"
    return f"{data.get('message') or ''} {detail}".strip()


def _linked(links: str, rel: str) -> dict[str, str]:
    """Only the query of a page's link: its address is ours to build, whatever the answer says."""
    found = re.search(rf'<([^<>]*)>\s*;\s*rel="{rel}"', links)
    return dict(parse_qsl(urlsplit(found[1]).query)) if found else {}
