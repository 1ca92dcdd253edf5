"""Acks are committed together: a commit is one sync of the disk, however many wait.

One that comes alone is committed where it is; what comes meanwhile waits for one thread that takes all of it.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from linker.store.database import Store
from linker.store.outage import StoreDown

T = TypeVar("T")
R = TypeVar("R")
MOMENT = 0.0003  # seconds
LOOKS = 4
MOST = 256  # units in one commit: bounds the wait of the first


class _Waiting(NamedTuple, Generic[T, R]):
    unit: T
    done: "Future[R]"


class Writer(Generic[T, R]):
    """Gives each unit to `keep`, many in one transaction; `call` returns when its unit is on disk.

    `keep(connection, units)` returns one result a unit. When a batch fails, each unit is tried by itself, so
    one bad unit cannot spoil the rest; a store that is down tells all at once. The thread is a daemon:
    nothing is acknowledged before its commit, so a process that ends loses nothing.
    """

    def __init__(self, store: Store, keep: Callable[[Connection, Sequence[T]], list[R]]) -> None:
        self._store = store
        self._keep = keep
        self._queue: queue.SimpleQueue[_Waiting[T, R]] = queue.SimpleQueue()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def call(self, unit: T, timeout: float = 60.0) -> R:
        """Keep one unit; raises what the store raised, TimeoutError when it did not answer in time.

        A unit that was given up may still be kept: who sends it again finds a duplicate.
        """
        if self._queue.empty():
            with self._store.write_at_once() as connection:
                if connection is not None:
                    return self._keep(connection, [unit])[0]
        self._ensure_thread()
        done: Future[R] = Future()
        self._queue.put(_Waiting(unit, done))
        return done.result(timeout)

    def _ensure_thread(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            with self._start:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._loop, name="writer", daemon=True)
                    self._thread.start()

    def _gather(self, before: int) -> None:
        """Where several came at once before, wait a moment for as many: one sync of the disk serves all."""
        for _ in range(LOOKS):
            if before < 2 or self._queue.qsize() + 1 >= before:
                return
            time.sleep(MOMENT)  # gives the request threads their turn to queue what they hold

    def _loop(self) -> None:
        batch: list[_Waiting[T, R]] = []
        while True:
            before = len(batch)
            batch = [self._queue.get()]
            self._gather(before)
            while len(batch) < MOST and not self._queue.empty():
                batch.append(self._queue.get())
            try:
                self._commit(batch)
            except StoreDown as error:
                for waiting in batch:
                    waiting.done.set_exception(error)
            except Exception as error:
                self._one_by_one(batch, error)

    def _commit(self, batch: list[_Waiting[T, R]]) -> None:
        with self._store.write() as connection:
            results = self._keep(connection, [waiting.unit for waiting in batch])
        for waiting, result in zip(batch, results, strict=True):
            waiting.done.set_result(result)

    def _one_by_one(self, batch: list[_Waiting[T, R]], error: Exception) -> None:
        if len(batch) == 1:
            batch[0].done.set_exception(error)
            return
        for waiting in batch:
            try:
                self._commit([waiting])
            except Exception as own:
                waiting.done.set_exception(own)
