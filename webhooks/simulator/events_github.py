"""What GitHub says when something happens: the bodies of webhook events around the nouns of GitHub."""

from collections.abc import Sequence
from datetime import datetime

from webhooks.simulator.company import APP_ID, INSTALLATION_ID, ISSUES_REPOSITORY, ORG, OUR_BOT, REPOSITORIES
from webhooks.simulator.deliveries import Json, stable_number
from webhooks.simulator.places_github import (
    API,
    EPOCH,
    WEB,
    label,
    organization,
    owner,
    repository,
    repository_part,
    time,
    user,
    user_part,
)
from webhooks.simulator.shapes_github import issue, pull
from webhooks.simulator.world import Commit, Pull, Ticket


def envelope(action: str | None, repository_name: str, sender: str, **told: object) -> Json:
    """A body with the parts that all events of a repository share."""
    head: Json = {"action": action} if action else {}
    shared = {
        "repository": repository_part(repository_name),
        "organization": organization(),
        "sender": user_part(sender),
    }
    return {
        **head,
        **told,
        **shared,
        "installation": {"id": INSTALLATION_ID, "node_id": f"MDIzOkluc3RhbGxhdGlvbg{INSTALLATION_ID}"},
    }


def pull_event(action: str, told: Pull, sender: str, **more: object) -> Json:
    """`pull_request`: with the whole pull request."""
    return envelope(action, told.repository, sender, number=told.number, pull_request=pull(told), **more)


def issue_event(action: str, ticket: Ticket, sender: str, **more: object) -> Json:
    """`issues`: with the whole issue."""
    return envelope(action, ISSUES_REPOSITORY, sender, issue=issue(ticket), **more)


def sub_issue_event(action: str, parent: Ticket, child: Ticket, sender: str) -> Json:
    """`sub_issues`: sub_issue_ or parent_issue_, added or removed; it has no time of its own."""
    ids = {
        "sub_issue_id": child.id,
        "sub_issue": issue(child),
        "parent_issue_id": parent.id,
        "parent_issue": issue(parent),
    }
    where = "sub_issue_repo" if action.startswith("sub_") else "parent_issue_repo"
    return envelope(action, ISSUES_REPOSITORY, sender, **ids, **{where: repository_part(ISSUES_REPOSITORY)})


def dependency_event(action: str, blocker: Ticket, blocked: Ticket, sender: str) -> Json:
    """`issue_dependencies`: blocked_by_ or blocking_, added; it has no time of its own."""
    ids = {
        "blocked_issue_id": blocked.id,
        "blocked_issue": issue(blocked),
        "blocking_issue_id": blocker.id,
        "blocking_issue": issue(blocker),
    }
    where = "blocking_issue_repo" if action.startswith("blocked_by") else "blocked_issue_repo"
    return envelope(action, ISSUES_REPOSITORY, sender, **ids, **{where: repository_part(ISSUES_REPOSITORY)})


def milestone_event(action: str, told: Json, sender: str) -> Json:
    """`milestone`."""
    return envelope(action, ISSUES_REPOSITORY, sender, milestone=told)


def label_event(action: str, repository_name: str, name: str, sender: str) -> Json:
    """`label`: a label of the repository was made, not put on something."""
    return envelope(action, repository_name, sender, label=label(repository_name, name))


def comment_event(action: str, repository_name: str, about: Json, told: Json, sender: str) -> Json:
    """`issue_comment`: `about` is an issue, or a pull request as an issue."""
    return envelope(action, repository_name, sender, issue=about, comment=told)


def push_event(told: Pull, before: str, commits: Sequence[Commit], ref: str = "") -> Json:
    """`push` to a pull request's branch, or of its merge to the main branch."""
    base = f"{WEB}/{ORG}/{told.repository}"
    listed = [_pushed(base, told, made) for made in commits]
    body = envelope(
        None, told.repository, told.author, ref=ref or f"refs/heads/{told.branch}", before=before,
        after=commits[-1].sha, pusher={"name": told.author, "email": f"{told.author}@northwind.example.com"},
        created=set(before) == {"0"}, deleted=False, forced=False, base_ref=None,
        compare=f"{base}/compare/{before[:12]}...{commits[-1].sha[:12]}", commits=listed,
        head_commit=listed[-1],
    )  # fmt: skip
    created = int(EPOCH.timestamp())
    body["repository"] = repository(told.repository) | {
        "created_at": created, "pushed_at": int(commits[-1].at.timestamp()), "master_branch": "main",
        "organization": ORG,
    }  # fmt: skip
    return body


