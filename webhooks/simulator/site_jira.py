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
    listed: list[Json] = [
        {"id": name, "key": name, "name": name.capitalize(), "custom": False, "orderable": True,
            "navigable": True, "searchable": True,
         "clauseNames": [name], "schema": {"type": kind, "system": name}}
        for name, kind in system.items()
    ]  # fmt: skip
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
        listed.append(
            {"id": name, "key": name, "name": shown, "untranslatedName": shown, "custom": True,
                "orderable": True, "navigable": True,
             "searchable": True, "clauseNames": [f"cf[{number}]", shown], "schema": {**schema, "custom": kind,
                 "customId": number}}
        )  # fmt: skip
    return listed


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
