"""create_app: receivers, health, metrics and pages in one Flask app; starts nothing."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import Flask, Response, current_app, jsonify, render_template, request, session
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.exceptions import HTTPException

from linker.config import Config
from linker.store import Store, StoreDown, meta, open_store
from reports.pages import pages
from webhooks import roles, unsent
from webhooks.health import health
from webhooks.inbox import Clock, Inbox, wall_clock
from webhooks.oidc import Provider, oidc
from webhooks.receivers import MOST_BYTES, RETRY_AFTER, Received, Receivers
from webhooks.refusals import Refusals
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
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "geolocation=(), camera=(), microphone=()",
}
ONE_YEAR = "max-age=31536000"
log = structlog.get_logger()


@dataclass(frozen=True)
class Services:
    """What requests work with; one a process."""

    config: Config
    store: Store
    inbox: Inbox
    clock: Clock
    lockbox: Lockbox
    refusals: Refusals
    provider: Provider | None  # who says who somebody is; None: sign-in by link only


def create_app(
    config: Config, store: Store | None = None, clock: Clock = wall_clock, received: Received | None = None
) -> Flask:
    """The WSGI app for a configuration; the store must be at the newest schema.

    `received` says when a delivery came, where that is not now: in a simulation.
    """
    app = Flask(__name__, template_folder="../reports/templates", static_folder="../reports/static")
    store = store or open_store(config.store_url.get_secret_value())
    inbox, refusals = Inbox(store, clock), Refusals()
    provider = Provider(app, config) if config.signin else None
    app.extensions["sightline"] = Services(
        config, store, inbox, clock, Lockbox(store, clock), refusals, provider
    )
    app.config.update(
        SECRET_KEY=session_secret(config, store),
        MAX_CONTENT_LENGTH=MOST_BYTES + 1,  # what is longer is cut there, and receivers see that it was
        MAX_FORM_MEMORY_SIZE=1024 * 1024,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.url.startswith("https:"),
        SESSION_COOKIE_NAME="__Host-sightline" if config.url.startswith("https:") else "sightline",
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
    )
    CSRFProtect(app)
    for blueprint in (health, signin, *([oidc] if provider else []), pages):
        app.register_blueprint(blueprint)
    roles.cover(app)
    plain = HEADERS | ({"Strict-Transport-Security": ONE_YEAR} if config.url.startswith("https:") else {})
    plain |= {"Cache-Control": "no-store", "Content-Type": "application/json"}
    answers = Receivers(
        app.wsgi_app, config, inbox, received or (lambda _: clock()), refusals, list(plain.items())
    )
    app.wsgi_app = answers  # type: ignore[assignment, method-assign]  # Flask's own way to put something in front
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
    if request.scheme == "https" or _url().startswith("https:"):
        response.headers.setdefault("Strict-Transport-Security", ONE_YEAR)
    if not request.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _url() -> str:
    services: Services = current_app.extensions["sightline"]
    return services.config.url


def _answer(code: int, name: str, text: str, form: unsent.Unsent | None = None) -> tuple[Response | str, int]:
    """An error as the caller reads it: JSON for programs, a page for people."""
    if request.path.startswith(("/webhooks/", "/api/", "/healthz", "/readyz", "/metrics")):
        return jsonify(error=name, code=code, detail=text), code
    said = {"code": code, "name": name, "text": text, "form": form}
    return render_template("error.html", signed_in="sid" in session, **said), code


def _http_error(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
    if error.code is None or error.code < 400:
        return error  # a redirect is no error
    closed = roles.needed(request.endpoint, request.method) is not None  # a one-time token is shown to nobody
    form = unsent.sent() if isinstance(error, CSRFError) and closed else None
    return _answer(error.code, error.name, error.description or "", form)


def _store_down(error: StoreDown) -> tuple[Response | str, int]:
    log.error("store down", because=str(error), path=request.path)
    body, code = _answer(503, "The store does not answer", "Try again in a minute.")
    answer = current_app.make_response(body)
    answer.headers["Retry-After"] = RETRY_AFTER
    return answer, code


def _unexpected(error: Exception) -> tuple[Response | str, int]:
    log.error("request failed", path=request.path, exc_info=error)
    return _answer(500, "Something went wrong here", "The log of the service says what.")
