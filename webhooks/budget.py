"""When a site may be called: a tracker's word to wait is kept in the store, and so outlives a restart."""

import json
from typing import Literal

import structlog

from linker.model import Millis
from linker.store import Connection, Store, meta
from linker.trackers.outcome import Blocked, Gone, Refused
from webhooks.inbox import Clock, wall_clock

log = structlog.get_logger()
Kind = Literal["read", "write"]

PREFIX = "site:"
PAUSE_MS = 10 * 60_000  # between two tries of a site that does not accept us
FAILURES = 3  # calls in a row without an answer, until the site and not the item is at fault
FIRST_WAIT_MS = 2_000
LONGEST_OUTAGE_MS = 60_000


class Budget:
    """One site: until when nothing, or nothing of one kind, is sent, and why."""

    def __init__(self, site: str, store: Store, clock: Clock = wall_clock) -> None:
        self.site = site
        self._store = store
        self._clock = clock
        self._until: dict[str, Millis] = {}
        self._failures = 0
        self._told: str | None = None  # the state that is kept: paused, waiting or away

    def load(self) -> None:
        """Keep to the time that was named before this process; a pause ends with a start."""
        with self._store.write() as connection:
            held = json.loads(meta.get(connection, PREFIX + self.site) or "{}")
            if held.get("state") == "waiting" and held["until"] > self._clock():
                self._until["site"], self._told = held["until"], "waiting"
            else:
                meta.remove(connection, PREFIX + self.site)

    def free(self, kind: Kind) -> bool:
        """Whether a call may be made now."""
        now = self._clock()
        return now >= max(self._until.get("site", 0), self._until.get(kind, 0))

    @property
    def away(self) -> bool:
        """Whether the site gave no answer several times in a row: then no single item is to blame."""
        return self._failures >= FAILURES

    def answered(self) -> None:
        """The site answered one of our calls as it should."""
        self._failures = 0
        if self._told is not None:
            log.info("site answers again", site=self.site)
            self._told = None
            with self._store.write() as connection:
                meta.remove(connection, PREFIX + self.site)

    def blocked(self, error: Blocked, kind: Kind) -> Millis:
        """Wait as the tracker says; returns until when. What concerns one item holds back only that."""
        until = self._clock() + int(error.until * 1000)
        self._failures = 0
        if error.scope == "endpoint":
            self._until[kind] = max(self._until.get(kind, 0), until)
        elif error.scope == "site":
            self._wait("waiting", until, str(error))
        return until

    def unaccepted(self, error: Exception) -> Millis:
        """The site does not accept who we are: nothing is lost, all of it waits until somebody mends it."""
        until = self._clock() + PAUSE_MS
        self._wait("paused", until, str(error))
        return until

    def failed(self, error: Exception) -> None:
        """No answer: after some in a row the site is tried once in a while, at most once a minute."""
        self._failures += 1
        if self.away:
            wait = min(FIRST_WAIT_MS << min(self._failures - FAILURES, 10), LONGEST_OUTAGE_MS)
            self._wait("away", self._clock() + wait, str(error))

    def _wait(self, state: str, until: Millis, because: str) -> None:
        self._until["site"] = max(self._until.get("site", 0), until)
        if self._told != state:
            log.warning(f"site {state}", site=self.site, because=because)
        self._told = state
        with self._store.write() as connection:
            held = {"state": state, "until": self._until["site"], "because": because[:500]}
            meta.put(connection, PREFIX + self.site, json.dumps(held))


def held_up(connection: Connection) -> dict[str, dict[str, str]]:
    """Sites that do not answer as they should: name -> state and reason, for /readyz and pages."""
    found = meta.beginning(connection, PREFIX)
    return {key.removeprefix(PREFIX): json.loads(value) for key, value in found.items()}


def unaccepted(error: Gone | Refused) -> bool:
    """Whether the refusal is about who we are and not about what we asked for."""
    return isinstance(error, Refused) and (error.status == 401 or "signing in" in error.text)
