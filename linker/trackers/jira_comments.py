"""One comment of ours on an issue, edited in place: by our account, with our mark for its last line."""

from collections.abc import Collection

from linker.trackers.jira_client import JiraClient, Query
from linker.trackers.jira_values import ids_of
from linker.trackers.outcome import Unreachable
from linker.trackers.payload import Json, Malformed, maybe_object, need_id, need_list, objects

NEWEST = "100"  # of an issue's comments; an older one of ours is written anew


class JiraComments:
    """Comments of one site; `bots` are our accounts, where they are known."""

    def __init__(self, client: JiraClient, bots: Collection[str]) -> None:
        self._client = client
        self._bots = frozenset(bots)

    def set(self, issue: str, mark: str, text: str) -> str:
        """Bring our comment to a text; equal ones are not written again, since each edit may send mail."""
        body = f"{text}\n\n{mark}"
        held = self._own(issue, mark)
        if held is None:
            self._client.post(f"issue/{issue}/comment", {"body": body})
            return "set"
        if str(held.get("body")).split() == body.split():
            return "already"
        self._client.put(f"issue/{issue}/comment/{need_id(held, 'id', 'comment')}", {}, {"body": body})
        return "set"

    def _own(self, issue: str, mark: str) -> Json | None:
        query: Query = {"orderBy": "-created", "maxResults": NEWEST}
        answer = self._client.one(f"issue/{issue}/comment", query)
        try:
            need_list(answer, "comments", "answer")
            told = [one for one, _ in objects(answer, "comments", "answer")]
            return next((one for one in told if self._ours(one, mark)), None)
        except Malformed as wrong:
            raise Unreachable(f"the comments of issue {issue}: {wrong.reason}") from None

    def _ours(self, told: Json, mark: str) -> bool:
        author = maybe_object(told, "author", "comment")
        by_us = not self._bots or author is None or not self._bots.isdisjoint(ids_of(author, "author"))
        return by_us and str(told.get("body") or "").rstrip().endswith(mark)
