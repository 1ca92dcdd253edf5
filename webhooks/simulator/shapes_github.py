"""How GitHub spells items, in webhooks and REST alike: one function per noun, as large as real ones."""

from datetime import datetime

from webhooks.simulator.company import ISSUES_REPOSITORY, ORG, OUR_BOT
from webhooks.simulator.deliveries import Json, stable_number
from webhooks.simulator.places_github import (
    API,
    WEB,
    app,
    label,
    owner_part,
    reactions,
    repository_part,
    time,
    user,
    user_part,
)
from webhooks.simulator.world import Commit, Pull, Sprint, Ticket


def milestone(sprint: Sprint, moment: datetime, open_issues: int = 0, closed_issues: int = 0) -> Json:
    """A sprint of the team without Jira, as a milestone of the repository that holds its issues."""
    number = sprint.window.number
    at = f"{API}/repos/{ORG}/{ISSUES_REPOSITORY}/milestones/{number}"
    return {
        "url": at, "html_url": f"{WEB}/{ORG}/{ISSUES_REPOSITORY}/milestone/{number}",
        "labels_url": f"{at}/labels", "id": sprint.id, "node_id": f"MI_kwDO{sprint.id:x}", "number": number,
        "title": sprint.name, "description": f"Starts {sprint.window.start.date().isoformat()}",
        "creator": user_part(sprint.team.planner), "open_issues": open_issues, "closed_issues": closed_issues,
        "state": "closed" if sprint.state == "closed" else "open", "created_at": time(sprint.window.start),
        "updated_at": time(moment), "due_on": time(sprint.window.end),
        "closed_at": time(sprint.window.end) if sprint.state == "closed" else None,
    }  # fmt: skip


def issue(ticket: Ticket) -> Json:
    """An issue; its milestone is the last sprint it was put in."""
    at = f"{API}/repos/{ORG}/{ISSUES_REPOSITORY}/issues/{ticket.number}"
    html = f"{WEB}/{ORG}/{ISSUES_REPOSITORY}/issues/{ticket.number}"
    assignee = user_part(ticket.assignee) if ticket.assignee else None
    told: Json = {
        "url": at, "repository_url": f"{API}/repos/{ORG}/{ISSUES_REPOSITORY}",
        "labels_url": f"{at}/labels{{/name}}", "comments_url": f"{at}/comments", "events_url": f"{at}/events",
        "html_url": html, "id": ticket.id, "node_id": f"I_kwDO{ticket.id:x}", "number": ticket.number,
        "title": ticket.title, "user": user_part(ticket.reporter),
        "labels": [label(ISSUES_REPOSITORY, name) for name in ticket.labels],
        "state": "closed" if ticket.status == "Done" else "open", "locked": False, "assignee": assignee,
        "assignees": [assignee] if assignee else [],
        "milestone": milestone(
            ticket.sprints[-1], ticket.sprints[-1].window.start,
        ) if ticket.sprints else None,
        "comments": 0, "created_at": time(ticket.created), "updated_at": time(ticket.updated),
        "closed_at": time(ticket.closed), "author_association": "MEMBER", "type": None,
        "active_lock_reason": None,
        "sub_issues_summary": {"total": 0, "completed": 0, "percent_completed": 0},
        "issue_dependencies_summary": _dependencies(ticket),
        "body": ticket.body or None, "reactions": reactions(at), "timeline_url": f"{at}/timeline",
        "performed_via_github_app": None, "state_reason": _reason(ticket),
    }  # fmt: skip
    if ticket.parent is not None:
        told["parent_issue_url"] = f"{API}/repos/{ORG}/{ISSUES_REPOSITORY}/issues/{ticket.parent.number}"
    return told


def _dependencies(ticket: Ticket) -> Json:
    """How many issues block it and how many it blocks; those that are closed count in the totals only."""
    told: Json = {}
    for name, side in (("blocked_by", "inwardIssue"), ("blocking", "outwardIssue")):
        held = [other for _, direction, other in ticket.links if direction == side]
        told |= {name: sum(other.status != "Done" for other in held), f"total_{name}": len(held)}
    return told


def _reason(ticket: Ticket) -> str | None:
    if ticket.status != "Done":
        return None
    return "not_planned" if ticket.dropped else "completed"


