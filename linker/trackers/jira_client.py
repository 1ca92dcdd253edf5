"""One Jira site through `jira`: a request out, JSON back, and every failure as one of our four reasons.

The only door to `jira`, which brings authentication and the two searches (Cloud and Data Center). Version 2
of the API, since it gives text as people wrote it. No request is repeated here; the outbox does that.
"""

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any, NamedTuple, NoReturn

import requests
from jira import JIRA, JIRAError
from requests import PreparedRequest

from linker.trackers.outcome import (
    TIMEOUT,
    Access,
    Blocked,
    Gone,
    Refused,
    Scope,
    Unreachable,
    plain,
    seconds_to_wait,
)

Query = dict[str, str | int]
Json = dict[str, Any]

PAGE = 100
MOST_PAGES = 1_000  # of one list; one that never ends is a fault on the other side
FIX = {
    401: "Put a user and a valid token into the environment variables that app.yaml names for this site.",
    403: "Let the account browse and edit issues in this project.",
}


class Search(NamedTuple):
    """One page of issues; `following` continues (None at the end), `total` where Jira tells it."""

    issues: list[Any]
    following: str | None
    total: int | None


class JiraClient:
    """Connects at the first request; safe for several threads, writes at least `spacing` seconds apart."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._site = access.view.name
        self._connecting = Lock()
        self._writing = Lock()
        self._connected: JIRA | None = None
        self._last_write = float("-inf")

    def one(self, path: str, query: Query | None = None, *, agile: bool = False) -> Json:
        """One object; `path` is relative to the API, or to the agile API."""
        answer = self._get(path, query, agile)
        if not isinstance(answer, dict):
            raise Unreachable(f"{self._site}: GET {path}: the answer is no object")
        return answer

    def listed(self, path: str) -> list[Any]:
        """A list that comes whole."""
        answer = self._get(path, None, False)
        if not isinstance(answer, list):
            raise Unreachable(f"{self._site}: GET {path}: the answer is no list")
        return answer

    def all(self, path: str, query: Query | None = None, *, agile: bool = False) -> list[Json]:
        """Every entry of a paged list, by its own count and not by any address it gives."""
        values: list[Json] = []
        for _ in range(MOST_PAGES):
            page = self.one(path, {**(query or {}), "startAt": len(values), "maxResults": PAGE}, agile=agile)
            found = page.get("values")
            if not isinstance(found, list) or not all(isinstance(value, dict) for value in found):
                raise Unreachable(f"{self._site}: GET {path}: the answer is no page of objects")
            values += found
            total = page.get("total")
            if not found or page.get("isLast") or (isinstance(total, int) and len(values) >= total):
                break
        return values

    def _get(self, path: str, query: Query | None, agile: bool) -> Any:
        client = self._client()
        url = client._get_url(path, client.AGILE_BASE_URL if agile else client.JIRA_BASE_URL)
        with self._answers(f"GET {path}"):
            return client._session.get(url, params=query).json()

    def put(self, path: str, query: Query, body: object) -> None:
        """Send one write, once; it is confirmed by not being refused, since Jira answers with nothing."""
        client = self._client()
        with self._written(f"PUT {path}"):
            client._session.put(client._get_url(path), params=query, data=json.dumps(body))

    def post(self, path: str, body: object, *, agile: bool = False) -> None:
        """Send one write, once; it is answered with nothing, so whoever sends it looks if it was done."""
        client = self._client()
        url = client._get_url(path, client.AGILE_BASE_URL if agile else client.JIRA_BASE_URL)
        with self._written(f"POST {path}"):
            client._session.post(url, data=json.dumps(body))

    @contextmanager
    def _written(self, doing: str) -> Iterator[None]:
        """Writes keep their distance: only the site's own applier waits here."""
        with self._writing:
            time.sleep(max(0.0, self._last_write + self._access.spacing - time.monotonic()))
            try:
                with self._answers(doing):
                    yield
            finally:
                self._last_write = time.monotonic()

    def search(self, jql: str, fields: list[str], at: str | None, size: int) -> Search:
        """One page of a search with changelogs; `at` is where an earlier page said to go on."""
        client = self._client()
        with self._answers("search"):
            if client._is_cloud:
                found: Any = client.enhanced_search_issues(
                    jql, at, maxResults=size, fields=fields, expand="changelog", json_result=True
                )
                token = found.get("nextPageToken")
                return Search(found.get("issues", []), None if found.get("isLast") else token, None)
            start = int(at or 0)
            found = client.search_issues(
                jql, start, maxResults=size, fields=fields, expand="changelog", json_result=True
            )
        end = start + len(found["issues"])
        total = int(found["total"])
        return Search(found["issues"], str(end) if found["issues"] and end < total else None, total)

    def count(self, jql: str) -> int | None:
        """About how many issues a search finds; None on Data Center, where each page tells it."""
        client = self._client()
        if not client._is_cloud:
            return None
        with self._answers("approximate count"):
            found: Any = client.approximate_issue_count(jql)
        return int(found)

    def _client(self) -> JIRA:
        """The connected client; whether it is Cloud decides by which address it searches."""
        with self._connecting:
            if self._connected is None:
                client = _client(self._access)
                with self._answers("GET serverInfo"):
                    client.deploymentType = client.server_info().get("deploymentType")
                self._connected = client
            return self._connected

    @contextmanager
    def _answers(self, doing: str) -> Iterator[None]:
        """Failures of the library and the transport end here; their chains hold requests, so they are cut."""
        where = f"{self._site}: {doing}"
        try:
            yield
        except JIRAError as error:
            self._explain(where, error)
        except requests.TooManyRedirects:
            raise Refused(f"{where} was redirected. Check `api` of this site in app.yaml.") from None
        except requests.RequestException as error:
            raise Unreachable(f"{where}: {type(error).__name__}") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unreachable(f"{where}: the answer is not what Jira sends") from None

    def _explain(self, where: str, error: JIRAError) -> NoReturn:
        """Turn the library's exception into ours."""
        status = error.status_code or 0
        answer = error.response
        headers = {} if answer is None else {key.lower(): value for key, value in answer.headers.items()}
        words = plain(error.text or "", self._access.secrets)
        if status == 429 or (status in (403, 503) and "retry-after" in headers):
            reason = headers.get("ratelimit-reason", "")
            said = f"{where}: {plain(reason, ()) or words or 'rate limit'}"
            raise Blocked(seconds_to_wait(headers, time.time()), _scope(reason), said) from None
        if status in (404, 410):
            raise Gone(f"{where}: not there, or hidden from us ({status})") from None
        if 400 <= status < 500 and status != 408:
            said = f"{where} was refused ({status}): {words or 'no reason given'}. {FIX.get(status, '')}"
            raise Refused(said.strip(), status) from None
        raise Unreachable(f"{where}: {status or 'no answer'} {words}".strip()) from None


def _client(access: Access) -> JIRA:
    """The library's client with our time-outs, no retries, no redirects, and silent about what it sends."""
    logging.getLogger("jira.resilientsession").setLevel(logging.INFO)  # its debug lines hold whole answers
    token = access.token.get_secret_value() if access.token else None
    client = JIRA(
        server=access.api.rstrip("/"),
        basic_auth=(access.user, token) if access.user and token else None,
        token_auth=token if token and not access.user else None,
        get_server_info=False,  # asked for once the session is set up
        max_retries=0,
        timeout=TIMEOUT,
        logging=False,
    )
    client._session.max_redirects = 0
    if token is None:
        client._session.auth = _anonymous  # else requests would look for a password in ~/.netrc
    # Fields go by id here. The library would ask for all names first, and take a custom field that somebody
    # called "labels" for the one that we mean.
    client._fields_cache_value = {"id": "id"}
    return client


def _anonymous(request: PreparedRequest) -> PreparedRequest:
    return request


def _scope(reason: str) -> Scope:
    """What a limit holds back: Jira names a quota of all, a burst on one address, or writes to one issue."""
    if "per-issue" in reason:
        return "item"
    return "endpoint" if "burst" in reason else "site"
