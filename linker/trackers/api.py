"""TRACKERS: the trackers that can be spoken to; both have the same methods, and neither knows the other."""

from linker.trackers.github_api import GitHubApi
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Access

Api = GitHubApi | JiraApi

TRACKERS: dict[str, type[GitHubApi] | type[JiraApi]] = {"github": GitHubApi, "jira": JiraApi}


def open_api(access: Access) -> Api:
    """The one way to speak to a site."""
    return TRACKERS[access.view.tracker](access)
