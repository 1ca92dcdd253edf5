"""How Jira Cloud spells people, projects, statuses, boards and sprints, in webhooks and REST v2 alike."""

from datetime import datetime
from functools import lru_cache

from webhooks.simulator.company import JIRA_URL, OUR_ACCOUNT, PROJECT, TEAM, Project
from webhooks.simulator.deliveries import Json, stable_id
from webhooks.simulator.weeks import local
from webhooks.simulator.world import Sprint

SPRINT_FIELD = "customfield_10020"
EPIC_FIELD = "customfield_10014"
POINTS_FIELD = "customfield_10028"
KR_FIELD = "customfield_10050"
RANK_FIELD = "customfield_10019"

STATUSES = {
    "To Do": ("10001", 2, "new", "blue-gray", "To Do"),
    "In Progress": ("3", 4, "indeterminate", "yellow", "In Progress"),
    "In Review": ("10004", 4, "indeterminate", "yellow", "In Progress"),
    "Done": ("10002", 3, "done", "green", "Done"),
}


_TYPES = {
    "Epic": ("10000", 1, False), "Story": ("10001", 0, False), "Task": ("10002", 0, False),
    "Bug": ("10004", 0, False), "Sub-task": ("10003", -1, True),
}  # fmt: skip


def time(moment: datetime | None) -> str | None:
    """A moment as Jira fields spell it, in the site's time zone: 2026-10-05T10:00:00.000+0200."""
    if moment is None:
        return None
    there = local(moment)
    return there.strftime("%Y-%m-%dT%H:%M:%S.") + f"{there.microsecond // 1000:03d}" + there.strftime("%z")


def instant(moment: datetime) -> str:
    """A moment as Jira's agile API spells it: 2026-10-05T08:00:00.000Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def millis(moment: datetime) -> int:
    """A moment as a webhook's envelope spells it."""
    return int(moment.timestamp() * 1000)


def account_id(login: str) -> str:
    """The account id behind a role."""
    return f"712020:{stable_id('jira-account-' + login)}"


@lru_cache(maxsize=256)
def user(login: str) -> Json:
    """An account; our own is an app account."""
    account = account_id(login)
    avatar = f"{JIRA_URL}/avatars/{account[-12:]}"
    return {
        "self": f"{JIRA_URL}/rest/api/2/user?accountId={account.replace(':', '%3A')}",
        "accountId": account,
        "avatarUrls": {size: f"{avatar}/{size[:2]}.png" for size in ("48x48", "24x24", "16x16", "32x32")},
        "displayName": "Sightline" if login == OUR_ACCOUNT else login.replace("-", " ").capitalize(),
        "active": True,
        "timeZone": "Europe/Berlin",
        "accountType": "app" if login == OUR_ACCOUNT else "atlassian",
    }


@lru_cache(maxsize=16)
def status(name: str) -> Json:
    """A status with its category; the category decides what is done."""
    number, category, key, colour, shown = STATUSES[name]
    return {
        "self": f"{JIRA_URL}/rest/api/2/status/{number}",
        "description": "",
        "iconUrl": f"{JIRA_URL}/",
        "name": name,
        "id": number,
        "statusCategory": {
            "self": f"{JIRA_URL}/rest/api/2/statuscategory/{category}",
            "id": category,
            "key": key,
            "colorName": colour,
            "name": shown,
        },
    }


@lru_cache(maxsize=16)
def issue_type(kind: str) -> Json:
    """An issue type with its level in the hierarchy (epic 1, sub-task -1)."""
    number, level, subtask = _TYPES[kind]
    return {
        "self": f"{JIRA_URL}/rest/api/2/issuetype/{number}",
        "id": number,
        "description": f"A {kind.lower()} of this site.",
        "iconUrl": f"{JIRA_URL}/rest/api/2/universal_avatar/view/type/issuetype/avatar/103{number[-2:]}",
        "name": kind,
        "subtask": subtask,
        "avatarId": 10300 + int(number) % 100,
        "hierarchyLevel": level,
    }


@lru_cache(maxsize=16)
def project(key: str) -> Json:
    """A project as issues carry it."""
    known: Project = PROJECT[key]
    avatar = f"{JIRA_URL}/rest/api/2/universal_avatar/view/type/project/avatar/{10400 + known.id % 100}"
    return {
        "self": f"{JIRA_URL}/rest/api/2/project/{known.id}",
        "id": str(known.id),
        "key": known.key,
        "name": known.name,
        "projectTypeKey": "software",
        "simplified": known.simplified,
        "avatarUrls": {
            "48x48": avatar,
            "24x24": f"{avatar}?size=small",
            "16x16": f"{avatar}?size=xsmall",
            "32x32": f"{avatar}?size=medium",
        },
    }


@lru_cache(maxsize=1)
def priority() -> Json:
    """The one priority that anybody uses."""
    return {
        "self": f"{JIRA_URL}/rest/api/2/priority/3",
        "iconUrl": f"{JIRA_URL}/images/icons/priorities/medium.svg",
        "name": "Medium",
        "id": "3",
    }


def sprint_value(sprint: Sprint) -> Json:
    """A sprint as the sprint field of an issue carries it."""
    window = sprint.window
    value: Json = {
        "id": sprint.id,
        "name": sprint.name,
        "state": sprint.state,
        "boardId": sprint.team.board,
        "goal": "",
    }
    value |= {"startDate": instant(window.start), "endDate": instant(window.end)}
    if sprint.state == "closed":
        value["completeDate"] = instant(window.end)
    return value


def sprint(held: Sprint) -> Json:
    """A sprint as sprint events and the agile API carry it."""
    value = sprint_value(held)
    board = value.pop("boardId")
    return {
        "id": value.pop("id"),
        "self": f"{JIRA_URL}/rest/agile/1.0/sprint/{held.id}",
        **value,
        "originBoardId": board,
    }


def link_type() -> Json:
    """The one link type that the company uses."""
    return {
        "id": "10000",
        "name": "Blocks",
        "inward": "is blocked by",
        "outward": "blocks",
        "self": f"{JIRA_URL}/rest/api/2/issueLinkType/10000",
    }


def board(team: str) -> Json:
    """A team's board as board events and the agile API carry it."""
    known = TEAM[team]
    return {
        "id": known.board,
        "self": f"{JIRA_URL}/rest/agile/1.0/board/{known.board}",
        "name": f"{known.project} board",
        "type": "scrum",
    }
