"""A sign-in loses nothing of what a person did: the page they asked for, the form that was not taken.

Both wait in their own browser, in the signed cookie of the session. No address is ever taken from a request's
parameters, so nobody can be led elsewhere.
"""

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from flask import request, session, url_for

LONGEST_PATH = 300
MOST_BYTES = 1_200  # a browser keeps 4,096 bytes of a cookie, with paths and pending sign-ins in it
CARRIED = ("asked", "unsent")


class Unsent(NamedTuple):
    """A form that was not taken: where it was sent, who sent it, and what it says."""

    path: str
    by: str
    fields: list[tuple[str, str]]


def own_path(address: object) -> str | None:
    """A path of ours as given; None for whatever a browser might follow to another host."""
    if not isinstance(address, str) or not address.startswith("/") or address.startswith("//"):
        return None
    plain = len(address) <= LONGEST_PATH and address.isascii() and address.isprintable()
    return address if plain and not set(address) & set('\\<>" ') else None


def note_page() -> None:
    """Remember the page that this request asks for, when a person opens it."""
    if request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document":
        session["asked"] = own_path(_here())


def note_form() -> Unsent:
    """Keep the form of this request, unless it is too long for a cookie."""
    form = sent()
    fits = len(json.dumps(form.fields)) <= MOST_BYTES and own_path(form.path) is not None
    if fits and form.fields:
        session["unsent"] = list(form)
    return form


def sent() -> Unsent:
    """The form of this request, without what proves that it is ours."""
    fields = [(name, text) for name, text in request.form.items(multi=True) if name != "csrf_token"]
    return Unsent(_here(), str(session.get("subject", "")), fields)


def unsent() -> Unsent | None:
    """The form that waits for the person who is signed in; another person's is not shown to them."""
    held: Any = session.get("unsent")
    if not held or held[1] != session.get("subject", ""):
        return None
    return Unsent(held[0], held[1], [(name, text) for name, text in held[2]])


def waits() -> bool:
    """Is a form kept in this browser?"""
    return "unsent" in session


def forget() -> None:
    """The form is not wanted any more."""
    session.pop("unsent", None)


def taken() -> None:
    """The form of this request was taken at last, if it is the one that waits."""
    if waits() and session["unsent"][0] == _here():
        forget()


def carried() -> dict[str, Any]:
    """What outlives the change of a session."""
    return {name: session[name] for name in CARRIED if name in session}


def landing() -> str:
    """Where somebody goes after signing in: to what they sent, else to the page they asked for, else home."""
    if unsent() is not None:
        return url_for("signin.again")
    forget()
    return own_path(session.pop("asked", None)) or url_for("pages.home")


def _here() -> str:
    parts = urlsplit(request.url)
    return parts.path + (f"?{parts.query}" if parts.query else "")
