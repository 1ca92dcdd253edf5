"""Sign-in with a company account: an identity provider says who somebody is, and one claim gives their role.

Authorization code flow with PKCE, state and nonce. Whatever goes wrong ends in a page that says what to do,
and in one line of the log with a cause and no secret. A provider that hangs holds few of our threads.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any, Literal
from urllib.parse import urlsplit

import requests
import structlog
from authlib.integrations.flask_client import OAuth, OAuthError
from flask import Blueprint, Flask, current_app, redirect, render_template, request, session
from joserfc.errors import ClaimError, JoseError
from werkzeug.wrappers import Response as AnyResponse

from linker.config import Config, SignIn
from linker.config.values import is_loopback
from webhooks.claims import Known, find, known
from webhooks.signin import begin, end

oidc = Blueprint("oidc", __name__)
NAME = "company"
SESSION_MS = 12 * 3600 * 1000  # so that a change of role counts on the next day at the latest
TIMEOUT = 5.0  # seconds
RENEW = 3600.0  # seconds for which what the provider says of itself holds
AT_ONCE = 4  # calls to the provider; deliveries need the other threads
LEEWAY = 120  # seconds that two clocks may differ
PENDING = 2  # sign-ins begun in one browser that may still end; a cookie has room for few
#: Only keys that the provider publishes sign; "none" and shared keys never do.
SIGNED_BY = frozenset(f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512))
ADDRESSES = ("authorization_endpoint", "token_endpoint", "jwks_uri")
KEPT = (*ADDRESSES, "issuer", "userinfo_endpoint", "_loaded_at")

Cause = Literal["denied", "state", "clock", "away", "setup", "untrusted"]
STATUS: dict[Cause, int] = {
    "denied": 403,
    "state": 400,
    "clock": 502,
    "away": 503,
    "setup": 502,
    "untrusted": 502,
}
SAYS_NO = {"access_denied", "login_required", "consent_required", "interaction_required"}
LATER = {"temporarily_unavailable", "server_error"}
log = structlog.get_logger()


class StoppedError(Exception):
    """A sign-in that does not go on: the cause that the page explains, and what the log says of it."""

    def __init__(self, cause: Cause, because: str) -> None:
        super().__init__(because)
        self.cause: Cause = cause


class Provider:
    """The identity provider of app.yaml, asked through Authlib."""

    def __init__(self, app: Flask, config: Config) -> None:
        assert config.signin is not None
        self._app = app
        self._section: SignIn = config.signin
        self._secret = config.signin_secret.get_secret_value() if config.signin_secret else ""
        self._back = config.url + "/signin/oidc/callback"
        self._calls = BoundedSemaphore(AT_ONCE)
        self._client: Any = None

    def send_there(self) -> AnyResponse:
        """The redirect with which a sign-in begins; what proves its end stays in the session."""
        with self._asking():
            client = self._known()
            begun = client.create_authorization_url(self._back)
        _forget_old()
        address = begun.pop("url")  # in the cookie it would only take room
        client.save_authorize_data(redirect_uri=self._back, **begun)
        return redirect(address)

    def who(self) -> Known:
        """Who came back; StoppedError when that cannot be said for sure."""
        state = request.args.get("state", "")
        _forget_old(keep=PENDING)
        if f"_state_{NAME}_{state}" not in session or not {"code", "error"} & set(request.args):
            raise StoppedError("state", "no sign-in with this state was begun in this browser")
        with self._asking():
            client = self._known()
            expected = {
                "iss": {"essential": True, "value": client.server_metadata["issuer"]},
                "aud": {"essential": True, "value": self._section.client_id},
            }
            token = client.authorize_access_token(claims_options=expected, leeway=LEEWAY)
            claims = token.get("userinfo")
            if not claims:
                raise StoppedError("setup", "the provider gave no id token")
            return self._read(client, token, claims)

    def _read(self, client: Any, token: Any, claims: Mapping[str, Any]) -> Known:
        if find(claims, self._section.claim) is None and client.server_metadata.get("userinfo_endpoint"):
            more = client.userinfo(token=token)
            if more.get("sub") != claims["sub"]:
                raise StoppedError("untrusted", "the userinfo is about somebody else than the id token")
            claims = {**more, **claims}
        return known(claims, self._section.claim)

    def _known(self) -> Any:
        """A client that knows the provider's addresses, asked again every hour."""
        held = self._client
        if held is not None and time.time() - held.server_metadata["_loaded_at"] < RENEW:
            return held
        client = OAuth(self._app).register(
            NAME,
            client_id=self._section.client_id,
            client_secret=self._secret,
            server_metadata_url=self._section.issuer + "/.well-known/openid-configuration",
            compliance_fix=_heed_limits,
            client_kwargs={
                "scope": " ".join(self._section.scopes),
                "code_challenge_method": "S256",
                "default_timeout": TIMEOUT,
            },
        )
        said = client.load_server_metadata()
        _look_at(said, self._section.issuer)
        # What else it says of itself would become settings of the session that asks.
        client.server_metadata = {name: said[name] for name in KEPT if name in said}
        algorithms = SIGNED_BY.intersection(said.get("id_token_signing_alg_values_supported", ["RS256"]))
        if not algorithms:
            raise StoppedError("setup", "the provider signs id tokens in no way that is taken here")
        client.server_metadata["id_token_signing_alg_values_supported"] = sorted(algorithms)
        ways = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if "client_secret_basic" not in ways and "client_secret_post" in ways:
            client.client_kwargs["token_endpoint_auth_method"] = "client_secret_post"  # noqa: S105 - the name of a way, no secret
        self._client = client
        return client

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Calls to the provider: few at once, and every way in which they fail has its cause."""
        if not self._calls.acquire(blocking=False):
            raise StoppedError("away", "other sign-ins wait for the provider")
        try:
            yield
        except StoppedError:
            raise
        except OAuthError as error:
            raise StoppedError(_cause(str(error.error)), self._clean(f"the provider says {error}")) from None
        except ClaimError as error:
            late = error.error == "expired_token" or error.claim in ("iat", "nbf")
            raise StoppedError("clock" if late else "untrusted", f"id token: {error}") from None
        except JoseError as error:
            raise StoppedError("untrusted", f"id token: {error.error or type(error).__name__}") from None
        except requests.HTTPError as error:
            raise StoppedError(*_answered(error)) from None
        except requests.JSONDecodeError:
            raise StoppedError("setup", "the provider's answer is not JSON") from None
        except requests.RequestException as error:
            raise StoppedError("away", f"{type(error).__name__} from {_host(error)}") from None
        except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
            raise StoppedError(
                "setup", f"the provider's answer cannot be read: {type(error).__name__}"
            ) from None
        finally:
            self._calls.release()

    def _clean(self, said: str) -> str:
        """A provider may repeat what it was sent."""
        for hidden in (self._secret, request.args.get("code", "")):
            said = said.replace(hidden, "…") if hidden else said
        return said[:300]


@oidc.get("/signin/oidc")
def start() -> AnyResponse | tuple[str, int]:
    """Off to the identity provider."""
    try:
        return _provider().send_there()
    except StoppedError as stop:
        return _stopped(stop)


@oidc.get("/signin/oidc/callback")
def finish() -> AnyResponse | tuple[str, int]:
    """Back from it: a session with a role, or a page that says what is missing."""
    try:
        someone = _provider().who()
    except StoppedError as stop:
        return _stopped(stop)
    section = current_app.extensions["sightline"].config.signin
    role = section.role_of(someone.held)
    if role is None:
        end()
        log.warning("sign-in without a role", claim=section.claim, values=len(someone.held))
        return render_template("norole.html", known=someone, company=section, signed_in=False), 403
    log.info("signed in", role=role)
    return begin(someone.name, role, someone.subject, SESSION_MS)


def _provider() -> Provider:
    provider: Provider = current_app.extensions["sightline"].provider
    return provider


def _stopped(stop: StoppedError) -> tuple[str, int]:
    log.warning("sign-in failed", cause=stop.cause, because=str(stop))
    now = time.strftime("%H:%M:%S", time.gmtime())
    page = render_template("stopped.html", cause=stop.cause, now=now, signed_in=False)
    return page, STATUS[stop.cause]


def _forget_old(keep: int = PENDING - 1) -> None:
    """Forget sign-ins that were begun and are over, and all but the newest."""
    begun = {name: held for name, held in session.items() if name.startswith(f"_state_{NAME}_")}
    newest = sorted(begun, key=lambda name: float(begun[name]["exp"]), reverse=True)
    for index, name in enumerate(newest):
        if index >= keep or begun[name]["exp"] < time.time():
            session.pop(name)


def _look_at(said: Mapping[str, Any], issuer: str) -> None:
    """What a provider says of itself: it is the one that is named, and its addresses are safe to use."""
    if str(said.get("issuer", "")).rstrip("/") != issuer:
        raise StoppedError("setup", f"at {issuer} the issuer {str(said.get('issuer'))[:100]} answers")
    for name in ADDRESSES:
        address = str(said.get(name, ""))
        if not address.startswith("https://") and not is_loopback(address):
            raise StoppedError("setup", f"the provider's {name} is missing or not https")


def _heed_limits(asking: Any) -> None:
    """Authlib would read the body of a 429 as a token."""

    def look(response: requests.Response) -> requests.Response:
        if response.status_code == 429:
            response.raise_for_status()
        return response

    asking.register_compliance_hook("access_token_response", look)


def _cause(error: str) -> Cause:
    if error in SAYS_NO:
        return "denied"
    if error in LATER:
        return "away"
    return "state" if error in ("invalid_grant", "mismatching_state") else "setup"


def _answered(error: requests.HTTPError) -> tuple[Cause, str]:
    status = error.response.status_code
    return "away" if status >= 500 or status == 429 else "setup", f"{status} from {_host(error)}"


def _host(error: requests.RequestException) -> str:
    return urlsplit(error.request.url or "").netloc if error.request is not None else "the provider"
