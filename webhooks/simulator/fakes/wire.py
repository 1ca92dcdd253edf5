"""The wire of a fake: a ledger of every call, faults that can be set, and a mount without a socket."""

import io
import json
import re
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

import requests
from flask import Flask

if TYPE_CHECKING:  # `responses` is a library for tests; the demo runs without it
    from _typeshed.wsgi import StartResponse
    from requests import PreparedRequest
    from responses import RequestsMock

_READING_POSTS = re.compile(r"/search(/|$)|/access_tokens$")
RESET = 0  # the status of a call whose answer never came


class Call(NamedTuple):
    """One call that reached the fake: what was asked, and the status of the answer (RESET when none came)."""

    method: str
    path: str
    query: str
    body: str
    status: int

    @property
    def json(self) -> Any:
        """The body, read."""
        return json.loads(self.body) if self.body else None


class Ledger:
    """Every call in order; doubled effects are counted here, not by those who made them."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    def writes(self, path: str = "*") -> list[Call]:
        """Calls that changed something; `path` is a shell pattern."""
        return [
            call
            for call in self.calls
            if call.method != "GET"
            and (200 <= call.status < 300 or call.status == RESET)
            and not _READING_POSTS.search(call.path)
            and fnmatchcase(call.path, path)
        ]

    def refused(self) -> list[Call]:
        """Calls that the tracker refused for their content."""
        return [call for call in self.calls if call.status in (400, 409, 413, 415, 422)]

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()


@dataclass
class Fault:
    """What goes wrong on a path; `times` None means for ever."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    message: str
    times: int | None
    seconds: float
    after: bool


@dataclass
class Faults:
    """Faults that are set now; the first that fits a call holds, and is used up after its times."""

    held: list[Fault] = field(default_factory=list)

    def fail(
        self,
        path: str,
        status: int,
        *,
        method: str = "*",
        headers: dict[str, str] | None = None,
        message: str = "",
        times: int | None = None,
    ) -> None:
        """Answer with a status, such as 404, 500, 429; `path` and `method` are shell patterns."""
        self.held.append(Fault(method, path, status, headers or {}, message, times, 0, False))

    def limit(
        self, path: str = "*", *, seconds: int = 60, status: int = 403, times: int | None = None
    ) -> None:
        """Answer as a secondary rate limit does: 403 or 429 with Retry-After."""
        text = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        self.fail(path, status, headers={"Retry-After": str(seconds)}, message=text, times=times)

    def reset(self, path: str, *, method: str = "*", times: int | None = None) -> None:
        """Drop the connection before anything is done."""
        self.held.append(Fault(method, path, RESET, {}, "", times, 0, False))

    def lose_reply(self, path: str, *, method: str = "*", times: int | None = 1) -> None:
        """Do what is asked, then drop the connection: the caller cannot know."""
        self.held.append(Fault(method, path, RESET, {}, "", times, 0, True))

    def slow(self, path: str, seconds: float, *, method: str = "*", times: int | None = None) -> None:
        """Answer rightly, but late."""
        self.held.append(Fault(method, path, -1, {}, "", times, seconds, False))

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self.held.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that holds for a call, counted as used."""
        for fault in self.held:
            fits = fnmatchcase(method, fault.method) and fnmatchcase(path, fault.path)
            if fits and fault.times != 0:
                fault.times = None if fault.times is None else fault.times - 1
                return fault
        return None


class ConnectionLostError(ConnectionError):
    """The fake dropped the connection; a mounted test sees requests' own ConnectionError."""


Wsgi = Callable[[dict[str, Any], "StartResponse"], Iterable[bytes]]


def wrap(app: Flask, ledger: Ledger, faults: Faults, lock: RLock, base: str) -> None:
    """Put ledger and faults around an app, one call at a time; addresses at `base` become the app's own."""
    inner: Wsgi = app.wsgi_app
    old = base.encode()

    def served(environ: dict[str, Any], start: "StartResponse") -> Iterable[bytes]:
        asked = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(asked)
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        fault = faults.take(method, path)
        if fault is not None and fault.seconds:
            time.sleep(fault.seconds)  # before the lock: others must not wait for it
        with lock:
            status, headers, body = _answer(inner, environ, fault, old)
            lost = fault is not None and fault.status == RESET
            text = asked.decode("utf-8", "replace")
            ledger.calls.append(
                Call(method, path, environ.get("QUERY_STRING", ""), text, RESET if lost else int(status[:3]))
            )
        if lost:
            raise _hung_up(environ)
        start(status, headers)
        return [body]

    app.wsgi_app = served  # type: ignore[method-assign,assignment]  # Flask's own documented place for a wrapper


def mount(mock: "RequestsMock", app: Flask, base_url: str) -> None:
    """Route every request under an address into the app, in one process and without a socket."""
    client = app.test_client()
    pattern = re.compile(re.escape(base_url.rstrip("/")) + r"(:443)?(/.*)?$")

    def answer(request: "PreparedRequest") -> tuple[int, dict[str, str], bytes]:
        body = request.body or b""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        try:
            found = client.open(
                request.path_url,
                method=request.method,
                data=body,
                headers=headers,
                base_url=base_url.removesuffix(":443"),
            )
        except ConnectionLostError as lost:
            raise requests.exceptions.ConnectionError(str(lost)) from None
        kept = {name: value for name, value in found.headers.items() if name.lower() != "content-type"}
        kept["Content-Type"] = found.content_type or "application/json"
        return found.status_code, kept, found.data

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        mock.add_callback(method, pattern, callback=answer)


def _answer(
    inner: Wsgi, environ: dict[str, Any], fault: Fault | None, base: bytes
) -> tuple[str, list[tuple[str, str]], bytes]:
    if fault is not None and fault.status > 0:
        told = json.dumps(
            {"message": fault.message or f"Fault {fault.status}", "errorMessages": [fault.message]}
        )
        kind = ("Content-Type", "application/json")
        return f"{fault.status} Fault", [kind, *fault.headers.items()], told.encode()
    if fault is not None and fault.status == RESET and not fault.after:
        return "500 Lost", [], b""
    held: list[Any] = []

    def keep(
        status: str, headers: list[tuple[str, str]], failure: Any = None, /
    ) -> Callable[[bytes], object]:
        held[:] = [status, headers]
        return lambda data: None

    body = b"".join(inner(environ, keep))
    status, headers = held
    here = f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}".removesuffix(":443").encode()
    if here != base and base in body:
        body = body.replace(base, here)
    kept = [
        (name, value.replace(base.decode(), here.decode()))
        for name, value in headers
        if name != "Content-Length"
    ]
    return status, [*kept, ("Content-Length", str(len(body)))], body


def _hung_up(environ: dict[str, Any]) -> ConnectionLostError:
    """Close the socket where there is one; in a test there is none, and the caller's library raises."""
    held = environ.get("werkzeug.socket")
    if held is not None:
        held.shutdown(socket.SHUT_RDWR)  # closing alone would leave the caller waiting
    return ConnectionLostError("the fake dropped the connection")
