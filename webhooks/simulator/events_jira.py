"""What Jira says when something happens: the bodies of webhook events around the nouns of Jira."""

from collections.abc import Sequence
from datetime import datetime

from webhooks.simulator.company import Project
from webhooks.simulator.deliveries import Json
from webhooks.simulator.places_jira import board, millis, project, sprint, user
from webhooks.simulator.shapes_jira import brief, issue, project_key
from webhooks.simulator.world import Sprint, Ticket


def issue_event(
    event: str, moment: datetime, actor: str, ticket: Ticket, kind: str, changelog: Json | None = None
) -> Json:
    """`jira:issue_*`; the changelog is there on updates only."""
    body: Json = {"timestamp": millis(moment), "webhookEvent": event}
    if kind:
        body["issue_event_type_name"] = kind
    body |= {"user": user(actor), "issue": issue(ticket)}
    return body | ({"changelog": changelog} if changelog else {})


def item(
    name: str,
    before: tuple[str | None, str | None],
    after: tuple[str | None, str | None],
    field_id: str | None = None,
) -> Json:
    """One line of a changelog: (id, text) before and after; `field_id` is absent where Jira gives none."""
    custom = field_id is not None and field_id.startswith("customfield")
    line: Json = {"field": name, "fieldtype": "custom" if custom else "jira"}
    if field_id is not None:
        line["fieldId"] = field_id
    return line | {"from": before[0], "fromString": before[1], "to": after[0], "toString": after[1]}


def sprints_text(sprints: Sequence[Sprint]) -> tuple[str, str]:
    """The sprint field as a changelog spells it: ids and names, each joined by a comma."""
    return ", ".join(str(held.id) for held in sprints), ", ".join(held.name for held in sprints)


def sprint_event(event: str, moment: datetime, held: Sprint, old: Json | None = None) -> Json:
    """`sprint_*`: never a list of tickets, as on the real one."""
    body: Json = {"timestamp": millis(moment), "webhookEvent": event, "sprint": sprint(held)}
    return body | ({"oldValue": old} if old else {})


def issue_link_event(event: str, moment: datetime, number: int, source: Ticket, target: Ticket) -> Json:
    """`issuelink_*`: ids only, no keys."""
    kind = {
        "id": 10000, "name": "Blocks", "outwardName": "blocks", "inwardName": "is blocked by",
        "isSubTaskLinkType": False, "isSystemLinkType": False,
    }  # fmt: skip
    link = {
        "id": number,
        "sourceIssueId": source.id,
        "destinationIssueId": target.id,
        "issueLinkType": kind,
        "systemLink": False,
    }
    return {"timestamp": millis(moment), "webhookEvent": event, "issueLink": link}


def comment_event(event: str, moment: datetime, ticket: Ticket, told: Json) -> Json:
    """`comment_*`: the issue is only a sketch of itself."""
    sketch = brief(ticket)
    sketch["fields"]["project"] = project(project_key(ticket))
    return {
        "timestamp": millis(moment),
        "webhookEvent": event,
        "comment": told,
        "issue": sketch,
        "eventType": "primaryAction",
    }


def project_event(moment: datetime, known: Project, lead: str) -> Json:
    """`project_created`."""
    told = {
        name: value
        for name, value in project(known.key).items()
        if name not in ("projectTypeKey", "simplified")
    }
    told |= {"id": known.id, "projectLead": user(lead), "assigneeType": "admin.assignee.type.unassigned"}
    return {"timestamp": millis(moment), "webhookEvent": "project_created", "project": told}


def board_event(moment: datetime, team: str) -> Json:
    """`board_created`."""
    return {"timestamp": millis(moment), "webhookEvent": "board_created", "board": board(team)}