def pull(pull: Pull) -> Json:
    """A pull request with everything that `pull_request` events and GET /pulls/{n} carry."""
    full = f"{ORG}/{pull.repository}"
    at, issue_at, repo = (
        f"{API}/repos/{full}/pulls/{pull.number}",
        f"{API}/repos/{full}/issues/{pull.number}",
        repository_part(pull.repository),
    )
    statuses = f"{API}/repos/{full}/statuses/{pull.head}"
    number, html, author = (
        stable_number(f"pull-{full}-{pull.number}"),
        f"{WEB}/{full}/pull/{pull.number}",
        user_part(pull.author),
    )
    base, bot = f"{stable_number(f'base-{full}-{pull.number}', 19):040x}", pull.author.endswith("[bot]")
    links = {
        "self": at, "html": html, "issue": issue_at, "comments": f"{issue_at}/comments",
        "review_comments": f"{at}/comments",
        "review_comment": f"{API}/repos/{full}/pulls/comments{{/number}}", "commits": f"{at}/commits",
        "statuses": statuses,
    }  # fmt: skip
    return {
        "url": at, "id": number, "node_id": f"PR_kwDO{number:x}", "html_url": html,
        "diff_url": f"{html}.diff", "patch_url": f"{html}.patch", "issue_url": issue_at,
        "number": pull.number, "state": pull.state, "locked": False, "title": pull.title, "user": author,
        "body": pull.body or None, "created_at": time(pull.opened), "updated_at": time(pull.updated),
        "closed_at": time(pull.closed), "merged_at": time(pull.closed) if pull.merged else None,
        "merge_commit_sha": merge_sha(pull) if pull.merged else None, "assignee": None, "assignees": [],
        "requested_reviewers": [], "requested_teams": [],
        "labels": [label(pull.repository, name) for name in pull.labels], "milestone": None,
        "draft": pull.draft, "commits_url": f"{at}/commits", "review_comments_url": f"{at}/comments",
        "review_comment_url": f"{API}/repos/{full}/pulls/comments{{/number}}",
        "comments_url": f"{issue_at}/comments", "statuses_url": statuses,
        "head": {
            "label": f"{ORG}:{pull.branch}", "ref": pull.branch, "sha": pull.head, "user": owner_part(),
            "repo": repo,
        },
        "base": {"label": f"{ORG}:main", "ref": "main", "sha": base, "user": owner_part(), "repo": repo},
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": "CONTRIBUTOR" if bot else "MEMBER", "auto_merge": None,
        "active_lock_reason": None, "merged": pull.merged, "mergeable": None, "rebaseable": None,
        "mergeable_state": "unknown", "merged_by": user_part(pull.author) if pull.merged else None,
        "comments": pull.comments, "review_comments": 0, "maintainer_can_modify": False,
        "commits": len(pull.commits), "additions": 12 * len(pull.commits), "deletions": 4 * len(pull.commits),
        "changed_files": 1 + len(pull.commits),
    }  # fmt: skip


def merge_sha(pull: Pull) -> str:
    """The sha of the merge commit."""
    return f"{stable_number(f'merge-{pull.repository}-{pull.number}', 19):x}".rjust(40, "a")


def commit(repository_name: str, told: Commit, parent: str) -> Json:
    """A commit as GET /pulls/{n}/commits carries it."""
    at = f"{API}/repos/{ORG}/{repository_name}"
    who = {"name": told.author, "email": f"{told.author}@northwind.example.com", "date": time(told.at)}
    html = f"{WEB}/{ORG}/{repository_name}/commit"
    verification = {
        "verified": False,
        "reason": "unsigned",
        "signature": None,
        "payload": None,
        "verified_at": None,
    }
    return {
        "sha": told.sha, "node_id": f"C_kwDO{told.sha[:24]}",
        "commit": {
            "author": who, "committer": who, "message": told.message,
            "tree": {"sha": told.sha[::-1], "url": f"{at}/git/trees/{told.sha[::-1]}"},
            "url": f"{at}/git/commits/{told.sha}", "comment_count": 0, "verification": verification,
        },
        "url": f"{at}/commits/{told.sha}", "html_url": f"{html}/{told.sha}",
        "comments_url": f"{at}/commits/{told.sha}/comments", "author": user(told.author),
        "committer": user(told.author),
        "parents": [{"sha": parent, "url": f"{at}/commits/{parent}", "html_url": f"{html}/{parent}"}],
    }  # fmt: skip


def comment(
    repository_name: str, number: int, comment_id: int, moment: datetime, author: str, text: str
) -> Json:
    """A comment on an issue or a pull request."""
    at = f"{API}/repos/{ORG}/{repository_name}/issues"
    url = f"{at}/comments/{comment_id}"
    return {
        "url": url, "html_url": f"{WEB}/{ORG}/{repository_name}/issues/{number}#issuecomment-{comment_id}",
        "issue_url": f"{at}/{number}", "id": comment_id, "node_id": f"IC_kwDO{comment_id:x}",
        "user": user(author), "created_at": time(moment), "updated_at": time(moment),
        "author_association": "MEMBER", "body": text, "reactions": reactions(url),
        "performed_via_github_app": app() if author == OUR_BOT else None,
    }  # fmt: skip


def pull_as_issue(told: Json) -> Json:
    """A pull request as /issues and issue_comment events carry it: an issue with a `pull_request` object."""
    at, html = told["issue_url"], told["html_url"]
    kept = (
        "html_url", "number", "title", "user", "labels", "state", "locked", "assignee", "assignees",
        "milestone", "comments", "created_at", "updated_at", "closed_at", "author_association",
        "active_lock_reason", "body", "draft",
    )  # fmt: skip
    number = stable_number(f"issue-{at}")
    return {name: told.get(name) for name in kept} | {
        "url": at, "repository_url": at.rpartition("/issues/")[0], "labels_url": f"{at}/labels{{/name}}",
        "comments_url": f"{at}/comments", "events_url": f"{at}/events", "id": number,
        "node_id": told["node_id"], "comments": told.get("comments", 0),
        "pull_request": {
            "url": told["url"], "html_url": html, "diff_url": f"{html}.diff", "patch_url": f"{html}.patch",
            "merged_at": told["merged_at"],
        },
        "reactions": reactions(at), "timeline_url": f"{at}/timeline", "performed_via_github_app": None,
        "state_reason": None,
    }  # fmt: skip
