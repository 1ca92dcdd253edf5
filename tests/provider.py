"""An identity provider as a WSGI app: it keeps what it is asked, signs what it says, refuses the wrong."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import responses
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from webhooks.simulator.fakes.wire import Faults, Ledger, mount, wrap

ISSUER = "https://login.example.com"
CLIENT, SECRET = "sightline", "canary-client-secret"
BACK = "https://sightline.example.com/signin/oidc/callback"
Wire = tuple[str, int] | Any


class Grant(NamedTuple):
    """What a code stands for, until it is used."""

    nonce: str
    challenge: str
    back: str
    claims: dict[str, Any]


class FakeProvider:
    """One client is registered; a person is whoever `says` returns claims for."""

    def __init__(self, key: RSAKey, issuer: str = ISSUER) -> None:
        self.issuer = issuer
        self.key = key
        self.ledger, self.faults = Ledger(), Faults()
        self.metadata: dict[str, Any] = {}  # what differs from the usual
        self.info: dict[str, Any] = {}
        self.spoil: Callable[[dict[str, Any]], None] = lambda claims: None
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        self._grants: dict[str, Grant] = {}
        self._tokens: set[str] = set()
        self.app = Flask("provider")
        for path, view, verb in (
            ("/.well-known/openid-configuration", self._discovery, "GET"),
            ("/authorize", self._authorize, "GET"),
            ("/token", self._token, "POST"),
            ("/keys", self._keys, "GET"),
            ("/userinfo", self._userinfo, "GET"),
        ):
            self.app.add_url_rule(path, path, view, methods=[verb])
        wrap(self.app, self.ledger, self.faults, RLock(), issuer)
        self.claims: dict[str, Any] = {}

    @contextmanager
    def mounted(self) -> Iterator[responses.RequestsMock]:
        """Answers whatever is asked of the issuer in this process; nothing else is answered."""
        with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
            mount(mock, self.app, self.issuer)
            yield mock

    def consent(self, address: str, **claims: Any) -> str:
        """A person signs in at the address that they were sent to: the path on which they come back."""
        self.claims = {"sub": "u-1", "name": "Ann Smith", **claims}
        parts = urlsplit(address)
        answer = self.app.test_client().get(f"{parts.path}?{parts.query}", base_url=self.issuer)
        assert answer.status_code == 302, answer.text
        led = urlsplit(answer.headers["Location"])
        return f"{led.path}?{led.query}"

    def signed(self, claims: dict[str, Any], key: RSAKey | OctKey | None = None, **header: Any) -> str:
        """An id token; with another key or header it is a forged one."""
        return jwt.encode({"alg": "RS256", "kid": "one", **header}, claims, key or self.key)

    def turn_keys(self) -> None:
        """The provider signs with another key from now on."""
        self.key = new_key("two")
        self.sign = lambda claims: self.signed(claims, kid="two")

    def _discovery(self) -> Wire:
        at = {
            "authorization_endpoint": "authorize",
            "token_endpoint": "token",
            "jwks_uri": "keys",
            "userinfo_endpoint": "userinfo",
        }
        usual: dict[str, Any] = {name: f"{self.issuer}/{path}" for name, path in at.items()}
        usual |= {"issuer": self.issuer, "id_token_signing_alg_values_supported": ["RS256"]}
        return jsonify({**usual, **self.metadata})

    def _authorize(self) -> Wire:
        asked = request.args
        if asked.get("client_id") != CLIENT or asked.get("redirect_uri") != BACK:
            return "unknown client or redirect_uri", 400
        right = asked.get("response_type") == "code" and asked.get("code_challenge_method") == "S256"
        if not right or "openid" not in asked["scope"].split() or not asked.get("state"):
            return "not an authorization request with PKCE", 400
        code = secrets.token_urlsafe(16)
        self._grants[code] = Grant(asked["nonce"], asked["code_challenge"], BACK, dict(self.claims))
        query = urlencode({"code": code, "state": asked["state"]})
        return "", 302, {"Location": f"{BACK}?{query}"}

    def _token(self) -> Wire:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        posted = request.form.get("client_id") == CLIENT and request.form.get("client_secret") == SECRET
        ways = self.metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        by_header = request.headers.get("Authorization") == f"Basic {basic}" and "client_secret_basic" in ways
        if not by_header and not (posted and "client_secret_post" in ways):
            return jsonify(error="invalid_client", error_description=f"not {SECRET}"), 401
        grant = self._grants.pop(request.form.get("code", ""), None)  # a code is used once, rightly or not
        verifier = request.form.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if grant is None or grant.challenge != challenge or grant.back != request.form.get("redirect_uri"):
            return jsonify(error="invalid_grant"), 400
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": grant.nonce}
        claims |= grant.claims
        self.spoil(claims)
        access = secrets.token_urlsafe(16)
        self._tokens.add(access)
        told = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.sign(claims),
        }
        return jsonify(told)

    def _keys(self) -> Wire:
        return jsonify(KeySet([self.key]).as_dict(private=False))

    def _userinfo(self) -> Wire:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self._tokens:
            return "", 401
        return jsonify({"sub": self.claims["sub"], **self.info})


def new_key(kid: str = "one") -> RSAKey:
    """A key pair of an issuer, or of somebody who would like to be one."""
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


def state_of(address: str) -> str:
    """The state in an address."""
    return parse_qs(urlsplit(address).query)["state"][0]
