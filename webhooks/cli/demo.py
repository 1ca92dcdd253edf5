"""The demo: a simulated quarter sent as signed deliveries over HTTP to the running service, against fakes."""

import http.client
import multiprocessing
import os
import secrets
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue

from flask import Flask
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from linker.config import Config, load_config, read_catalogue
from linker.model import Millis
from linker.store import Store, deliveries, open_store, views, work
from webhooks import logs
from webhooks.inbox import Inbox, wall_clock
from webhooks.receivers import Environ, variable
from webhooks.serve import STOP_SECONDS, end_with, probe, serve
from webhooks.signin import Lockbox
from webhooks.simulator import Delivery, Quarter, quarter, sign
from webhooks.simulator.fakes import create_github, create_jira
from webhooks.simulator.readings import fact
from webhooks.simulator.settings import APP_KEY, app_key

SENDERS = 4
AT = "X-Simulated-At"  # read by the demo's own clock only
QUIET_SECONDS = 120.0
SECRET_NAMES = {
    "github": "GITHUB_WEBHOOK_SECRET",
    "jira": "JIRA_WEBHOOK_SECRET",
}
TOKEN_NAMES = ("JIRA_USER", "JIRA_TOKEN")
console = Console(highlight=False, soft_wrap=True)


def quarter_clock(environ: Environ) -> Millis:
    """When a delivery came, by its sender: the inbox follows the quarter, so that history has depth."""
    stamp = str(environ.get(variable(AT), ""))
    return int(stamp) if stamp.isdigit() else wall_clock()


def run(port: int, today: date | None, *, stay: bool) -> bool:
    """Fill an embedded store with the quarter, print what came of it, and stay up; whether all went well."""
    probe("127.0.0.1", port)
    logs.speak_never()
    console.print("Simulating a quarter of an invented company ...")
    whole = quarter(today=today)
    with tempfile.TemporaryDirectory(prefix="sightline-demo-") as folder:
        fakes = [_listen(create_github(whole)), _listen(create_jira(whole))]
        config, keys = _configure(Path(folder), whole, port, [_address(fake) for fake in fakes])
        store = open_store(config.store_url.get_secret_value())
        store.create()
        _load_catalogues(config, store, whole)
        _check_in(store, whole)
        feeder = Feeder(config, store, whole, keys, stay=stay)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # so that what was made is removed
        for fake in fakes:
            fake.app.extensions["fake"].on_delivery = feeder.echo  # type: ignore[attr-defined]  # our Flask app
        # A process of its own, as a real one would be: trackers and service do not share one interpreter.
        context = multiprocessing.get_context("spawn")
        service = context.Process(target=_serve, args=(config, _millis(whole.now), os.getpid()))
        service.start()
        try:
            feeder.run()
            if stay and feeder.well:
                service.join()
        except KeyboardInterrupt:
            console.print("Ended.")
        finally:
            service.terminate()
            service.join(STOP_SECONDS)
        return feeder.well


def _serve(config: Config, now: Millis, parent: int) -> None:
    end_with(parent)
    logs.speak_never()
    clock = partial(_constant, now)
    serve(config, clock=clock, received=quarter_clock, spacing=0.0, speak=logs.speak_never)


