"""What a Jira site says of itself: its fields, statuses and projects, for discovery by schema."""

from webhooks.simulator.company import PROJECTS
from webhooks.simulator.deliveries import Json
from webhooks.simulator.places_jira import (
    EPIC_FIELD,
    KR_FIELD,
    POINTS_FIELD,
    RANK_FIELD,
    SPRINT_FIELD,
    STATUSES,
    project,
    status,
)


def fields_list() -> list[Json]:
    """GET /field: what discovery by schema type has to find; names alone would mislead."""
    system = {
        "summary": "string",
        "description": "string",
        "labels": "array",
        "status": "status",
        "parent": "any",
        "updated": "datetime",
    }
    listed = [
        _field(name, name.capitalize(), [name], {"type": kind, "system": name})
        for name, kind in system.items()
    ]
    greenhopper, plain = "com.pyxis.greenhopper.jira:", "com.atlassian.jira.plugin.system.customfieldtypes:"
    custom = [
        (SPRINT_FIELD, "Sprint", greenhopper + "gh-sprint", {"type": "array", "items": "json"}),
        (EPIC_FIELD, "Epic Link", greenhopper + "gh-epic-link", {"type": "any"}),
        (RANK_FIELD, "Rank", greenhopper + "gh-lexo-rank", {"type": "any"}),
        (POINTS_FIELD, "Story Points", plain + "float", {"type": "number"}),
        ("customfield_10031", "Cost estimate", plain + "float", {"type": "number"}),
        (KR_FIELD, "Key result", plain + "textfield", {"type": "string"}),
        ("customfield_10032", "Release note", plain + "textfield", {"type": "string"}),
    ]
    for name, shown, kind, schema in custom:
        number = int(name.partition("_")[2])
        told = _field(name, shown, [f"cf[{number}]", shown], {**schema, "custom": kind, "customId": number})
        listed.append(told)
    return listed


def _field(name: str, shown: str, clauses: list[str], schema: Json) -> Json:
    place = {
        "orderable": True,
        "navigable": True,
        "searchable": True,
        "clauseNames": clauses,
        "schema": schema,
    }
    return {"id": name, "key": name, "name": shown, "custom": "customId" in schema, **place}


def statuses() -> list[Json]:
    """GET /status."""
    return [status(name) for name in STATUSES]


def projects() -> list[Json]:
    """GET /project."""
    return [
        {
            "expand": "description,lead,issueTypes,url,projectKeys",
            **project(known.key),
            "isPrivate": False,
            "properties": {},
        }
        for known in PROJECTS
    ]
