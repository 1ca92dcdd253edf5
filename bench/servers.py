"""What is measured, each as a server of its own: our receivers, a bare Flask handler, and an empty one.

All three stand on granian with the settings of `sightline serve`, so that only the handler differs.
"""

import contextlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from bench.company import KEYS, config_in, configured
from linker.config import Config
from webhooks.serve import SWITCH_INTERVAL, THREADS, serve

START_SECONDS = 30.0
HERE = Path(__file__).parents[1]


class Server:
    """A server in a process of its own."""

    def __init__(self, kind: str, port: int, process: "subprocess.Popen[bytes]") -> None:
        self.kind = kind
        self.port = port
        self._process = process

    def cpu(self) -> float:
        """Processor seconds of all its processes; not a number where the system does not tell."""
        return (
            sum(map(_cpu_of, _tree(self._process.pid))) if Path("/proc/self/stat").exists() else float("nan")
        )

    def wait(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with contextlib.suppress(OSError):
                wire = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
                wire.request("GET", "/healthz")
                wire.getresponse().read()
                return
            time.sleep(0.05)  # until it listens: it has no other way to say so
        raise RuntimeError(f"the {self.kind} server did not start")

    def stop(self) -> None:
        """End it, politely first."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def running(folders: Mapping[str, Path]) -> Iterator[dict[str, Server]]:
    """Servers by kind: `ours` keeps, `engine` folds as well, `bare` verifies and parses, `empty` answers."""
    servers: dict[str, Server] = {}
    try:
        for kind, folder in folders.items():
            servers[kind] = _started(kind, prepared(folder), folder)
        for server in servers.values():
            server.wait()
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def prepared(folder: Path) -> Config:
    """Configuration in a folder for a server on a free port."""
    folder.mkdir(exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return configured(folder, probe.getsockname()[1])


def _started(kind: str, config: Config, folder: Path) -> Server:
    words = "import sys; from bench.servers import main; main(*sys.argv[1:])"
    command = [sys.executable, "-c", words, kind, str(config.listen.port), str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=HERE)
    return Server(kind, config.listen.port, process)


def main(kind: str, port: str, folder: str) -> None:
    """Serve until a signal comes."""
    if kind in ("ours", "engine"):
        serve(config_in(Path(folder)), engine=kind == "engine")
        return
    server = Granian(
        "bench",
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.warning,
    )
    server.serve(target_loader=partial(load, kind=kind), wrap_loader=True)


def load(_target: str, kind: str) -> Any:
    """The handler of a worker process."""
    sys.setswitchinterval(SWITCH_INTERVAL)
    return bare() if kind == "bare" else empty


def bare() -> Flask:
    """The least that a receiver in Flask does: HMAC over the body and json.loads; nothing is stored."""
    app = Flask("bare")
    key = KEYS["github"].encode()

    @app.post("/webhooks/github")
    def receive() -> tuple[Response, int]:
        body = request.get_data(cache=False)
        given = request.headers.get("X-Hub-Signature-256", "")
        if not hmac.compare_digest("sha256=" + hmac.digest(key, body, "sha256").hex(), given):
            return Response("no\n"), 401
        event = json.loads(body)
        return Response(json.dumps({"kept": str(event["action"])}), mimetype="application/json"), 202

    @app.get("/healthz")
    def alive() -> str:
        return "ok"

    return app


def empty(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    """Reads the body and answers: what the load generator and granian can do at most."""
    environ["wsgi.input"].read()
    start_response("202 Accepted", [("Content-Length", "3")])
    return [b"ok\n"]


def _tree(pid: int) -> list[int]:
    found = [pid]
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += _tree(int(child))
    return found


def _cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
