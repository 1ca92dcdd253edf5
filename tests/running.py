"""An installation in a folder, and the service as processes: started, spoken to over HTTP, and killed."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from linker.config import Config, load_config
from linker.store import Store, open_store
from linker.store import deliveries as rows

SECRETS = {"GITHUB_WEBHOOK_SECRET": "canary-github-secret", "JIRA_WEBHOOK_SECRET": "canary-jira-secret"}
TOKENS = {"GITHUB_TOKEN": "canary-github-token", "JIRA_USER": "bot@example.com", "JIRA_TOKEN": "canary-jira"}
SIGNATURES = {"github": "X-Hub-Signature-256", "jira": "X-Hub-Signature"}

APP = """\
store: {store}
url: http://127.0.0.1:{port}
listen: {{host: 127.0.0.1, port: {port}}}
sites:
  - name: github.com
    tracker: github
    url: https://github.com
    webhook_secrets: [GITHUB_WEBHOOK_SECRET]
    bot: sightline[bot]
    repositories: [acme/pay]
  - name: northwind
    tracker: jira
    url: https://northwind.example.com
    webhook_secrets: [JIRA_WEBHOOK_SECRET]
    projects: [PAY]
    fields: {{points: customfield_10016}}
"""
OKRS = """\
cycles:
  - id: 2026Q4
    start: 2026-10-01
    end: 2026-12-31
    timezone: UTC
    objectives:
      - code: O1
        title: Buyers finish what they started
        owner: head of payments
        key_results:
          - {code: O1.KR2, title: Fewer payments are given up, metric: share given up, unit: "%",
             baseline: 45, target: 30, owner: lead engineer}
"""

# Written to the side by every process of the service: who tried to leave this machine.
WATCH = """\
import os, sys
def _seen(event, args):
    if event == "socket.connect" and isinstance(args[1], tuple) and not str(args[1][0]).startswith("127."):
        with open(os.environ["SEEN_LEAVING"], "a") as file:
            file.write(f"{args[1]}\\n")
sys.addaudithook(_seen)
"""


def until(holds: Callable[[], Any], why: str, seconds: float = 40.0) -> Any:
    """Wait for a condition and give its value; the test fails when it does not come to hold."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"it took more than {seconds:.0f} s until {why}")


