"""Deliveries that nobody signed are counted, and told once a minute: a flood must not fill the log."""

import threading
import time

import structlog

QUIET_SECONDS = 60.0
log = structlog.get_logger()


class Refusals:
    """The count of refused deliveries by source, for the log and for /metrics."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self._told: dict[str, tuple[float, int]] = {}  # source -> when it was told, and the count then

    def note(self, source: str, because: str) -> None:
        """One more; the log names the reason and how many came since it last said so."""
        with self._lock:
            now, count = time.monotonic(), self.counts.get(source, 0) + 1
            self.counts[source] = count
            at, before = self._told.get(source, (float("-inf"), 0))
            if now - at < QUIET_SECONDS:
                return
            self._told[source] = now, count
        log.warning("delivery refused", source=source, because=because, refused=count - before)
