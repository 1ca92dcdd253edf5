"""Which role each address needs: one table, and an address that is not in it keeps the app from starting."""

from collections.abc import Iterator, Mapping
from typing import Literal

from flask import Flask

from linker.model import Role
from reports.person import ROLES as RANKS

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})

#: By endpoint, the least role to read there. Writing needs a planner at least, also where reading needs less.
ROLES: dict[str, Role | Literal["open"]] = {
    "static": "open",
    "health.alive": "open",
    "health.ready": "open",
    "health.metrics": "open",  # numbers only
    "signin.enter": "open",
    "signin.use": "open",
    "signin.leave": "open",
    "signin.again": "open",  # shows what lies in the caller's own cookie
    "signin.drop": "open",
    "oidc.start": "open",
    "oidc.finish": "open",
    "pages.home": "viewer",
    "pages.items": "viewer",
    "pages.item": "viewer",
    "pages.kr": "viewer",
    "pages.optouts": "viewer",
    "pages.sprints": "viewer",
    "pages.plan": "viewer",
    "pages.plan_as": "viewer",
    "pages.decide": "planner",
    "pages.inbox": "viewer",
    "pages.changes": "viewer",
}


class NoRoleError(Exception):
    """An address is not in the table, so nobody decided who may open it."""


def needed(
    endpoint: str | None, method: str, table: Mapping[str, Role | Literal["open"]] = ROLES
) -> Role | None:
    """The least role for a request; None for what is open to all, and where there is no such page."""
    least = "open" if endpoint is None else table[endpoint]
    if least == "open":
        return None
    return max(least, "planner", key=RANKS.index) if method in WRITES else least


def cover(app: Flask) -> None:
    """Raise NoRoleError unless somebody decided on every address."""
    if missing := sorted(set(_unlisted(app))):
        raise NoRoleError(f"No role is set for {', '.join(missing)}. Add each to ROLES in webhooks/roles.py.")


def _unlisted(app: Flask) -> Iterator[str]:
    return (rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint not in ROLES)
