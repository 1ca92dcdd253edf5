"""How GitHub spells people, repositories and labels, with all the addresses that real bodies carry."""

import hashlib
from datetime import UTC, datetime
from functools import lru_cache

from webhooks.simulator.company import APP_ID, DEPENDENCY_BOT, ORG, REPOSITORY
from webhooks.simulator.deliveries import Json, fixed, stable_number

API = "https://api.github.com"


WEB = "https://github.com"


EPOCH = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


#: Labels that every repository of the company has, with GitHub's colour and its flag for a default label.
LABELS = {
    "bug": ("d73a4a", True), "documentation": ("0075ca", True), "epic": ("5319e7", False),
    "tech debt": ("c5def5", False), "dependencies": ("0366d6", False), "needs review": ("fbca04", False),
}  # fmt: skip


_USER_URLS = (
    "followers", "following{/other_user}", "gists{/gist_id}", "starred{/owner}{/repo}", "subscriptions",
    "orgs", "repos", "events{/privacy}", "received_events",
)  # fmt: skip


_REPO_URLS = {
    "forks": "forks", "keys": "keys{/key_id}", "collaborators": "collaborators{/collaborator}",
    "teams": "teams", "hooks": "hooks", "issue_events": "issues/events{/number}", "events": "events",
    "assignees": "assignees{/user}", "branches": "branches{/branch}", "tags": "tags",
    "blobs": "git/blobs{/sha}", "git_tags": "git/tags{/sha}", "git_refs": "git/refs{/sha}",
    "trees": "git/trees{/sha}", "statuses": "statuses/{sha}", "languages": "languages",
    "stargazers": "stargazers", "contributors": "contributors", "subscribers": "subscribers",
    "subscription": "subscription", "commits": "commits{/sha}", "git_commits": "git/commits{/sha}",
    "comments": "comments{/number}", "issue_comment": "issues/comments{/number}",
    "contents": "contents/{+path}", "compare": "compare/{base}...{head}", "merges": "merges",
    "archive": "{archive_format}{/ref}", "downloads": "downloads", "issues": "issues{/number}",
    "pulls": "pulls{/number}", "milestones": "milestones{/number}",
    "notifications": "notifications{?since,all,participating}", "labels": "labels{/name}",
    "releases": "releases{/id}", "deployments": "deployments",
}  # fmt: skip


