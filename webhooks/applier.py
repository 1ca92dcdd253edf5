"""One thread a site: sends the changes that wait and reads what is asked for, within the tracker's budget."""

import threading
from collections.abc import Callable
from typing import Any

import structlog

from linker.model import SPRINT, Change, ItemId, Millis
from linker.store import Store, StoreDown, items, links, lookup, work
from linker.store.work import Done
from linker.trackers import SiteView
from linker.trackers.api import Api
from linker.trackers.outcome import Blocked, Gone, Refused, Unreachable
from linker.trackers.slack import SlackApi
from webhooks.budget import FIRST_WAIT_MS, Budget, unaccepted
from webhooks.clerk import Clerk
from webhooks.inbox import Clock, Inbox, wall_clock

log = structlog.get_logger()
IDLE = 0.05
LEASE_MS = 300_000  # longer than a claimed batch can take with every call timing out
AT_ONCE = 8
LONGEST_WAIT_MS = 3_600_000
PATIENCE = 24  # tries of a change, at a site that answers others, before a person is asked
RETRY_SECONDS = 1.0
MOST_WRITES, BREAK_MS = 5, 600_000  # of one surface; comments and reactions of an item count together

Discovered = Callable[[SiteView], None]


class Applier(threading.Thread):
    """Sends and reads for one site, one call after the other: trackers ask for serial writes."""

    def __init__(
        self,
        site: str,
        api: Api | SlackApi,
        store: Store,
        inbox: Inbox,
        discovered: Discovered | None = None,
        clock: Clock = wall_clock,
    ) -> None:
        super().__init__(name=f"applier-{site}", daemon=True)
        self.site = site
        self.stop = threading.Event()
        self.budget = Budget(site, store, clock)
        self._clock = clock
        self._api = api
        self._store = store
        self._inbox = inbox
        self._clerk = Clerk(site, api, store, inbox, self.budget)
        self._discovered = discovered  # called once with the site's fields, when the tracker told them

    def run(self) -> None:
        """Work until stopped; a store that is down is waited for."""
        loaded = False
        told: set[str] = set()
        while not self.stop.is_set():
            busy, wait = False, IDLE
            try:
                if not loaded:
                    self.budget.load()
                    loaded = True
                busy = self.step()
            except StoreDown as error:
                log.warning("the store does not answer; waiting", error=str(error))
                wait = RETRY_SECONDS
            except Exception as error:
                known = repr(error)[:200]
                log.error("applier failed; going on", site=self.site, error=known, exc_info=known not in told)
                told.add(known)
                wait = RETRY_SECONDS
            if not busy:
                self.stop.wait(wait)

    def step(self) -> bool:
        """Learn the site's fields, send some changes, read some references; True when something was done."""
        now = self._clock()
        obeyed = self._clerk.step(now) if self._goes_on("read") else 0
        return self._discover() | bool(obeyed) | bool(self._send(now)) | bool(self._read(now))

    def _goes_on(self, kind: Any) -> bool:
        return not self.stop.is_set() and self.budget.free(kind)

    def _discover(self) -> bool:
        """Which fields hold points and sprints: asked here, so that a tracker that hangs delays no fold."""
        if self._discovered is None or not self._goes_on("read"):
            return False
        try:
            found = self._api.view()
        except Blocked as error:
            self.budget.blocked(error, "read")
        except Unreachable as error:
            self.budget.failed(error)
        except (Gone, Refused) as error:
            if unaccepted(error):
                self.budget.unaccepted(error)
            else:
                log.warning(
                    "fields not discovered; those known before are used", site=self.site, error=str(error)
                )
                self._discovered = None
        else:
            self.budget.answered()
            self._discovered(found)
            self._discovered = None
        return True

    def _send(self, now: Millis) -> int:
        if not self._goes_on("write"):
            return 0
        with self._store.read() as connection:
            if not work.anything_to_send(connection, self.site, now):
                return 0
        with self._store.write() as connection:
            limit = 1 if self.budget.away else AT_ONCE
            changes = work.claim(connection, self.site, now, LEASE_MS, limit)
            often = work.written_often(connection, changes, now - BREAK_MS, MOST_WRITES)
        done = []
        try:
            for row in changes:  # what is not tried gives its lease back
                if row["id"] in often:
                    done.append(self._broken(row, now))
                else:
                    done.append(self._one(row) if self._goes_on("write") else Done(row, {}, None))
        finally:
            done += [Done(row, {}, None) for row in changes[len(done) :]]
            with self._store.write() as connection:
                work.finish(connection, done, self._clock())
                work.want_again(connection, self._moved(done), now)
        return len(changes)

    def _moved(self, done: list[Done]) -> list[tuple[str, str]]:
        """What was moved is read back, so that an undo waits for no webhook."""
        moved = [one.change for one in done if one.result and one.change["surface"] == SPRINT]
        return [(str(ItemId(row["tracker"], self.site, row["tid"])), self.site) for row in moved]

    def _broken(self, row: Any, now: Millis) -> Done:
        """The breaker: two services that answer each other end here, and a person is told."""
        said = f"written {MOST_WRITES} times in 10 minutes; waiting"
        log.warning("breaker: an item is written too often", item=row["item"], surface=row["surface"])
        return Done(row, {"due_at": now + BREAK_MS, "error": said}, None)

    def _one(self, row: Any) -> Done:
        item = ItemId(row["tracker"], self.site, row["tid"])
        change = Change(item=item, surface=row["surface"], desired=row["desired"])
        try:
            result = self._api.apply(change)
        except Blocked as error:
            until = self.budget.blocked(error, "write")
            return Done(row, {"due_at": until, "error": str(error)[:500]}, None)
        except Unreachable as error:
            return Done(row, self._later(row, error), None)
        except (Gone, Refused) as error:
            if unaccepted(error):
                until = self.budget.unaccepted(error)
                return Done(row, {"due_at": until, "error": str(error)[:500]}, None)
            self.budget.answered()
            if isinstance(error, Gone) and change.desired.get("present") is False:
                return self._sent(
                    row, "already"
                )  # a label that goes with its item is not there, as we wanted
            return self._refuse(row, item, str(error))
        except Exception as error:  # one change that cannot be sent must not hold up the others
            log.exception("change failed", item=str(item), surface=row["surface"])
            return self._refuse(row, item, f"{type(error).__name__}: {error}")
        self.budget.answered()
        return self._sent(row, result)

    def _refuse(self, row: Any, item: ItemId, error: str) -> Done:
        log.warning("change refused", item=str(item), surface=row["surface"], error=error)
        values = {"state": work.REFUSED_CHANGE, "attempts": row["attempts"] + 1, "error": error[:500]}
        return Done(row, values, None)

    def _later(self, row: Any, error: Exception) -> dict[str, Any]:
        """Later again, and later each time; a site that answers nobody uses up no patience with an item."""
        self.budget.failed(error)
        values = {"attempts": row["attempts"] + 1, "due_at": self._next(row), "error": str(error)[:500]}
        if self.budget.away:
            return values | {"attempts": row["attempts"], "due_at": self._clock() + FIRST_WAIT_MS}
        if row["attempts"] + 1 >= PATIENCE:
            log.warning("change given up", item=row["item"], surface=row["surface"], error=str(error))
            return values | {"state": work.REFUSED_CHANGE}
        return values

    def _read(self, now: Millis) -> int:
        if not self._goes_on("read"):
            return 0
        with self._store.read() as connection:
            wanted = work.wanted(connection, self.site, now, 1 if self.budget.away else AT_ONCE)
        for row in wanted:
            if not self._goes_on("read"):
                break
            values = self._ask(row)
            with self._store.write() as connection:
                work.answer_want(connection, row["ref"], **values)
                if values.get("state", work.OPEN) != work.OPEN:  # what named it is not undecided any more
                    waiting = items.naming(connection, {row["ref"].upper()})
                    waiting |= links.open_below(connection, waiting)  # nor what is below that
                    waiting |= set(lookup.rows(connection, row["ref"]))  # nor is it itself, of its commits
                    work.mark_dirty(connection, waiting, 0)
        return len(wanted)

    def _ask(self, row: Any) -> dict[str, Any]:
        try:
            told = self._api.read(row["ref"])
        except Blocked as error:
            return {"due_at": self.budget.blocked(error, "read"), "error": str(error)[:500]}
        except Unreachable as error:
            self.budget.failed(error)
            return {"attempts": row["attempts"] + 1, "due_at": self._next(row), "error": str(error)[:500]}
        except (Gone, Refused) as error:
            if unaccepted(error):
                return {"due_at": self.budget.unaccepted(error), "error": str(error)[:500]}
            self.budget.answered()
            state = work.GONE if isinstance(error, Gone) else work.REFUSED
            return {"state": state, "error": str(error)[:500]}
        except Exception as error:
            log.exception("reference not read", ref=row["ref"])
            return {"state": work.REFUSED, "error": f"{type(error).__name__}: {error}"[:500]}
        self.budget.answered()
        self._inbox.read(self.site, row["ref"][:128], told)
        return {"state": work.READ, "error": None}

    def _sent(self, row: Any, result: str) -> Done:
        at = self._clock()
        values = {"state": work.SENT, "attempts": row["attempts"] + 1, "sent_at": at, "error": None}
        return Done(row, values, result)

    def _next(self, row: Any) -> Millis:
        wait: Millis = min(FIRST_WAIT_MS << min(row["attempts"], 20), LONGEST_WAIT_MS)
        return self._clock() + wait
