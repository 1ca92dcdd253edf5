"""One thread a site: sends the changes that wait and reads what is asked for, within the tracker's budget."""

import threading
from typing import Any

import structlog

from linker.model import Change, ItemId, Millis
from linker.store import Store, StoreDown, items, work
from linker.store.work import Done
from linker.trackers.api import Api
from linker.trackers.outcome import Blocked, Gone, Refused, Unreachable
from webhooks.inbox import Inbox, wall_clock

log = structlog.get_logger()
IDLE = 0.05
LEASE_MS = 120_000
AT_ONCE = 8
FIRST_WAIT_MS = 2_000
LONGEST_WAIT_MS = 3_600_000
PATIENCE = 24  # tries of a change before a person is asked


class Applier(threading.Thread):
    """Sends and reads for one site, one call after the other: trackers ask for serial writes."""

    def __init__(self, site: str, api: Api, store: Store, inbox: Inbox) -> None:
        super().__init__(name=f"applier-{site}", daemon=True)
        self.site = site
        self.stop = threading.Event()
        self._api = api
        self._store = store
        self._inbox = inbox
        self._blocked_until: Millis = 0

    def run(self) -> None:
        """Work until stopped; a store that is down is waited for."""
        while not self.stop.is_set():
            try:
                busy = self.step()
            except StoreDown as error:
                log.warning("the store does not answer; waiting", error=str(error))
                busy = False
            except Exception:
                log.exception("applier failed; going on", site=self.site)
                busy = False
            if not busy:
                self.stop.wait(IDLE)

    def step(self) -> bool:
        """Send some changes, read some references; True when something was done."""
        now = wall_clock()
        if now < self._blocked_until:
            return False
        return bool(self._send(now)) | bool(self._read(now))

    def _send(self, now: Millis) -> int:
        with self._store.read() as connection:
            if not work.anything_to_send(connection, self.site, now):
                return 0
        with self._store.write() as connection:
            changes = work.claim(connection, self.site, now, LEASE_MS, AT_ONCE)
        done = []
        for row in changes:
            if self.stop.is_set() or wall_clock() < self._blocked_until:
                done.append(Done(row, {}, None))  # the lease goes back
            else:
                done.append(self._one(row))
        with self._store.write() as connection:
            work.finish(connection, done, wall_clock())
        return len(changes)

    def _one(self, row: Any) -> Done:
        item = ItemId(row["tracker"], self.site, row["tid"])
        change = Change(item=item, surface=row["surface"], desired=row["desired"])
        try:
            result = self._api.apply(change)
        except Blocked as error:
            return Done(row, self._wait(error, row), None)
        except Unreachable as error:
            return Done(row, _later(row, str(error)), None)
        except (Gone, Refused) as error:
            log.warning("change refused", item=str(item), surface=row["surface"], error=str(error))
            values = {
                "state": work.REFUSED_CHANGE,
                "attempts": row["attempts"] + 1,
                "error": str(error)[:500],
            }
            return Done(row, values, None)
        sent = {"state": work.SENT, "attempts": row["attempts"] + 1, "sent_at": wall_clock(), "error": None}
        return Done(row, sent, result)

    def _wait(self, error: Blocked, row: Any) -> dict[str, Any]:
        """Never a call before the time that the tracker named."""
        until = wall_clock() + int(error.until * 1000)
        if error.scope != "item":
            self._blocked_until = max(self._blocked_until, until)
        return {"due_at": until, "error": str(error)[:500]}

    def _read(self, now: Millis) -> int:
        with self._store.read() as connection:
            wanted = work.wanted(connection, self.site, now, AT_ONCE)
        for row in wanted:
            if self.stop.is_set() or wall_clock() < self._blocked_until:
                break
            values = self._ask(row)
            with self._store.write() as connection:
                work.answer_want(connection, row["ref"], **values)
                if values.get("state", work.OPEN) != work.OPEN:  # what named it is not undecided any more
                    named_by = items.naming(connection, {row["ref"].upper()})
                    work.mark_dirty(connection, named_by, 0)
        return len(wanted)

    def _ask(self, row: Any) -> dict[str, Any]:
        try:
            facts = self._api.read(row["ref"])
        except Blocked as error:
            return self._wait(error, row)
        except Unreachable as error:
            return {"attempts": row["attempts"] + 1, "due_at": _next(row), "error": str(error)[:500]}
        except Gone as error:
            return {"state": work.GONE, "error": str(error)[:500]}
        except Refused as error:
            return {"state": work.REFUSED, "error": str(error)[:500]}
        self._inbox.read(self.site, row["ref"][:128], facts)
        return {"state": work.READ, "error": None}


def _later(row: Any, error: str) -> dict[str, Any]:
    if row["attempts"] + 1 >= PATIENCE:
        return {"state": work.REFUSED_CHANGE, "attempts": row["attempts"] + 1, "error": error[:500]}
    return {"attempts": row["attempts"] + 1, "due_at": _next(row), "error": error[:500]}


def _next(row: Any) -> Millis:
    wait: Millis = min(FIRST_WAIT_MS << min(row["attempts"], 20), LONGEST_WAIT_MS)
    return wall_clock() + wait
