"""GitHub as a tracker: what it says becomes Facts, what we decided is written there."""

from collections.abc import Callable, Iterator

from linker.model import Change, Facts, ItemId, Millis
from linker.trackers import SiteView
from linker.trackers.github_client import GitHubClient
from linker.trackers.github_reading import GitHubReading
from linker.trackers.github_writing import GitHubWriting
from linker.trackers.outcome import Access, Page, wall_clock


class GitHubApi:
    """One GitHub site. Every method raises Blocked, Gone, Refused or Unreachable where there is no answer."""

    def __init__(self, access: Access, clock: Callable[[], Millis] = wall_clock) -> None:
        client = GitHubClient(access)
        self._access = access
        self._clock = clock
        self._reading = GitHubReading(client, access.view)
        self._writing = GitHubWriting(client, access.view, self._reading)

    def view(self) -> SiteView:
        """The site as bodies of it are read."""
        return self._access.view

    def read(self, ref: str, now: Millis | None = None) -> Facts:
        """An issue, a pull request with its commits, or a repository, by id or alias, as it is now."""
        return self._reading.item(ref, self._clock() if now is None else now)

    def scopes(self) -> list[str]:
        """The repositories to backfill, `owner/name`."""
        return list(self._access.scopes)

    def pages(self, scope: str, since: Millis | None, cursor: str | None, now: Millis) -> Iterator[Page]:
        """A repository and all in it, page by page; calling again with the last cursor continues there."""
        return self._reading.pages(scope, since, cursor, now)

    def permission(self, item: ItemId, login: str) -> str:
        """What somebody may do in the repository of an item: admin, maintain, write, triage, read or none."""
        return self._reading.permission(item, login)

    def current(self, change: Change) -> dict[str, str | bool | None]:
        """What the surface of a Change has now, in the words of its `desired`."""
        return self._writing.current(change)

    def apply(self, change: Change) -> str:
        """Send one Change and see it confirmed: "set", "removed", or "already" when there was no need."""
        return self._writing.apply(change)
