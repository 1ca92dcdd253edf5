"""Commands of people: what each may do is asked once, and kept with the decision that follows."""

from typing import Any

import structlog

from linker import okrs
from linker.commanding import obey
from linker.model import ItemId, Millis
from linker.okrs import Catalogue
from linker.store import Store, commands, facts, lookup, work
from linker.trackers.api import Api
from linker.trackers.outcome import Blocked, Gone, Refused, Unreachable
from linker.trackers.slack import SlackApi
from webhooks.budget import FIRST_WAIT_MS, Budget, unaccepted
from webhooks.inbox import Inbox

log = structlog.get_logger()
AT_ONCE = 8
LONGEST_WAIT_MS = 3_600_000


class Clerk:
    """Takes the commands of one site, one after the other."""

    def __init__(self, site: str, api: Api | SlackApi, store: Store, inbox: Inbox, budget: Budget) -> None:
        self._site = site
        self._api = api
        self._store = store
        self._inbox = inbox
        self._budget = budget

    def step(self, now: Millis) -> int:
        """Ask for the rights of some people, and do what they may; returns how many were looked at."""
        with self._store.read() as connection:
            waiting = commands.due(connection, self._site, now, AT_ONCE)
        for row in waiting:
            if not self._budget.free("read"):
                break
            item = ItemId(row["tracker"], self._site, row["tid"])
            try:
                permission = self._api.permission(item, row["content"]["actor"])
            except (Blocked, Unreachable, Gone, Refused) as error:
                self._later(row, now, error)
                continue
            self._budget.answered()
            self._answer(row, item, permission)
        return len(waiting)

    def _answer(self, row: Any, item: ItemId, permission: str) -> None:
        with self._store.read() as connection:
            newest = facts.newest_catalogue(connection)
            comment = row["id"].rpartition(":")[0]  # an edit takes back what the comment said before
            edited = lookup.decisions_from(connection, row["item"], comment)
        catalogue = okrs.load(newest.content) if newest else Catalogue(())
        answer = obey(row["id"], item, row["content"], permission, catalogue, edited)
        for decision in answer.decisions:
            self._inbox.decide(decision)
        with self._store.write() as connection:
            commands.answer(connection, row["id"], answer.reaction, answer.text)
            work.mark_dirty(connection, [row["item"]], 0)

    def _later(self, row: Any, now: Millis, error: Blocked | Unreachable | Gone | Refused) -> None:
        until: Millis = now + min(FIRST_WAIT_MS << min(row["attempts"], 20), LONGEST_WAIT_MS)
        if isinstance(error, Blocked):
            until = self._budget.blocked(error, "read")
        elif isinstance(error, Unreachable):
            self._budget.failed(error)
        elif unaccepted(error):
            until = self._budget.unaccepted(error)
        else:
            log.warning("nobody tells what a person may do; asking again", site=self._site, error=str(error))
        with self._store.write() as connection:
            commands.later(connection, row["id"], until)