def _pushed(base: str, told: Pull, made: Commit) -> Json:
    who = {"name": made.author, "email": f"{made.author}@northwind.example.com", "username": made.author}
    return {
        "id": made.sha, "tree_id": made.sha[::-1], "distinct": True, "message": made.message,
        "timestamp": time(made.at), "url": f"{base}/commit/{made.sha}", "author": who, "committer": who,
        "added": [], "removed": [],
        "modified": [f"src/{told.repository.replace('-', '_')}/{made.sha[:6]}.py"],
    }  # fmt: skip


def ping_event() -> Json:
    """`ping`: the first thing that a new webhook sends."""
    hook = {
        "type": "App", "id": 480110023, "name": "web", "active": True,
        "events": ["issues", "label", "milestone", "pull_request", "push"],
        "config": {
            "content_type": "json", "insecure_ssl": "0", "secret": "********",
            "url": "https://sightline.example.com/webhooks/github",
        },
        "updated_at": time(EPOCH), "created_at": time(EPOCH), "app_id": APP_ID,
        "deliveries_url": f"{API}/app/hook/deliveries",
    }  # fmt: skip
    return {"zen": "Keep it logically awesome.", "hook_id": 480110023, "hook": hook}


def installation() -> Json:
    """Our GitHub App on the company's organization."""
    return {
        "id": INSTALLATION_ID, "account": owner(), "repository_selection": "selected", "app_id": APP_ID,
        "app_slug": "sightline-northwind",
        "access_tokens_url": f"{API}/app/installations/{INSTALLATION_ID}/access_tokens",
        "repositories_url": f"{API}/installation/repositories",
        "html_url": f"{WEB}/organizations/{ORG}/settings/installations/{INSTALLATION_ID}",
        "target_id": owner()["id"], "target_type": "Organization",
        "permissions": {
            "checks": "write", "issues": "write", "metadata": "read", "pull_requests": "write",
            "statuses": "write",
        },
        "events": [
            "issue_comment", "issues", "label", "milestone", "pull_request", "push", "repository",
            "sub_issues",
        ],
        "created_at": time(EPOCH), "updated_at": time(EPOCH), "single_file_name": None,
        "has_multiple_single_files": False, "single_file_paths": [], "suspended_by": None,
        "suspended_at": None,
    }  # fmt: skip


def installation_event(sender: str) -> Json:
    """`installation`: created on the selected repositories."""
    listed = [
        {name: repository(known.name)[name] for name in ("id", "node_id", "name", "full_name", "private")}
        for known in REPOSITORIES
    ]
    return {
        "action": "created",
        "installation": installation(),
        "repositories": listed,
        "requester": None,
        "sender": user(sender),
    }


def repository_event(action: str, repository_name: str, sender: str, **changes: object) -> Json:
    """`repository`: edited, renamed and the like."""
    return envelope(action, repository_name, sender, changes=changes)


def status_event(repository_name: str, told: Json, branch: str, moment: datetime) -> Json:
    """`status`: somebody, here always us, has written a commit status."""
    sha = told["sha"]
    commit = {
        "sha": sha, "node_id": f"C_kwDO{sha[:24]}",
        "url": f"{API}/repos/{ORG}/{repository_name}/commits/{sha}",
        "html_url": f"{WEB}/{ORG}/{repository_name}/commit/{sha}",
        "comments_url": f"{API}/repos/{ORG}/{repository_name}/commits/{sha}/comments",
        "author": user(OUR_BOT), "committer": user(OUR_BOT), "parents": [],
        "commit": {
            "author": {"name": OUR_BOT, "email": "", "date": time(moment)},
            "committer": {"name": OUR_BOT, "email": "", "date": time(moment)}, "message": "",
            "tree": {"sha": sha[::-1], "url": ""}, "url": "", "comment_count": 0,
            "verification": {
                "verified": False, "reason": "unsigned", "signature": None, "payload": None,
                "verified_at": None,
            },
        },
    }  # fmt: skip
    return envelope(
        None, repository_name, OUR_BOT, id=stable_number(f"status-{sha}-{time(moment)}"), sha=sha,
        name=f"{ORG}/{repository_name}", target_url=told.get("target_url"), avatar_url=None,
        context=told["context"], description=told.get("description"), state=told["state"], commit=commit,
        branches=[{"name": branch, "commit": {"sha": sha, "url": ""}, "protected": False}] if branch else [],
        created_at=time(moment), updated_at=time(moment),
    )  # fmt: skip
