"""One comment of ours on an issue, edited in place: found by its last line, which is our mark."""

from linker.trackers.jira_client import JiraClient, Query
from linker.trackers.payload import Json, Malformed, maybe_id, objects

NEWEST = "100"  # of an issue's comments; an older one of ours is written anew


class JiraComments:
    """Comments of one site."""

    def __init__(self, client: JiraClient) -> None:
        self._client = client

    def set(self, issue: str, mark: str, text: str) -> str:
        """Bring our comment to a text; equal ones are not written again, since each edit may send mail."""
        body = f"{text}\n\n{mark}"
        held = self._own(issue, mark)
        if held is None:
            self._client.post(f"issue/{issue}/comment", {"body": body})
            return "set"
        if str(held.get("body")).split() == body.split():
            return "already"
        self._client.put(f"issue/{issue}/comment/{held['id']}", {}, {"body": body})
        return "set"

    def _own(self, issue: str, mark: str) -> Json | None:
        query: Query = {"orderBy": "-created", "maxResults": NEWEST}
        answer = self._client.one(f"issue/{issue}/comment", query)
        try:
            listed = [told for told, _ in objects(answer, "comments", "answer")]
            found = [told for told in listed if str(told.get("body") or "").rstrip().endswith(mark)]
            return next((told for told in found if maybe_id(told, "id", "comment")), None)
        except Malformed:
            return None
