"""Sessions: a one-time link that the service prints at start opens one; pages need one, and a role.

A session lives in the store and not in its cookie alone, so that signing out, or in again, ends it for good.
"""

import hashlib
import secrets

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from linker.config import SignIn
from linker.model import Role
from linker.store import Store, meta
from reports.person import person
from webhooks import roles, unsent
from webhooks.inbox import Clock, wall_clock

signin = Blueprint("signin", __name__)
TOKEN_MS = 24 * 3600 * 1000
SESSION_MS = 14 * TOKEN_MS


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

    def open(self, life: int = SESSION_MS) -> str:
        """A new session, good for two weeks where nothing else is said."""
        return self._make("session", life)

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


def begin(name: str, role: Role, subject: str = "", life: int = SESSION_MS) -> AnyResponse:
    """Open a session of a person and lead them on; the session before it in this browser ends."""
    end()
    session.update(sid=_lockbox().open(life), role=role, name=name, subject=subject)
    session.permanent = True
    return redirect(unsent.landing())


def end() -> None:
    """End the session of this browser; the page that was asked for and an unsent form stay."""
    own, kept = session.get("sid"), unsent.carried()
    session.clear()
    session.update(kept)
    if isinstance(own, str):
        _lockbox().close(own)


@signin.get("/signin")
def enter() -> str:
    """Asks for one more click, so that a preview of the link in a chat does not use it up."""
    return _page(request.args.get("token", "")[:100], failed=False)


@signin.post("/signin")
def use() -> AnyResponse | tuple[str, int]:
    """Open a session by the one-time link."""
    if not _lockbox().use(request.form.get("token", "").strip()[:100]):
        return _page("", failed=True), 403
    return begin("the operator", "admin")


@signin.post("/signout")
def leave() -> AnyResponse:
    """End the session, with all that this browser held of it."""
    end()
    session.clear()
    return redirect(url_for("signin.enter"))


@signin.get("/signin/again")
def again() -> AnyResponse | str:
    """The form that was not taken, to send again: never by itself, since its time may have passed."""
    if not _is_in():
        return redirect(url_for("signin.enter"))
    form = unsent.unsent()
    if form is None:
        return redirect(url_for("pages.home"))
    return render_template("again.html", form=form, signed_in=True)


@signin.post("/signin/again")
def drop() -> AnyResponse:
    """The form is not wanted any more."""
    unsent.forget()
    return redirect(unsent.landing())


@signin.before_app_request
def _guard() -> AnyResponse | tuple[AnyResponse | str, int] | None:
    """Whatever is not open to all needs a session, and a role that is enough."""
    least = roles.needed(request.endpoint, request.method)
    if least is None:
        return None
    if not _is_in():
        return _stranger()
    return None if person().may(least) else _refused(least)


@signin.after_app_request
def _taken(response: Response) -> Response:
    if request.method in roles.WRITES and response.status_code < 400:
        unsent.taken()
    return response


def _stranger() -> AnyResponse | tuple[AnyResponse | str, int]:
    """Without a session: to the sign-in and back, and what was sent stays."""
    form = unsent.note_form() if request.method in roles.WRITES else None
    unsent.note_page()
    end()
    if request.path.startswith("/api/"):
        return jsonify(error="Sign in first.", code=401), 401
    if form is None:
        return redirect(url_for("signin.enter"))
    return render_template("over.html", form=form, kept=unsent.waits(), signed_in=False), 401


def _refused(least: Role) -> tuple[AnyResponse | str, int]:
    """With a role that is too low: which one is needed, who gives it, and what was sent stays."""
    if request.path.startswith("/api/"):
        told = f"This needs the role {least}; yours is {person().role}. Ask for it, then sign in again."
        return jsonify(error="Forbidden", code=403, detail=told), 403
    form = unsent.note_form() if request.method in roles.WRITES else None
    unsent.note_page()
    said = {"least": least, "form": form, "kept": unsent.waits(), "company": _company()}
    return render_template("refused.html", signed_in=True, **said), 403


def _is_in() -> bool:
    own = session.get("sid")
    return isinstance(own, str) and _lockbox().is_open(own)


def _page(token: str, *, failed: bool) -> str:
    return render_template("signin.html", token=token, failed=failed, company=_company())


def _company() -> SignIn | None:
    found: SignIn | None = current_app.extensions["sightline"].config.signin
    return found


def _lockbox() -> Lockbox:
    lockbox: Lockbox = current_app.extensions["sightline"].lockbox
    return lockbox
