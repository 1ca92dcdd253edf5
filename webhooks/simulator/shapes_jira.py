"""How Jira Cloud spells things in webhooks and REST v2: one function per noun, the same for both."""

from datetime import datetime
from typing import Any

from webhooks.simulator.company import JIRA_URL, PROJECT
from webhooks.simulator.deliveries import Json
from webhooks.simulator.places_jira import (
    EPIC_FIELD,
    KR_FIELD,
    POINTS_FIELD,
    RANK_FIELD,
    SPRINT_FIELD,
    issue_type,
    link_type,
    priority,
    project,
    sprint_value,
    status,
    time,
    user,
)
from webhooks.simulator.world import Ticket

_EMPTY_CUSTOM = {f"customfield_{number}": None for number in (*range(10001, 10014), *range(10030, 10047))}


def brief(ticket: Ticket) -> Json:
    """An issue as a parent or a link carries it."""
    return {
        "id": str(ticket.id),
        "key": ticket.key,
        "self": f"{JIRA_URL}/rest/api/2/issue/{ticket.id}",
        "fields": {
            "summary": ticket.title,
            "status": status(ticket.status),
            "priority": priority(),
            "issuetype": issue_type(ticket.kind),
        },
    }


def project_key(ticket: Ticket) -> str:
    """The project that an issue lies in now (its key says so)."""
    return ticket.key.partition("-")[0]


def issue(ticket: Ticket) -> Json:
    """An issue with all its fields, as webhooks and GET /issue carry it."""
    return {
        "id": str(ticket.id),
        "self": f"{JIRA_URL}/rest/api/2/issue/{ticket.id}",
        "key": ticket.key,
        "fields": _fields(ticket),
    }


def _links(ticket: Ticket) -> list[Json]:
    return [
        {
            "id": str(number),
            "self": f"{JIRA_URL}/rest/api/2/issueLink/{number}",
            "type": link_type(),
            direction: brief(other),
        }
        for number, direction, other in ticket.links
    ]


def _fields(ticket: Ticket) -> Json:
    done = ticket.status == "Done"
    parent = ticket.parent
    fields: Json = {
        "statuscategorychangedate": time(ticket.updated),
        "issuetype": issue_type(ticket.kind),
        "project": project(project_key(ticket)),
        "summary": ticket.title,
        "description": ticket.body or None,
        "status": status(ticket.status),
        "resolution": _resolution(ticket) if done else None,
        "resolutiondate": time(ticket.closed) if done else None,
        "priority": priority(),
        "labels": list(ticket.labels),
        "assignee": user(ticket.assignee) if ticket.assignee else None,
        "creator": user(ticket.reporter),
        "reporter": user(ticket.reporter),
        "created": time(ticket.created),
        "updated": time(ticket.updated),
        "issuelinks": _links(ticket),
        **_EMPTY_CUSTOM,
        "customfield_10000": "{}",
        SPRINT_FIELD: [sprint_value(held) for held in ticket.sprints] or None,
        RANK_FIELD: f"0|i{ticket.id:06x}:",
        POINTS_FIELD: ticket.points,
        KR_FIELD: ticket.kr_field,
        **_empty(ticket),
    }
    if parent is not None:
        fields["parent"] = brief(parent)
        if ticket.kind != "Sub-task" and not PROJECT[project_key(ticket)].simplified:
            fields[EPIC_FIELD] = parent.key
    return fields


def _resolution(ticket: Ticket) -> Json:
    number, name = ("10001", "Won't Do") if ticket.dropped else ("10000", "Done")
    return {
        "self": f"{JIRA_URL}/rest/api/2/resolution/{number}",
        "id": number,
        "description": "",
        "name": name,
    }


def _empty(ticket: Ticket) -> Json:
    none: dict[str, Any] = dict.fromkeys(
        (
            "timespent", "aggregatetimespent", "timeoriginalestimate", "aggregatetimeoriginalestimate",
            "timeestimate", "aggregatetimeestimate", "security", "environment", "duedate", "lastViewed",
            EPIC_FIELD,
        ),
    )  # fmt: skip
    nothing: Json = {name: [] for name in ("fixVersions", "versions", "components", "attachment", "subtasks")}
    at = f"{JIRA_URL}/rest/api/2/issue/{ticket.key}"
    return {
        **none, **nothing, "workratio": -1, "timetracking": {},
        "issuerestriction": {"issuerestrictions": {}, "shouldDisplay": False},
        "watches": {"self": f"{at}/watchers", "watchCount": 1, "isWatching": False},
        "votes": {"self": f"{at}/votes", "votes": 0, "hasVoted": False},
        "progress": {"progress": 0, "total": 0}, "aggregateprogress": {"progress": 0, "total": 0},
    }  # fmt: skip


def comment(ticket: Ticket, number: int, moment: datetime, author: str, text: str) -> Json:
    """A comment as webhooks and REST v2 carry it."""
    return {
        "self": f"{JIRA_URL}/rest/api/2/issue/{ticket.id}/comment/{number}",
        "id": str(number),
        "author": user(author),
        "body": text,
        "updateAuthor": user(author),
        "created": time(moment),
        "updated": time(moment),
        "jsdPublic": True,
    }