class Feeder:
    """Sends the quarter as the trackers would: signed, over HTTP, with their own ids, a few at a time."""

    def __init__(
        self, config: Config, store: Store, whole: Quarter, keys: dict[str, str], *, stay: bool
    ) -> None:
        self._config = config
        self._store = store
        self._quarter = whole
        self._keys = keys
        self._stay = stay
        self._echoes: SimpleQueue[Delivery] = SimpleQueue()
        self._failed: list[str] = []
        self.well = False

    def run(self) -> None:
        """Send all, wait until it is folded and applied, say what came of it."""
        try:
            self._wait_for_service()
            started = time.monotonic()
            words = TextColumn("{task.description:<20}")
            bars = (words, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
            with Progress(*bars, console=console) as bar:
                self._send_all(bar)
                self._settle_down(bar)
            self._tell(time.monotonic() - started)
            self.well = not self._failed
        except Exception as error:
            console.print(f"The demo stopped: {error}", markup=False)

    def echo(self, delivery: Delivery) -> None:
        """A fake saw a write of ours and sends the webhook that the real tracker would send."""
        self._echoes.put(delivery)

    def _send_all(self, bar: Progress) -> None:
        task = bar.add_task("Deliveries sent", total=len(self._quarter.deliveries))
        left: SimpleQueue[Delivery] = SimpleQueue()
        for delivery in self._quarter.deliveries:
            left.put(delivery)
        senders = [
            threading.Thread(target=self._drain, args=(left, partial(bar.advance, task)))
            for _ in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()

    def _drain(self, left: "SimpleQueue[Delivery]", sent: Callable[[], None]) -> None:
        wire = http.client.HTTPConnection("127.0.0.1", self._config.listen.port, timeout=30)
        while True:
            try:
                delivery = left.get_nowait()
            except Empty:
                wire.close()
                return
            self._post(wire, delivery)
            sent()

    def _post(self, wire: http.client.HTTPConnection, delivery: Delivery) -> None:
        headers = sign(delivery, self._keys[delivery.source]) | {AT: str(_millis(delivery.at))}
        wire.request("POST", f"/webhooks/{delivery.source}", delivery.body, headers)
        answer = wire.getresponse()
        answer.read()
        if answer.status not in (200, 202):
            self._failed.append(f"{delivery.event} {delivery.id}: {answer.status}")

    def _settle_down(self, bar: Progress) -> None:
        """Wait until deliveries are folded, changes sent, and the echoes of these folded as well."""
        task = bar.add_task("Folded and applied", total=None)
        quiet, deadline = 0, time.monotonic() + QUIET_SECONDS
        while quiet < 3 and time.monotonic() < deadline:
            self._drain(self._echoes, lambda: None)
            with self._store.read() as connection:
                counts, backlog = deliveries.counts(connection), work.backlog(connection)
            waiting = counts.get("waiting", 0)
            left = waiting + backlog["dirty"] + backlog["wants"] + backlog["outbox"]
            done = sum(counts.values()) - waiting
            bar.update(task, completed=done, total=done + left)
            quiet = quiet + 1 if left == 0 and self._echoes.empty() else 0
            time.sleep(0.1)

    def _tell(self, seconds: float) -> None:
        with self._store.read() as connection:
            counts = deliveries.counts(connection)
            seen = views.totals(connection)
            sent = work.sent(connection)
        console.print()
        console.print(
            f"{sum(counts.values()):,} deliveries in {seconds:.0f} s: "
            + ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))
        )
        console.print(
            f"{seen['tickets']:,} tickets in {seen['epics']} epics and {seen['pulls']:,} pull requests: "
            f"{seen['serving']:,} serve a key result, {seen['exempt']:,} exempt, {seen['neither']:,} neither."
        )
        console.print(f"{sent:,} labels and checks written to the simulated trackers.")
        for failure in self._failed[:5]:
            console.print(f"Not accepted: {failure}", markup=False)
        token = Lockbox(self._store).make()
        console.print()
        console.print(f"Sign in once: {self._config.url}/signin?token={token}", markup=False, style="bold")
        if self._stay:
            console.print("Ctrl-C ends the demo and removes what it made.")

    def _wait_for_service(self) -> None:
        for _ in range(200):
            try:
                wire = http.client.HTTPConnection("127.0.0.1", self._config.listen.port, timeout=5)
                wire.request("GET", "/healthz")
                if wire.getresponse().status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError("the service did not start within 20 seconds")


class _Quiet(WSGIRequestHandler):
    """No line a request on the terminal; a connection serves many requests."""

    protocol_version = "HTTP/1.1"

    def log(self, *_args: object) -> None:
        """Say nothing."""


def _listen(app: Flask) -> BaseWSGIServer:
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def _address(server: BaseWSGIServer) -> str:
    return f"http://127.0.0.1:{server.server_port}"


def _configure(
    folder: Path, whole: Quarter, port: int, addresses: list[str]
) -> tuple[Config, dict[str, str]]:
    keys = {source: secrets.token_hex(16) for source in SECRET_NAMES}
    environ = {SECRET_NAMES[source]: key for source, key in keys.items()}
    environ |= {name: secrets.token_hex(8) for name in TOKEN_NAMES} | {APP_KEY: app_key()}
    text = whole.app_yaml(*addresses, url=f"http://127.0.0.1:{port}", app=True)
    (folder / "app.yaml").write_text(f"{text}listen: {{ host: 127.0.0.1, port: {port} }}\n", encoding="utf-8")
    (folder / "okrs.yaml").write_text(whole.okrs_yaml, encoding="utf-8")
    return load_config(folder / "app.yaml", environ, service=True), keys


def _load_catalogues(config: Config, store: Store, whole: Quarter) -> None:
    """Every version that the company's okrs.yaml had, on the day it was written."""
    for day, text in whole.catalogues:
        config.okrs_path.write_text(text, encoding="utf-8")
        moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
        Inbox(store, partial(_constant, _millis(moment))).load(read_catalogue(config))


def _check_in(store: Store, whole: Quarter) -> None:
    """Every reading of the company's key results, on the day on which it was made."""
    for told in whole.readings:
        reading = fact(told)
        Inbox(store, partial(_constant, reading.at)).check_in(reading)


def _constant(value: Millis) -> Millis:
    return value


def _millis(moment: datetime) -> Millis:
    return int(moment.timestamp() * 1000)
