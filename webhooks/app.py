"""create_app: receivers, health, metrics and pages in one Flask app; starts nothing."""

import logging
import secrets
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask, Response, render_template, request, session
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from linker.config import Config
from linker.store import Store, StoreDown, meta, open_store
from reports.pages import pages
from webhooks.health import health
from webhooks.inbox import Clock, Inbox, wall_clock
from webhooks.receivers import MOST_BYTES, receivers
from webhooks.signin import Lockbox, signin

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}


@dataclass(frozen=True)
class Services:
    """What requests work with; one a process."""

    config: Config
    store: Store
    inbox: Inbox
    clock: Clock
    lockbox: Lockbox


def create_app(config: Config, store: Store | None = None, clock: Clock = wall_clock) -> Flask:
    """The WSGI app for a configuration; the store must be at the newest schema."""
    app = Flask(__name__, template_folder="../reports/templates", static_folder="../reports/static")
    store = store or open_store(config.store_url.get_secret_value())
    app.extensions["sightline"] = Services(config, store, Inbox(store, clock), clock, Lockbox(store, clock))
    app.config.update(
        SECRET_KEY=session_secret(config, store),
        MAX_CONTENT_LENGTH=MOST_BYTES,
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.url.startswith("https:"),
        SESSION_COOKIE_NAME="__Host-sightline" if config.url.startswith("https:") else "sightline",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    csrf = CSRFProtect(app)
    csrf.exempt(receivers)  # they are signed over the whole body
    for blueprint in (receivers, health, signin, pages):
        app.register_blueprint(blueprint)
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(StoreDown, _store_down)
    app.register_error_handler(Exception, _unexpected)
    return app


def session_secret(config: Config, store: Store) -> str:
    """From the environment where it is named there, else made once and kept in the store."""
    if config.session is not None:
        return config.session.get_secret_value()
    with store.write() as connection:
        return meta.get_or_set(connection, "session_secret", secrets.token_urlsafe(32))


def _headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _wants_json() -> bool:
    return request.path.startswith(("/webhooks/", "/api/", "/healthz", "/readyz"))


def _http_error(error: HTTPException) -> tuple[Response | str, int]:
    code = error.code or 500
    if _wants_json():
        return Response(f'{{"error": "{error.name}", "code": {code}}}\n', mimetype="application/json"), code
    return render_template("error.html", code=code, name=error.name, signed_in="role" in session), code


def _store_down(error: StoreDown) -> tuple[Response | str, int]:
    logging.getLogger("sightline").error("store down: %s", error)
    if _wants_json():
        return Response('{"error": "The store does not answer."}\n', mimetype="application/json"), 503
    return render_template("error.html", code=503, name="The store does not answer", signed_in=False), 503


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    logging.getLogger("sightline").exception("request failed: %s", request.path)
    if _wants_json():
        return Response('{"error": "Something went wrong here."}\n', mimetype="application/json"), 500
    return render_template("error.html", code=500, name="Something went wrong here", signed_in=False), 500
