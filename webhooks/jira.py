"""Jira's deliveries become Facts: one function per handled event, and the names of the events left aside.

The event's name stands in the body only, so it is known after the signature is checked and never before.
Addresses in a body are never called.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256

from linker.model import Facets, Facts, ItemId, Millis, Observation, Relation
from linker.trackers import SiteView, jira, together
from linker.trackers.jira_sprints import sprint_of
from linker.trackers.jira_values import link_words
from linker.trackers.payload import Json, Malformed, flag, maybe_object, need_id, need_object, stamp
from webhooks.body import header, read_object

__all__ = ["HANDLED", "IGNORED", "Malformed", "delivery_id", "event_name", "parse"]

Handler = Callable[[Json, SiteView, Millis], Facts]

BODY = "body"
HIERARCHY = frozenset({"epic-story link", "jira_subtask_link", "parent-child link"})


def event_name(headers: Mapping[str, str], body: bytes = b"") -> str:
    """What the delivery says it is about; empty without its body, or when that cannot be read."""
    try:
        name = read_object(body).get("webhookEvent") if body else ""
    except Malformed:
        return ""
    return name if isinstance(name, str) else ""


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """What tells this delivery from others and stays the same when it is sent again.

    Data Center gives none, so there it is the digest of the body.
    """
    return header(headers, "X-Atlassian-Webhook-Identifier") or sha256(body).hexdigest()


def parse(headers: Mapping[str, str], body: bytes, site: SiteView, received: Millis) -> Facts:
    """All that one delivery says; Malformed when the body is not what Jira sends.

    The envelope's `timestamp` stands in for the time of what has none; `received` where that is missing too.
    """
    payload = read_object(body)
    event = payload.get("webhookEvent")
    if not isinstance(event, str):
        return Facts(ignored="unknown event: the body has no webhookEvent")
    if event in IGNORED:
        return Facts(ignored=f"{event}: nothing in it says which work serves which key result")
    read = HANDLED.get(event)
    if read is None:
        return Facts(ignored=f"unknown event {event[:80]!r}")
    told = stamp(payload, "timestamp", BODY)
    return read(payload, site, received if told is None else told)


# --- one function per event ---


def _issue(payload: Json, site: SiteView, at: Millis) -> Facts:
    return jira.issue(
        need_object(payload, "issue", BODY),
        site,
        at=at,
        changelog=maybe_object(payload, "changelog", BODY),
        user=maybe_object(payload, "user", BODY),
    )


def _issue_deleted(payload: Json, site: SiteView, at: Millis) -> Facts:
    """Gone as of the envelope's time: the body is the issue as it was last."""
    return together(
        (_issue(payload, site, at), _gone(need_object(payload, "issue", BODY), "issue", site, at))
    )


def _comment(payload: Json, site: SiteView, at: Millis) -> Facts:
    """On Cloud a comment brings part of its issue; what people write in it is not read."""
    issue = maybe_object(payload, "issue", BODY)
    return Facts(ignored="a comment without its issue") if issue is None else jira.issue(issue, site, at=at)


def _sprint(payload: Json, site: SiteView, at: Millis) -> Facts:
    return jira.sprint(need_object(payload, "sprint", BODY), site, at)


def _sprint_deleted(payload: Json, site: SiteView, at: Millis) -> Facts:
    sprint = need_object(payload, "sprint", BODY)
    said = sprint_of(sprint, site, at)
    return together((Facts(observations=(said,)), _gone(sprint, "sprint", site, at)))


def _link(payload: Json, site: SiteView, at: Millis) -> Facts:
    """A link between two issues, by numeric ids: the source blocks, contains, relates to the destination."""
    link = need_object(payload, "issueLink", BODY)
    kind = need_object(link, "issueLinkType", "issueLink")
    words = link_words(kind, "issueLink.issueLinkType", "outwardName")
    parent = ItemId("jira", site.name, need_id(link, "sourceIssueId", "issueLink"))
    child = ItemId("jira", site.name, need_id(link, "destinationIssueId", "issueLink"))
    below = flag(kind, "isSubTaskLinkType", "issueLinkType") or str(kind["name"]).casefold() in HIERARCHY
    relation = Relation(
        child=child,
        parent=parent,
        type=words,
        at=at,
        added=payload["webhookEvent"] == "issuelink_created",
        hierarchy=below,
    )
    return Facts(relations=(relation,), wanted=(str(child), str(parent)))


def _project(payload: Json, site: SiteView, at: Millis) -> Facts:
    return jira.project(need_object(payload, "project", BODY), site, at)


def _project_archived(payload: Json, site: SiteView, at: Millis) -> Facts:
    project = need_object(payload, "project", BODY)
    archived = payload["webhookEvent"] == "project_archived"
    return jira.project({**project, "archived": archived}, site, at)


def _project_deleted(payload: Json, site: SiteView, at: Millis) -> Facts:
    project = need_object(payload, "project", BODY)
    return together((jira.project(project, site, at), _gone(project, "project", site, at)))


def _board(payload: Json, site: SiteView, at: Millis) -> Facts:
    return jira.board(need_object(payload, "board", BODY), site, at)


def _board_configuration(payload: Json, site: SiteView, at: Millis) -> Facts:
    return jira.board(need_object(payload, "configuration", BODY), site, at)


def _board_deleted(payload: Json, site: SiteView, at: Millis) -> Facts:
    board = need_object(payload, "board", BODY)
    return together((jira.board(board, site, at), _gone(board, "board", site, at)))


def _version(payload: Json, site: SiteView, at: Millis) -> Facts:
    return Facts(ignored="a version says nothing of which work serves which key result")


HANDLED: dict[str, Handler] = {
    "jira:issue_created": _issue,
    "jira:issue_updated": _issue,
    "jira:issue_deleted": _issue_deleted,
    "comment_created": _comment,
    "comment_updated": _comment,
    "comment_deleted": _comment,
    "sprint_created": _sprint,
    "sprint_updated": _sprint,
    "sprint_started": _sprint,
    "sprint_closed": _sprint,
    "sprint_deleted": _sprint_deleted,
    "issuelink_created": _link,
    "issuelink_deleted": _link,
    "project_created": _project,
    "project_updated": _project,
    "project_archived": _project_archived,
    "project_restored_archived": _project_archived,
    "project_deleted": _project_deleted,
    "project_soft_deleted": _project_deleted,
    "board_created": _board,
    "board_updated": _board,
    "board_configuration_changed": _board_configuration,
    "board_deleted": _board_deleted,
    "jira:version_created": _version,
    "jira:version_updated": _version,
    "jira:version_released": _version,
    "jira:version_unreleased": _version,
    "jira:version_moved": _version,
    "jira:version_merged": _version,
    "jira:version_deleted": _version,
}

NO_USE = """
    attachment_created attachment_deleted issue_property_deleted issue_property_set
    jira:worklog_updated jira_expression_evaluation_failed option_attachments_changed
    option_issuelinks_changed option_subtasks_changed option_timetracking_changed
    option_unassigned_issues_changed option_voting_changed option_watching_changed
    project_restored_deleted user_created user_deleted user_updated worklog_created worklog_deleted
    worklog_updated
"""
IGNORED = frozenset(NO_USE.split())


def _gone(payload: Json, kind: str, site: SiteView, at: Millis) -> Facts:
    own = need_id(payload, "id", kind)
    item = ItemId("jira", site.name, own if kind == "issue" else f"{kind}:{own}")
    return Facts(observations=(Observation(item=item, at=at, facets=Facets(deleted=True)),))