def signed(source: str, body: bytes, key: str | None = None) -> dict[str, str]:
    """The header with which a tracker signs a body."""
    secret = key or SECRETS[f"{source.upper()}_WEBHOOK_SECRET"]
    return {SIGNATURES[source]: "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def heads(source: str, event: str, own: str) -> dict[str, str]:
    """The other headers that a tracker sends."""
    if source == "github":
        return {"X-GitHub-Event": event, "X-GitHub-Delivery": own, "Content-Type": "application/json"}
    return {"X-Atlassian-Webhook-Identifier": own, "Content-Type": "application/json"}


def ticket(key: str = "PAY-12", number: int = 10012, title: str = "Quote once", **fields: Any) -> bytes:
    """A Jira delivery about a ticket."""
    project = {"id": "10000", "key": key.partition("-")[0], "name": "Pay"}
    status = {"id": "3", "name": "Doing", "statusCategory": {"id": 4, "key": "indeterminate"}}
    kind = {"id": "10001", "name": "Story", "hierarchyLevel": 0, "subtask": False}
    known = {"summary": title, "project": project, "status": status, "issuetype": kind, "labels": []}
    moments = {"created": "2026-11-01T09:00:00.000+0000", "updated": "2026-11-02T09:00:00.000+0000"}
    issue = {"id": str(number), "key": key, "fields": known | moments | fields}
    told = {"webhookEvent": "jira:issue_updated", "timestamp": 1793610000000, "issue": issue}
    return json.dumps(told).encode()


class Installation:
    """app.yaml, okrs.yaml, the environment and the store of one service."""

    def __init__(
        self, folder: Path, app: str | None = None, environ: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.port = free_port()
        text = APP if app is None else app
        store = f"sqlite:///{folder / 'sightline.sqlite'}"
        (folder / "app.yaml").write_text(text.format(store=store, port=self.port), encoding="utf-8")
        (folder / "okrs.yaml").write_text(OKRS, encoding="utf-8")
        (folder / "watch").mkdir()
        (folder / "watch" / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
        self.secrets = {**SECRETS, **(environ or {})}
        self._left = folder / "left.txt"
        self._created = False

    @property
    def environ(self) -> dict[str, str]:
        """What its processes are started with: our secrets and little else."""
        path = os.pathsep.join([str(self.folder / "watch"), str(Path(__file__).parents[1])])
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        return {**kept, "PYTHONPATH": path, "SEEN_LEAVING": str(self._left), "COLUMNS": "100", **self.secrets}

    @property
    def config(self) -> Config:
        return load_config(self.folder / "app.yaml", self.secrets, catalogue=False)

    @cached_property
    def _url(self) -> str:
        return self.config.store_url.get_secret_value()

    @contextmanager
    def store(self) -> Iterator[Store]:
        """Its store, while the service runs or not."""
        opened = open_store(self._url)
        if not self._created:
            opened.create()
            self._created = True  # to look again, as `until` does, must cost the service little
        try:
            yield opened
        finally:
            opened.close()

    @property
    def left(self) -> str:
        """Who its processes tried to reach outside of this machine."""
        return self._left.read_text() if self._left.exists() else ""

    def command(self, *words: str) -> list[str]:
        return [str(Path(sys.executable).with_name("sightline")), *words]

    def run(self, *words: str, **other: Any) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        pipes: dict[str, Any] = {"capture_output": True, "text": True, "timeout": 60}
        return subprocess.run(
            self.command(*words), cwd=self.folder, env=self.environ, check=False, **pipes, **other
        )

    def python(self, code: str) -> None:
        """A line of Python in the environment of its processes."""
        subprocess.run([sys.executable, "-c", code], env=self.environ, check=True, timeout=60)

    def start(self, *words: str) -> "Running":
        """A command that stays up."""
        return Running(self, words)

    def states(self) -> dict[str, int]:
        """How many deliveries are in which state."""
        with self.store() as store, store.read() as connection:
            return rows.counts(connection)

    def folded(self) -> bool:
        return "waiting" not in self.states()


class Running:
    """A process of the service, whose log is a file beside it."""

    def __init__(self, home: Installation, words: tuple[str, ...]) -> None:
        self.home = home
        self.log_path = home.folder / f"log-{len(list(home.folder.glob('log-*')))}.jsonl"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                home.command(*words), cwd=home.folder, env=home.environ, stdout=subprocess.PIPE, stderr=log
            )

    def __enter__(self) -> "Running":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def log(self) -> list[dict[str, Any]]:
        """Its log so far; a line that is no JSON is a failure."""
        return [json.loads(line) for line in self.log_path.read_text(encoding="utf-8").splitlines()]

    def said(self, event: str) -> bool:
        return any(line["event"] == event for line in self.log)

    def up(self) -> "Running":
        """Wait until it answers."""

        def answers() -> bool:
            assert self.process.poll() is None, self.log_path.read_text()
            try:
                return self.home_get("/healthz")[0] == 200
            except OSError:
                return False

        until(answers, "the service answered")
        return self

    def home_get(self, path: str) -> tuple[int, dict[str, str], str]:
        return request(self.home.port, "GET", path)

    def post(self, source: str, event: str, own: str, body: bytes) -> int:
        """Send a signed delivery; the status of the answer."""
        headers = heads(source, event, own) | signed(source, body)
        return request(self.home.port, "POST", f"/webhooks/{source}", body, headers)[0]

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)

    def kill(self) -> None:
        """SIGKILL to this process alone; what it started must notice."""
        self.process.kill()
        self.process.wait(30)

    @property
    def children(self) -> list[int]:
        """The processes that it started and that live, but for multiprocessing's tracker."""
        pid = self.process.pid
        found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in found if b"resource_tracker" not in command_line(int(child))]


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def request(
    port: int, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> tuple[int, dict[str, str], str]:
    """One request on a connection of its own: status, headers and text."""
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        wire.request(method, path, body, dict(headers or {}))
        answer = wire.getresponse()
        return answer.status, dict(answer.headers), answer.read().decode("utf-8", "replace")
    finally:
        wire.close()


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *_args: object) -> None:
        """Say nothing of each request."""


def listen(app: Flask) -> BaseWSGIServer:
    """A fake on loopback, at a free port."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
