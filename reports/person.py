"""Who looks at a page: a name to put beside a decision, and a role that says what they may do."""

from typing import NamedTuple, get_args

from flask import session

from linker.model import Role

ROLES: tuple[Role, ...] = get_args(Role)  # from the least; each may do what the ones before it may


class Person(NamedTuple):
    """Somebody who signed in; without a role they may do nothing."""

    name: str
    role: Role | None

    def may(self, least: Role) -> bool:
        """Is the role enough for what needs at least this one?"""
        return self.role is not None and ROLES.index(self.role) >= ROLES.index(least)


def person() -> Person:
    """The person of this request, as the sign-in found them."""
    role = session.get("role")
    return Person(str(session.get("name") or "somebody"), role if role in ROLES else None)


def may(least: Role) -> bool:
    """May the person of this request do what needs this role? Templates ask before they show a form."""
    return person().may(least)
