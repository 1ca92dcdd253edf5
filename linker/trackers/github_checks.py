"""Check runs, the one comment and reactions on GitHub: looked up before they are written."""

from typing import Any

from linker.model import CHECK, COMMENT_MARK
from linker.trackers.github_client import GitHubClient, Query
from linker.trackers.github_reading import PER_PAGE, path
from linker.trackers.outcome import Gone, Unreachable

Json = dict[str, Any]
Surface = dict[str, Any]
PAGES = 3  # of comments and runs that are looked through for ours
TOLD = ("status", "conclusion", "title", "summary", "text", "details_url", "external_id")


class GitHubChecks:
    """Writes what only a check, a comment or a reaction can show."""

    def __init__(self, client: GitHubClient, bots: frozenset[str]) -> None:
        self._client = client
        self._bots = bots

    def run(self, repository: Json, sha: str, item: str) -> Json | None:
        """Our newest check run of an item on a commit: known by the name, and by the item written on it."""
        query: Query = {"check_name": CHECK, "filter": "all", "per_page": PER_PAGE}
        found: list[Json] = []
        for _ in range(PAGES):
            listing = self._client.listing(
                f"{path(repository)}/commits/{sha}/check-runs", query, "check_runs"
            )
            found += [run for run in listing.items if _item_of(run) == item]
            if not (query := listing.following):
                break
        return max(found, key=lambda run: int(run.get("id") or 0), default=None)

    def set_run(self, repository: Json, sha: str, desired: Surface) -> str:
        """Bring our check run to the desired state; one that ended is not opened again, but made anew."""
        held = self.run(repository, sha, str(desired["external_id"]).partition("@")[0])
        if held is not None and _told(held) == _wanted(desired):
            return "already"
        body = _body(desired)
        if held is None or (held.get("status") == "completed" and desired["status"] != "completed"):
            body |= {"name": str(desired["name"]), "head_sha": sha}
            answer = self._client.call("POST", f"{path(repository)}/check-runs", body=body)
        else:
            answer = self._client.call("PATCH", f"{path(repository)}/check-runs/{held['id']}", body=body)
        shown = answer if isinstance(answer, dict) else {}
        if shown.get("status") != desired["status"] or shown.get("conclusion") != desired["conclusion"]:
            raise Unreachable(f"the answer does not show the check of {sha[:10]}")
        return "set"

    def own_comment(self, repository: Json, number: str, mark: str = COMMENT_MARK) -> Json | None:
        """The comment of ours: the oldest of ours that begins with a mark."""
        query: Query = {"per_page": PER_PAGE}
        for _ in range(PAGES):
            listing = self._client.listing(f"{path(repository)}/issues/{number}/comments", query)
            for told in listing.items:
                login = str((told.get("user") or {}).get("login"))
                ours = not self._bots or login in self._bots
                if ours and str(told.get("body") or "").startswith(mark):
                    return told
            if not (query := listing.following):
                break
        return None

    def set_comment(self, repository: Json, number: str, body: str, mark: str = COMMENT_MARK) -> str:
        """One comment, edited in place."""
        held = self.own_comment(repository, number, mark)
        if held is not None and str(held.get("body")).strip() == body.strip():
            return "already"
        if held is None:
            self._client.call("POST", f"{path(repository)}/issues/{number}/comments", body={"body": body})
        else:
            self._client.call(
                "PATCH", f"{path(repository)}/issues/comments/{held['id']}", body={"body": body}
            )
        return "set"

    def react(self, repository: Json, comment: str, content: str) -> str:
        """One reaction to a comment; the same one twice is one to GitHub as well."""
        address = f"{path(repository)}/issues/comments/{comment}/reactions"
        try:
            self._client.call("POST", address, body={"content": content})
        except Gone:
            return "already"  # the comment was deleted: nobody waits for an answer
        return "set"


def _item_of(run: Json) -> str:
    return str(run.get("external_id") or "").partition("@")[0]


def _body(desired: Surface) -> Json:
    output = {"title": desired["title"], "summary": desired["summary"]}
    if desired["text"]:
        output["text"] = desired["text"]
    body: Json = {
        "status": desired["status"],
        "details_url": desired["details_url"],
        "external_id": desired["external_id"],
        "output": output,
        "actions": desired["actions"],
    }
    if desired["conclusion"] is not None:
        body["conclusion"] = desired["conclusion"]
    return body


def _told(run: Json) -> dict[str, str]:
    output = run.get("output") or {}
    flat = {**run, **{name: output.get(name) for name in ("title", "summary", "text")}}
    return {name: _even(flat.get(name)) for name in TOLD}


def _wanted(desired: Surface) -> dict[str, str]:
    return {name: _even(desired.get(name)) for name in TOLD}


def _even(value: object) -> str:
    return "\n".join(str(value or "").split()) if value else ""
