"""Sign-in for one person: a one-time link that the service prints at start; pages always need a session."""

import hashlib
import secrets

from flask import Blueprint, Response, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from linker.store import Store, meta
from webhooks.inbox import Clock

signin = Blueprint("signin", __name__)
LIFE_MS = 24 * 3600 * 1000
OPEN_ENDPOINTS = frozenset({"signin.enter", "signin.leave", "signin.use", "static"})


class Lockbox:
    """One-time sign-in tokens: only their hash is kept, and each opens once."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def make(self) -> str:
        """A new token, good for a day."""
        token = secrets.token_urlsafe(24)
        with self._store.write() as connection:
            meta.keep_signin(connection, _hash(token), self._clock() + LIFE_MS)
        return token

    def use(self, token: str) -> bool:
        """Whether the token is good; it is not any more afterwards."""
        with self._store.write() as connection:
            return meta.use_signin(connection, _hash(token), self._clock())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@signin.get("/signin")
def enter() -> str:
    """Asks for one more click, so that a preview of the link in a chat does not use it up."""
    return render_template("signin.html", token=request.args.get("token", "")[:100], failed=False)


@signin.post("/signin")
def use() -> AnyResponse | tuple[str, int]:
    """Open a session; the old one ends."""
    lockbox: Lockbox = current_app.extensions["sightline"].lockbox
    if not lockbox.use(request.form.get("token", "")[:100]):
        return render_template("signin.html", token="", failed=True), 403
    session.clear()
    session["role"] = "admin"
    session["name"] = "the operator"
    session.permanent = True
    return redirect(url_for("pages.home"))


@signin.post("/signout")
def leave() -> AnyResponse:
    """End the session."""
    session.clear()
    return redirect(url_for("signin.enter"))


@signin.before_app_request
def _guard() -> Response | AnyResponse | None:
    """Pages need a session; receivers and health have their own proof or none to give away."""
    if request.blueprint == "pages" and "role" not in session:
        return redirect(url_for("signin.enter"))
    return None
