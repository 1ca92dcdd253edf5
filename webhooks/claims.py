"""What an identity provider says of somebody, as we read it: a name to show, and what gives a role; pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

LONGEST_NAME = 80


class Known(NamedTuple):
    """Somebody as the provider knows them."""

    subject: str
    name: str
    held: tuple[str, ...]  # values of the claim that gives roles


def known(claims: Mapping[str, Any], claim: str) -> Known:
    """Who it is, with the values of the claim that gives roles."""
    return Known(str(claims["sub"]), _name(claims), _values(find(claims, claim)))


def find(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its whole name, which may hold dots, else a level down at each dot."""
    if name in claims:
        return claims[name]
    first, dot, rest = name.partition(".")
    below = claims.get(first)
    return find(below, rest) if dot and isinstance(below, Mapping) else None


def _values(claim: Any) -> tuple[str, ...]:
    listed = claim if isinstance(claim, list | tuple) else [claim]
    return tuple(value for value in listed if isinstance(value, str))


def _name(claims: Mapping[str, Any]) -> str:
    """Never an address, and nothing that does not print."""
    whole = claims.get("name") or f"{claims.get('given_name') or ''} {claims.get('family_name') or ''}"
    for said in (whole, claims.get("preferred_username")):
        plain = "".join(letter for letter in str(said or "") if letter.isprintable())
        if name := plain.partition("@")[0].strip():
            return name[:LONGEST_NAME]
    return "somebody"
