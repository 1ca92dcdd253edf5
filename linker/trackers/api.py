"""TRACKERS: the trackers that can be spoken to; both have the same methods, and neither knows the other."""

from collections.abc import Callable

from linker.model import Millis
from linker.trackers.github_api import GitHubApi
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Access, wall_clock

Api = GitHubApi | JiraApi

TRACKERS: dict[str, type[GitHubApi] | type[JiraApi]] = {"github": GitHubApi, "jira": JiraApi}


def open_api(access: Access, clock: Callable[[], Millis] = wall_clock) -> Api:
    """The one way to speak to a site; `clock` says when a thing was read."""
    return TRACKERS[access.view.tracker](access, clock)