def time(moment: datetime | None) -> str | None:
    """A moment as GitHub spells it: 2026-10-05T08:00:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


@lru_cache(maxsize=256)
def user(login: str) -> Json:
    """An account with all its addresses; bots are bots."""
    bot, number = (
        login.endswith("[bot]"),
        49699333 if login == DEPENDENCY_BOT else stable_number("github-user-" + login, 9),
    )
    at, name = f"{API}/users/{login.replace('[', '%5B').replace(']', '%5D')}", login.removesuffix("[bot]")
    told: Json = {
        "login": login,
        "id": number,
        "node_id": f"{'BOT' if bot else 'U'}_kgDO{number:x}",
        "avatar_url": f"https://avatars.githubusercontent.com/{'in' if bot else 'u'}/{number}?v=4",
        "gravatar_id": "",
        "url": at,
        "html_url": f"{WEB}/apps/{name}" if bot else f"{WEB}/{login}",
    }
    for path in _USER_URLS:
        name = path.partition("{")[0]
        told[{"orgs": "organizations_url"}.get(name, f"{name}_url")] = f"{at}/{path}"
    return told | {"type": "Bot" if bot else "User", "user_view_type": "public", "site_admin": False}


@lru_cache(maxsize=1)
def owner() -> Json:
    """The company as the owner of repositories."""
    return user(ORG) | {"type": "Organization"}


@lru_cache(maxsize=1)
def organization() -> Json:
    """The company as webhooks carry it."""
    at = f"{API}/orgs/{ORG}"
    told = {
        "login": ORG,
        "id": owner()["id"],
        "node_id": owner()["node_id"],
        "url": at,
        "repos_url": f"{at}/repos",
        "events_url": f"{at}/events",
    }
    told |= {
        "hooks_url": f"{at}/hooks",
        "issues_url": f"{at}/issues",
        "members_url": f"{at}/members{{/member}}",
    }
    return told | {
        "public_members_url": f"{at}/public_members{{/member}}",
        "avatar_url": owner()["avatar_url"],
        "description": "A shop",
    }


@lru_cache(maxsize=64)
def changed_file(repository: str, path: str) -> Json:
    """A file in the list of what a pull request changes."""
    sha = hashlib.sha1(f"{repository}/{path}".encode(), usedforsecurity=False).hexdigest()
    at = f"{WEB}/{ORG}/{repository}"
    return {
        "sha": sha, "filename": path, "status": "modified", "additions": 12, "deletions": 4, "changes": 16,
        "blob_url": f"{at}/blob/{sha}/{path}", "raw_url": f"{at}/raw/{sha}/{path}",
        "contents_url": f"{API}/repos/{ORG}/{repository}/contents/{path}?ref={sha}",
        "patch": "@@ -1,4 +1,12 @@",
    }  # fmt: skip


def repository(name: str) -> Json:
    """A repository with all its addresses."""
    known = REPOSITORY[name]
    at, full = f"{API}/repos/{known.full_name}", known.full_name
    told: Json = {
        "id": known.id, "node_id": f"R_kgDO{known.id:x}", "name": name, "full_name": full,
        "private": known.private, "owner": owner(), "html_url": f"{WEB}/{full}",
        "description": known.description, "fork": False, "url": at,
    }  # fmt: skip
    told |= {f"{key}_url": f"{at}/{path}" for key, path in _REPO_URLS.items() if not path.startswith("{")}
    told |= {key: value.replace("/{/", "{/") for key, value in told.items() if isinstance(value, str)}
    told["archive_url"] = f"{at}/{{archive_format}}{{/ref}}"
    return told | {
        "created_at": time(EPOCH), "updated_at": time(EPOCH), "pushed_at": time(EPOCH),
        "git_url": f"git://github.com/{full}.git", "ssh_url": f"git@github.com:{full}.git",
        "clone_url": f"{WEB}/{full}.git", "svn_url": f"{WEB}/{full}", "homepage": None, "size": 4096,
        "stargazers_count": 3, "watchers_count": 3, "language": known.language, "has_issues": True,
        "has_projects": True, "has_downloads": True, "has_wiki": False, "has_pages": False,
        "has_discussions": False, "forks_count": 0, "mirror_url": None, "archived": False, "disabled": False,
        "open_issues_count": 12, "license": None, "allow_forking": True, "is_template": False,
        "web_commit_signoff_required": False, "topics": [],
        "visibility": "private" if known.private else "public", "forks": 0, "open_issues": 12, "watchers": 3,
        "default_branch": "main", "custom_properties": {},
    }  # fmt: skip


def label(repository_name: str, name: str) -> Json:
    """A label; those of a colour not listed are grey, ours are blue."""
    colour, default = LABELS.get(name, ("1f6feb" if name.startswith("kr:") else "ededed", False))
    number = stable_number(f"label-{repository_name}-{name}")
    return {
        "id": number, "node_id": f"LA_kwDO{number:x}",
        "url": f"{API}/repos/{ORG}/{repository_name}/labels/{name.replace(' ', '%20')}", "name": name,
        "color": colour, "default": default, "description": "",
    }  # fmt: skip


def reactions(at: str) -> Json:
    """Nobody has reacted."""
    names = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{at}/reactions", "total_count": 0, **dict.fromkeys(names, 0)}


@lru_cache(maxsize=256)
def user_part(login: str) -> str:
    """An account, marked as a part that never changes."""
    return fixed(f"user {login}", user(login))


@lru_cache(maxsize=2)
def owner_part() -> str:
    """The company as owner, marked as a part that never changes."""
    return fixed("owner", owner())


@lru_cache(maxsize=64)
def repository_part(name: str) -> str:
    """A repository, marked as a part that never changes."""
    return fixed(f"repository {name}", repository(name))


def app() -> Json:
    """Our GitHub App."""
    known = {"id": APP_ID, "slug": "sightline-northwind", "node_id": "A_kwDO", "client_id": "Iv23northwind"}
    known |= {"owner": owner(), "name": "Sightline", "description": "Which key result does it serve?"}
    known |= {"external_url": "https://sightline.example.com", "html_url": f"{WEB}/apps/sightline-northwind"}
    known |= {"created_at": time(EPOCH), "updated_at": time(EPOCH), "events": ["issues", "pull_request"]}
    return known | {"permissions": {"checks": "write", "metadata": "read", "statuses": "write"}}
