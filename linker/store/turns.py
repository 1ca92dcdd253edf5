"""Writers of a file take turns in the order in which they came.

SQLite lets a writer that finds the file locked sleep ever longer, so that one which writes without pause
keeps all others out. Who waits at the door is the next to have the turn.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import IO

from linker.store.outage import opened


class Turns:
    """The turns at one file, among all threads and processes that write to it; StoreDown without the file."""

    def __init__(self, path: str) -> None:
        self._paths = (f"{path}.door", f"{path}.turn")
        self._kept: tuple[IO[str], IO[str]] | None = None
        self._here = Lock()  # a lock of a file that is kept open does not tell our own threads apart

    @contextmanager
    def wait(self) -> Iterator[None]:
        """Have the turn when it comes."""
        door, turn = self._paths
        with opened(turn) as taken:
            with opened(door) as waiting:
                fcntl.flock(waiting, fcntl.LOCK_EX)
                fcntl.flock(taken, fcntl.LOCK_EX)
            yield

    @contextmanager
    def at_once(self) -> Iterator[bool]:
        """Have the turn if nobody has it or waits for it; keeps its files open, since it is asked often."""
        if not self._here.acquire(blocking=False):
            yield False
            return
        try:
            if self._kept is None:
                self._kept = (opened(self._paths[0]), opened(self._paths[1]))
            waiting, taken = self._kept
            free = _free(waiting)
            mine = free and _free(taken)
            if free:
                fcntl.flock(waiting, fcntl.LOCK_UN)
            try:
                yield mine
            finally:
                if mine:
                    fcntl.flock(taken, fcntl.LOCK_UN)
        finally:
            self._here.release()

    def close(self) -> None:
        """Close what was kept open."""
        with self._here:
            for handle in self._kept or ():
                handle.close()
            self._kept = None


def _free(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
