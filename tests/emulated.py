"""A GitHub that we did not write: `emulate` as a process of its own, people in it, and what we call there."""

import json
import os
import shutil
import subprocess
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask import Flask, Response
from flask import request as asked
from running import free_port, listen, request

PROGRAM = Path(__file__).parents[1] / ".contract" / "node_modules" / "emulate" / "dist" / "index.js"
VERSION = "0.11.2"  # as in the Makefile; 0.12 asks for Node 22
APP_ID, INSTALLATION = 77, 4242
SIGN_IN = f"/app/installations/{INSTALLATION}/access_tokens"
HANDED_ON = ("Authorization", "Content-Type", "Accept", "User-Agent")
# PyGithub asks so for a token with all permissions of the installation. emulate gives one with none, unless
# nothing is said of permissions; this is the only request that is not handed on as it is.
ALL_PERMISSIONS = b'{"permissions": {}}'
SECONDS = 60.0
EVERY = 0.1  # seconds between two looks: a token has 5,000 an hour


def absent() -> str:
    """Why emulate cannot be started here; empty when it can."""
    if shutil.which("node") is None:
        return "needs node"
    if not PROGRAM.is_file():
        return "needs emulate, which `make contract` installs"
    told = json.loads((PROGRAM.parents[1] / "package.json").read_text(encoding="utf-8"))
    return "" if told["version"] == VERSION else f"needs emulate {VERSION}, not {told['version']}"


def wait(holds: Callable[[], Any], why: str, seconds: float = SECONDS) -> Any:
    """Wait for a condition and give its value, looking seldom enough for a rate limit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(EVERY)
    raise AssertionError(f"it took more than {seconds:.0f} s until {why}")


def private_key() -> str:
    """The key of an App."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def seed(key: str) -> dict[str, Any]:
    """An organisation with an App and three people: an owner, one who will be let in, and a passer-by."""
    may = {"checks": "write", "issues": "write", "pull_requests": "write", "metadata": "read"}
    installed = {"installation_id": INSTALLATION, "account": "acme", "permissions": may}
    app = {"app_id": APP_ID, "slug": "sightline", "name": "Sightline", "private_key": key}
    people = ("ada", "bob", "eve")
    return {
        "tokens": {f"token-of-{login}": {"login": login} for login in people},
        "github": {
            "users": [{"login": login} for login in people],
            "orgs": [{"login": "acme", "members": [{"login": "ada", "role": "admin"}]}],
            "apps": [app | {"permissions": may, "installations": [installed]}],
        },
    }


class Person(NamedTuple):
    """Somebody with a token, at emulate itself."""

    login: str
    port: int

    def do(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of one answer; a refusal is a failure of the test."""
        headers = {"Authorization": f"token token-of-{self.login}", "Content-Type": "application/json"}
        sent = None if body is None else json.dumps(body).encode()
        status, _, text = request(self.port, method, path, sent, headers)
        assert 200 <= status < 300, f"{method} {path}: {status} {text[:300]}"
        return json.loads(text) if text else None

    def commit(self, place: str, branch: str, file: str, message: str) -> str:
        """The sha of a commit that adds a file to a branch."""
        content = b64encode(message.encode()).decode()
        told = {"message": message, "content": content, "branch": branch}
        return str(self.do("PUT", f"{place}/contents/{file}", told)["commit"]["sha"])


class Call(NamedTuple):
    """One request of the service, and how it was answered."""

    method: str
    path: str
    status: int


class Delivery(NamedTuple):
    """One delivery as it came, signature and all."""

    headers: Mapping[str, str]
    body: bytes


class Wires:
    """Hands requests of the service on to emulate as they are, and keeps what a second hook is sent.

    emulate tells neither what it was asked nor what it sent, and sends nothing again.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []

    def signed_in(self) -> list[Call]:
        """When the service asked for a token as the App."""
        return [call for call in self.calls if call.path == SIGN_IN]

    def writes(self) -> list[Call]:
        """What the service asked to be changed; signing in changes nothing."""
        return [call for call in self.calls if call.method != "GET" and call.path != SIGN_IN]

    def saw(self, call: Call) -> bool:
        return call in self.calls

    def app(self) -> Flask:
        """Both, as a server."""
        app = Flask("wires", static_folder=None)
        app.add_url_rule("/hook", view_func=self._keep, methods=["POST"])
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        app.add_url_rule("/api/<path:_path>", view_func=self._hand_on, methods=methods)
        return app

    def _keep(self) -> Response:
        self.deliveries.append(Delivery(dict(asked.headers), asked.get_data()))
        return Response(status=204)

    def _hand_on(self, _path: str) -> Response:
        address = str(asked.environ["RAW_URI"]).removeprefix("/api")  # percent signs as they came
        headers = {name: asked.headers[name] for name in HANDED_ON if name in asked.headers}
        body = asked.get_data() or None
        if address == SIGN_IN and body == ALL_PERMISSIONS:
            body = b"{}"
        status, given, text = request(self._port, asked.method, address, body, headers)
        self.calls.append(Call(asked.method, address.partition("?")[0], status))
        kept = {k: v for k, v in given.items() if k.lower() in ("content-type", "link")}
        return Response(text, status, kept)


class GitHub(NamedTuple):
    """A running emulate, with the wires to and from the service."""

    port: int
    key: str
    wires: Wires
    address: str  # of the wires

    def person(self, login: str) -> Person:
        return Person(login, self.port)


@contextmanager
def github(folder: Path) -> Iterator[GitHub]:
    """emulate, up and answering; ended at the end."""
    port, key = free_port(), private_key()
    (folder / "seed.json").write_text(json.dumps(seed(key)), encoding="utf-8")
    words = ["start", "--service", "github", "--port", str(port), "--seed", str(folder / "seed.json")]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    log = folder / "emulate.log"
    wires = Wires(port)
    server = listen(wires.app())
    with log.open("wb") as out:
        process = subprocess.Popen(
            ["node", str(PROGRAM), *words], cwd=folder, env=kept, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        wait(lambda: _answers(process, port, log), "emulate answered")
        yield GitHub(port, key, wires, f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def _answers(process: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert process.poll() is None, log.read_text(encoding="utf-8")
    try:
        return request(port, "GET", "/meta")[0] == 200
    except OSError:
        return False
