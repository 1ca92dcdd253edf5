"""Starts and stops web and engine: granian's worker keeps deliveries, its supervisor runs the engine.

granian starts a worker that died again. When that dies within six seconds once more, the supervisor ends with
exit code 1, so that whoever started it sees it.
"""

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from linker.config import Config
from linker.store import open_store
from webhooks import logs
from webhooks.app import create_app
from webhooks.engine import Engine
from webhooks.inbox import Clock, wall_clock
from webhooks.receivers import Received
from webhooks.sites import SPACING

THREADS = 16
SWITCH_INTERVAL = 0.0005  # seconds; halves the slowest acks while the writer thread commits
PR_SET_PDEATHSIG = 1
RETRY_SECONDS = 2.0
LONGEST_RETRY_SECONDS = 60.0
STOP_SECONDS = 20.0
log = structlog.get_logger()
Speak = Callable[[], None]


class PortTakenError(Exception):
    """Somebody else listens there already."""


def serve(
    config: Config,
    *,
    engine: bool = True,
    clock: Clock = wall_clock,
    spacing: float | None = None,
    ready: Callable[[], None] | None = None,
    received: Received | None = None,
    speak: Speak = logs.speak_json,
) -> None:
    """Serve until a signal comes; returns when open requests are answered and the engine has stopped."""
    host, port = config.listen.host, config.listen.port
    probe(host, port)
    # The engine's thread and its connections live in this process: a forked worker would inherit their locks.
    multiprocessing.set_start_method("spawn", force=True)
    server = Granian(
        "sightline",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        websockets=False,
        log_level=LogLevels.error,  # it warns about numbers of threads, which are measured ones here
        log_dictconfig=logs.GRANIAN,
        workers_kill_timeout=20,
        respawn_failed_workers=True,
    )
    if engine:
        runner = EngineThread(config, clock, spacing)
        server.on_startup(runner.start)
        server.on_shutdown(runner.stop)
    if ready is not None:
        server.on_startup(ready)
    loader = partial(load, config=config, received=received, speak=speak, parent=os.getpid())
    server.serve(target_loader=loader, wrap_loader=True)


def load(_target: str, config: Config, received: Received | None, speak: Speak, parent: int) -> Any:
    """The app of the worker process, which ends when its supervisor does."""
    end_with(parent)
    speak()
    sys.setswitchinterval(SWITCH_INTERVAL)
    return create_app(config, received=received)


def end_with(parent: int) -> None:
    """This process ends when its parent does, however that ends.

    Not by a polite signal: it may come where granian's worker takes the lock that its handler waits for, and
    then the worker never ends (seen). What was acknowledged is on disk, so nothing is lost.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before we said so; in a container its id may be 1
            sys.exit(0)


def probe(host: str, port: int) -> None:
    """One clear line instead of a backtrace when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise PortTakenError(
                f"Cannot listen on {host}:{port}: {error.strerror}. "
                "Stop what listens there, or choose another port with listen.port in app.yaml."
            ) from error


class EngineThread:
    """The engine beside the web, in granian's supervisor; started again when it fails."""

    def __init__(self, config: Config, clock: Clock, spacing: float | None) -> None:
        self._config = config
        self._clock = clock
        self._spacing = SPACING if spacing is None else spacing
        self._engine: Engine | None = None
        self._ended = threading.Event()
        # A daemon: a call to a tracker that hangs must not keep the process from ending, and what is not
        # written by then is found out at the next start.
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Begin to fold."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the batch in hand and return."""
        self._ended.set()
        if self._engine is not None:
            self._engine.stop.set()
        self._thread.join(timeout=STOP_SECONDS)

    def _run(self) -> None:
        told: set[str] = set()
        wait = RETRY_SECONDS
        while not self._ended.is_set():
            store = open_store(self._config.store_url.get_secret_value())
            try:
                self._engine = Engine(self._config, store, self._clock, self._spacing)
                if not self._ended.is_set():
                    self._engine.run()
            except Exception as error:
                known = repr(error)[:200]
                log.error("engine failed; starting it again", error=known, exc_info=known not in told)
                told.add(known)
                self._ended.wait(wait)
                wait = min(wait * 2, LONGEST_RETRY_SECONDS)
            finally:
                store.close()


def run_worker(config: Config) -> None:
    """An engine by itself, until a signal comes."""
    runner = EngineThread(config, wall_clock, None)
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    runner.start()
    done.wait()
    runner.stop()
