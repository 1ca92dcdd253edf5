"""Sign-in for one person: a one-time link that the service prints at start; pages always need a session.

A session lives in the store and not in its cookie alone, so that signing out, or in again, ends it for good.
"""

import hashlib
import secrets

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from linker.store import Store, meta
from webhooks.inbox import Clock, wall_clock

signin = Blueprint("signin", __name__)
TOKEN_MS = 24 * 3600 * 1000
SESSION_MS = 14 * TOKEN_MS
OPEN_BLUEPRINTS = frozenset({"health", "signin"})  # they have their own proof, or tell nothing
OPEN_ENDPOINTS = frozenset({"static", None})  # None: there is no such page


class Lockbox:
    """One-time sign-in tokens and open sessions: only their hashes are kept."""

    def __init__(self, store: Store, clock: Clock = wall_clock) -> None:
        self._store = store
        self._clock = clock

    def make(self) -> str:
        """A new token, good for a day and for one sign-in."""
        return self._make("token", TOKEN_MS)

    def use(self, token: str) -> bool:
        """Whether the token is good; it is not any more afterwards."""
        with self._store.write() as connection:
            return meta.use_signin(connection, _hash("token", token), self._clock())

    def open(self) -> str:
        """A new session, good for two weeks."""
        return self._make("session", SESSION_MS)

    def is_open(self, own: str) -> bool:
        """Whether a session is neither ended nor over."""
        with self._store.read() as connection:
            return meta.holds_signin(connection, _hash("session", own), self._clock())

    def close(self, own: str) -> None:
        """End a session, wherever copies of its cookie are."""
        with self._store.write() as connection:
            meta.use_signin(connection, _hash("session", own), self._clock())

    def _make(self, kind: str, life: int) -> str:
        own, now = secrets.token_urlsafe(24), self._clock()
        with self._store.write() as connection:
            meta.keep_signin(connection, _hash(kind, own), now + life, now)
        return own


def _hash(kind: str, own: str) -> str:
    return hashlib.sha256(f"{kind}:{own}".encode()).hexdigest()


def _lockbox() -> Lockbox:
    lockbox: Lockbox = current_app.extensions["sightline"].lockbox
    return lockbox


@signin.get("/signin")
def enter() -> str:
    """Asks for one more click, so that a preview of the link in a chat does not use it up."""
    return render_template("signin.html", token=request.args.get("token", "")[:100], failed=False)


@signin.post("/signin")
def use() -> AnyResponse | tuple[str, int]:
    """Open a session; the one before it in this browser ends."""
    lockbox = _lockbox()
    if not lockbox.use(request.form.get("token", "").strip()[:100]):
        return render_template("signin.html", token="", failed=True), 403
    _end()
    session["sid"] = lockbox.open()
    session["role"] = "admin"
    session["name"] = "the operator"
    session.permanent = True
    return redirect(url_for("pages.home"))


@signin.post("/signout")
def leave() -> AnyResponse:
    """End the session."""
    _end()
    return redirect(url_for("signin.enter"))


def _end() -> None:
    own = session.get("sid")
    session.clear()
    if isinstance(own, str):
        _lockbox().close(own)


@signin.before_app_request
def _guard() -> AnyResponse | tuple[AnyResponse, int] | None:
    """Whatever is not open to all needs a session: a new page is closed before anybody thinks of it."""
    if request.blueprint in OPEN_BLUEPRINTS or request.endpoint in OPEN_ENDPOINTS:
        return None
    own = session.get("sid")
    if isinstance(own, str) and _lockbox().is_open(own):
        return None
    session.clear()
    if request.path.startswith("/api/"):
        return jsonify(error="Sign in first.", code=401), 401
    return redirect(url_for("signin.enter"))
