"""What GitHub is told of milestones: an issue goes to one or to none, if it is still where it was seen.

An ItemId holds a milestone's id, which never changes, and GitHub is asked by its number: the list of the
repository's milestones leads from one to the other, and says which are closed.
"""

from typing import Any

from linker.trackers.github_client import GitHubClient, Query
from linker.trackers.github_reading import PER_PAGE, path
from linker.trackers.outcome import Refused, Unreachable, sprint_of

Json = dict[str, Any]

MOST_PAGES = 10
RIGHT = (
    "GitHub took the request and changed nothing. Give the token or the GitHub App write access to issues of"
    " this repository."
)


class GitHubMilestones:
    """Moves issues of one site between milestones, one at a time."""

    def __init__(self, client: GitHubClient, site: str) -> None:
        self._client = client
        self._site = site

    def current(self, repository: Json, number: str) -> dict[str, str | bool | None]:
        """The milestone that an issue is in."""
        held = self._here(repository, number)
        return {"to": f"github:{self._site}:milestone:{held['id']}" if held else None}

    def move(self, repository: Json, number: str, desired: Json) -> str:
        """Move an issue, unless it is there already; refused where somebody moved it meanwhile."""
        to = sprint_of(desired["to"], "github", self._site)
        before = {sprint_of(seen, "github", self._site) for seen in desired["from"]}
        here = self._here(repository, number)
        own = _id(here)
        if own == to:
            return "already"
        closed = here is not None and here.get("state") == "closed"
        if (set() if own is None or closed else {own}) != (before - {own} if closed else before):
            raise Refused(_moved(here))
        goal = None if to is None else self._number(repository, to)
        address = f"{path(repository)}/issues/{number}"
        answer = self._client.call("PATCH", address, body={"milestone": goal})
        if not isinstance(answer, dict) or "milestone" not in answer:
            raise Unreachable(f"{self._site}: {address}: the answer does not show the change")
        if _id(answer["milestone"]) != to:
            raise Refused(RIGHT)
        return "moved"

    def _here(self, repository: Json, number: str) -> Json | None:
        answer = self._client.call("GET", f"{path(repository)}/issues/{number}")
        held = answer.get("milestone") if isinstance(answer, dict) else None
        return held if isinstance(held, dict) else None

    def _number(self, repository: Json, own: str) -> int:
        """The number of an open milestone; refused where it is closed, or not of this repository."""
        found = self._milestone(repository, own, "open")
        if found is not None:
            return int(found["number"])
        over = self._milestone(repository, own, "closed")
        if over is not None:
            raise Refused(f"{over.get('title')} is closed on GitHub. Choose a milestone that is open.")
        name = repository["full_name"]
        raise Refused(f"{name} has no such milestone any more. Choose another milestone of {name}.")

    def _milestone(self, repository: Json, own: str, state: str) -> Json | None:
        query: Query = {"state": state, "per_page": PER_PAGE}
        for _ in range(MOST_PAGES):
            found = self._client.listing(f"{path(repository)}/milestones", query)
            for milestone in found.items:
                if _id(milestone) == own:
                    return milestone
            if not (query := found.following):
                break
        return None


def _id(milestone: Json | None) -> str | None:
    return None if milestone is None else str(milestone.get("id"))


def _moved(here: Json | None) -> str:
    """Where it is now, in words; a closed milestone is named too."""
    place = f"the milestone {here.get('title')}" if here else "no milestone"
    return f"It was moved to {place} on GitHub meanwhile, so it was left there."
