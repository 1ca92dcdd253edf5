"""Sign-in with a company account: who gets in with which role, and each way in which nobody does."""

import time
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import provider as p
import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from structlog.testing import capture_logs

from linker.config import config_from
from linker.store import Store
from webhooks.app import create_app
from webhooks.oidc import AT_ONCE, RENEW, SESSION_MS

SECURE = {"base_url": "https://sightline.example.com"}
NOW = 1_794_000_000_000
ROLES = {"viewer": ["everyone"], "planner": ["planners"], "director": ["directors"], "admin": ["ops"]}
SECTION: dict[str, Any] = {
    "issuer": p.ISSUER,
    "client_id": p.CLIENT,
    "client_secret": "OIDC_SECRET",
    "label": "your Acme account",
    "roles": ROLES,
    "contact": "the platform team",
}


@pytest.fixture(scope="module")
def key() -> RSAKey:
    """Making a key takes a while, so one serves all tests."""
    return p.new_key()


@pytest.fixture
def fake(key: RSAKey) -> Iterator[p.FakeProvider]:
    made = p.FakeProvider(key)
    with made.mounted():
        yield made


@pytest.fixture
def now() -> list[int]:
    return [NOW]


@pytest.fixture
def app(store: Store, tmp_path: Path, now: list[int]) -> Flask:
    return build(store, tmp_path, now)


def build(store: Store, folder: Path, now: list[int], secret: str = p.SECRET, **more: Any) -> Flask:
    section = {key: value for key, value in (SECTION | more).items() if value is not None}
    data = {"url": "https://sightline.example.com", "signin": section}
    return create_app(config_from(data, {"OIDC_SECRET": secret}, folder), store, lambda: now[0])


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def begin(client: FlaskClient) -> str:
    """Where a click on the button leads."""
    answer = client.get("/signin/oidc", **SECURE)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def sign_in(client: FlaskClient, fake: p.FakeProvider, **claims: Any) -> Any:
    return client.get(fake.consent(begin(client), **claims), **SECURE)


def is_in(client: FlaskClient) -> bool:
    return client.get("/", **SECURE).status_code == 200


def held(client: FlaskClient) -> dict[str, Any]:
    with client.session_transaction(**SECURE) as session:
        return dict(session)


# --- who gets in


@pytest.mark.parametrize("role", ROLES)
def test_a_role_comes_from_the_claim(client: FlaskClient, fake: p.FakeProvider, role: str) -> None:
    answer = sign_in(client, fake, groups=[*ROLES[role], "everyone"])
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert f"Ann Smith, {role}" in client.get("/", **SECURE).text
    assert (held(client)["role"], held(client)["subject"]) == (role, "u-1")


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("groups", {"groups": "planners"}),
        ("realm_access.roles", {"realm_access": {"roles": ["planners"]}}),
        ("https://acme.example.com/roles", {"https://acme.example.com/roles": ["planners"]}),
        ("groups", {"groups": [1, None, {"a": 1}, "planners"]}),
    ],
)
def test_a_claim_is_found_where_providers_put_it(
    store: Store, tmp_path: Path, now: list[int], fake: p.FakeProvider, claim: str, claims: dict[str, Any]
) -> None:
    client = build(store, tmp_path, now, claim=claim).test_client()
    sign_in(client, fake, **claims)
    assert held(client)["role"] == "planner"


def test_what_is_not_in_the_id_token_is_asked_of_the_provider(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    fake.info = {"sub": "u-1", "groups": ["planners"]}
    sign_in(client, fake)
    assert held(client)["role"] == "planner"


def test_userinfo_about_somebody_else_is_not_believed(client: FlaskClient, fake: p.FakeProvider) -> None:
    fake.info = {"sub": "u-2", "groups": ["ops"]}
    assert "The answer cannot be trusted" in sign_in(client, fake).text
    assert not is_in(client)


def test_a_default_role_lets_everybody_in(
    store: Store, tmp_path: Path, now: list[int], fake: p.FakeProvider
) -> None:
    client = build(store, tmp_path, now, default_role="viewer", roles={}).test_client()
    sign_in(client, fake)
    assert held(client)["role"] == "viewer"


@pytest.mark.parametrize(
    ("claims", "name"),
    [
        ({"name": "Ann Smith"}, "Ann Smith"),
        ({"name": "", "given_name": "Ann", "family_name": "Smith"}, "Ann Smith"),
        ({"name": None, "preferred_username": "ann@example.com"}, "ann"),
        ({"name": "ann@example.com"}, "ann"),
        ({"name": "Ann\x00\n\u202eSmith"}, "AnnSmith"),
        ({"name": "@"}, "somebody"),
        ({"name": "x" * 500}, "x" * 80),
    ],
)
def test_a_name_is_shown_and_no_address(
    client: FlaskClient, fake: p.FakeProvider, claims: dict[str, Any], name: str
) -> None:
    sign_in(client, fake, groups=["everyone"], **claims)
    assert held(client)["name"] == name


def test_a_name_stays_text(client: FlaskClient, fake: p.FakeProvider) -> None:
    sign_in(client, fake, groups=["everyone"], name="<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/", **SECURE).text


# --- without a role


def test_without_a_role_a_page_says_which_and_whom_to_ask(client: FlaskClient, fake: p.FakeProvider) -> None:
    answer = sign_in(client, fake, groups=["strangers"])
    assert answer.status_code == 403
    for words in ("You have no role here yet", "Ann Smith", "planners", "strangers", "Ask the platform team"):
        assert words in answer.text, words
    assert not is_in(client)


def test_without_any_group_the_page_says_so(client: FlaskClient, fake: p.FakeProvider) -> None:
    assert "holds no value there at all" in sign_in(client, fake).text


def test_after_getting_a_role_they_are_where_they_wanted_to_be(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    assert client.get("/items?q=serves:none&page=2", **SECURE).headers["Location"] == "/signin"
    sign_in(client, fake, groups=["strangers"])
    answer = sign_in(client, fake, groups=["planners"])
    assert answer.headers["Location"] == "/items?q=serves:none&page=2"


def test_a_session_of_before_ends_with_a_sign_in_that_gives_no_role(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    sign_in(client, fake, groups=["ops"])
    sign_in(client, fake, groups=["strangers"])
    assert not is_in(client)


# --- the session


def test_a_sign_in_makes_a_new_session_and_ends_the_old_one(
    app: Flask, client: FlaskClient, fake: p.FakeProvider
) -> None:
    sign_in(client, fake, groups=["everyone"])
    before, cookie = held(client)["sid"], client.get_cookie("__Host-sightline", "sightline.example.com")
    sign_in(client, fake, groups=["planners"])
    assert held(client)["sid"] != before
    thief = app.test_client()
    assert cookie is not None
    thief.set_cookie("__Host-sightline", cookie.value, domain="sightline.example.com", secure=True)
    assert not is_in(thief)
    assert is_in(client)


def test_a_cookie_planted_before_the_sign_in_is_worth_nothing_after(
    app: Flask, client: FlaskClient, fake: p.FakeProvider
) -> None:
    back = fake.consent(begin(client), groups=["ops"])
    planted = client.get_cookie("__Host-sightline", "sightline.example.com")
    client.get(back, **SECURE)
    thief = app.test_client()
    assert planted is not None
    thief.set_cookie("__Host-sightline", planted.value, domain="sightline.example.com", secure=True)
    assert not is_in(thief)
    assert "too old" in thief.get(back, **SECURE).text  # the code was used
    assert not is_in(thief)


def test_a_role_counts_for_twelve_hours(client: FlaskClient, fake: p.FakeProvider, now: list[int]) -> None:
    sign_in(client, fake, groups=["ops"])
    now[0] += SESSION_MS - 1
    assert is_in(client)
    now[0] += 1
    assert not is_in(client)


def test_cookies_are_for_this_host_and_no_script(client: FlaskClient, fake: p.FakeProvider) -> None:
    answers = [client.get("/signin/oidc", **SECURE)]
    answers.append(client.get(fake.consent(answers[0].headers["Location"], groups=["ops"]), **SECURE))
    for answer in answers:
        cookie = SimpleCookie(answer.headers["Set-Cookie"])["__Host-sightline"]
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")
        assert (cookie["path"], cookie["domain"]) == ("/", "")
        assert len(answer.headers["Set-Cookie"]) < 4000


def test_many_begun_sign_ins_leave_a_small_cookie(client: FlaskClient, fake: p.FakeProvider) -> None:
    for _ in range(10):
        last = begin(client)
    assert len(client.get("/signin/oidc", **SECURE).headers["Set-Cookie"]) < 1500
    assert client.get(fake.consent(last, groups=["ops"]), **SECURE).status_code == 302


def test_the_one_time_link_stays(app: Flask, client: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    token = app.extensions["sightline"].lockbox.make()
    page = client.get("/signin", **SECURE).text
    assert page.index("Sign in with your Acme account") < page.index("one-time link")
    assert "Acme" not in client.get(f"/signin?token={token}", **SECURE).text  # who follows the link wants it
    assert client.post("/signin", data={"token": token}, **SECURE).headers["Location"] == "/"
    assert is_in(client)


def test_without_the_section_there_is_no_such_way(store: Store, tmp_path: Path) -> None:
    client = create_app(config_from({"url": SECURE["base_url"]}, {}, tmp_path), store).test_client()
    assert client.get("/signin/oidc", **SECURE).status_code == 404
    assert "Sign in with" not in client.get("/signin", **SECURE).text


# --- who does not get in


def spoiled(**wrong: Any) -> Any:
    """What turns good claims into wrong ones; None takes a claim away."""

    def spoil(claims: dict[str, Any]) -> None:
        for name, value in wrong.items():
            claims[name] = value
            if value is None:
                del claims[name]

    return spoil


SOON, LONG_AGO = int(time.time()) + 9_000, int(time.time()) - 9_000
WRONG = [
    (spoiled(nonce="other"), "untrusted"),
    (spoiled(nonce=None), "untrusted"),
    (spoiled(iss="https://evil.example.com"), "untrusted"),
    (spoiled(iss=None), "untrusted"),
    (spoiled(aud="another-client"), "untrusted"),
    (spoiled(aud="another-client", azp=p.CLIENT), "untrusted"),
    (spoiled(aud=["another-client", p.CLIENT]), "untrusted"),  # for several, and no azp says for whom
    (spoiled(aud=None), "untrusted"),
    (spoiled(exp=LONG_AGO), "clock"),
    (spoiled(exp=None), "untrusted"),
    (spoiled(iat=SOON, exp=SOON + 300), "clock"),
    (spoiled(nbf=SOON), "clock"),
    (spoiled(sub=None), "untrusted"),
    (spoiled(at_hash="wrong"), "untrusted"),
]


@pytest.mark.parametrize(("spoil", "cause"), WRONG)
def test_a_wrong_claim_lets_nobody_in(
    client: FlaskClient, fake: p.FakeProvider, spoil: Any, cause: str
) -> None:
    fake.spoil = spoil
    stopped(client, sign_in(client, fake, groups=["ops"]), cause)


def test_a_little_difference_of_clocks_is_taken(client: FlaskClient, fake: p.FakeProvider) -> None:
    at = int(time.time())
    fake.spoil = spoiled(iat=at + 60, nbf=at + 60, exp=at - 60)
    sign_in(client, fake, groups=["ops"])
    assert is_in(client)


@pytest.mark.parametrize("forged", ["stranger", "none", "shared", "cut", "noise"])
def test_a_wrong_signature_lets_nobody_in(client: FlaskClient, fake: p.FakeProvider, forged: str) -> None:
    public = fake.key.as_pem(private=False)
    fake.metadata = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
    fake.sign = {
        "stranger": lambda claims: fake.signed(claims, p.new_key()),
        "none": lambda claims: unsigned(fake.signed(claims)),
        "shared": lambda claims: hs256(claims, public),
        "cut": lambda claims: fake.signed(claims)[:-9],
        "noise": lambda claims: "no.token.at all",
    }[forged]
    stopped(client, sign_in(client, fake, groups=["ops"]), "untrusted")


def unsigned(token: str) -> str:
    return f"eyJhbGciOiJub25lIn0.{token.split('.')[1]}."


def hs256(claims: dict[str, Any], secret: bytes) -> str:
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(secret.hex()), ["HS256"])


def test_a_provider_that_signs_by_shared_secrets_only_is_not_taken(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    fake.metadata = {"id_token_signing_alg_values_supported": ["HS256"]}
    stopped(client, client.get("/signin/oidc", **SECURE), "setup")


def test_keys_that_turned_are_read_again(client: FlaskClient, fake: p.FakeProvider) -> None:
    sign_in(client, fake, groups=["ops"])
    fake.turn_keys()
    sign_in(client, fake, groups=["planners"])
    assert held(client)["role"] == "planner"


def stopped(client: FlaskClient, answer: Any, cause: str) -> None:
    """A page of ours that names its cause, and no session."""
    assert f"Code sign-in {cause}" in answer.text
    assert answer.status_code >= 400
    assert "Traceback" not in answer.text
    assert not is_in(client)


@pytest.mark.parametrize(
    ("query", "cause"),
    [
        ("error=access_denied&error_description=canary", "denied"),
        ("error=login_required", "denied"),
        ("error=temporarily_unavailable", "away"),
        ("error=server_error", "away"),
        ("error=invalid_scope", "setup"),
        ("error=%3Cscript%3E", "setup"),
    ],
)
def test_an_error_of_the_provider_is_said_in_our_words(
    client: FlaskClient, fake: p.FakeProvider, query: str, cause: str
) -> None:
    state = p.state_of(begin(client))
    answer = client.get(f"/signin/oidc/callback?{query}&state={state}", **SECURE)
    stopped(client, answer, cause)
    assert "canary" not in answer.text
    assert "<script>" not in answer.text.replace('<script type="module"', "")


@pytest.mark.parametrize(
    "query", ["", "?state=x", "?code=x", "?code=x&state=x", "?error=access_denied&state=x"]
)
def test_an_answer_to_nothing_is_too_old(client: FlaskClient, fake: p.FakeProvider, query: str) -> None:
    stopped(client, client.get(f"/signin/oidc/callback{query}", **SECURE), "state")
    begin(client)
    stopped(client, client.get(f"/signin/oidc/callback{query}", **SECURE), "state")
    assert not fake.ledger.writes()  # nothing was asked of the provider


def test_a_link_of_another_browser_does_not_sign_in(
    app: Flask, client: FlaskClient, fake: p.FakeProvider
) -> None:
    """Else somebody could sign another person in as themselves, and read what that one writes."""
    back = fake.consent(begin(client), groups=["ops"])
    other = app.test_client()
    stopped(other, other.get(back, **SECURE), "state")


def test_an_answer_counts_once(client: FlaskClient, fake: p.FakeProvider) -> None:
    back = fake.consent(begin(client), groups=["ops"])
    assert client.get(back, **SECURE).status_code == 302
    assert "Code sign-in state" in client.get(back, **SECURE).text


def test_a_code_of_another_sign_in_fails_at_pkce(client: FlaskClient, fake: p.FakeProvider) -> None:
    stolen = fake.consent(begin(client), groups=["ops"]).partition("code=")[2].partition("&")[0]
    state = p.state_of(begin(client))
    answer = client.get(f"/signin/oidc/callback?code={stolen}&state={state}", **SECURE)
    stopped(client, answer, "state")


# --- the provider is away, or not what it should be


@pytest.mark.parametrize("path", ["/.well-known/*", "/token", "/keys"])
@pytest.mark.parametrize("fault", ["reset", 500, 503, 429])
def test_a_provider_that_is_away_is_said_and_comes_back(
    client: FlaskClient, fake: p.FakeProvider, path: str, fault: Any
) -> None:
    if fault == "reset":
        fake.faults.reset(path)
    else:
        fake.faults.fail(path, fault)
    begun = client.get("/signin/oidc", **SECURE)
    if begun.status_code == 302:
        begun = client.get(fake.consent(begun.headers["Location"], groups=["ops"]), **SECURE)
    stopped(client, begun, "away")
    fake.faults.clear()
    sign_in(client, fake, groups=["ops"])
    assert is_in(client)


def test_userinfo_that_is_away_lets_nobody_in(client: FlaskClient, fake: p.FakeProvider) -> None:
    fake.faults.fail("/userinfo", 503)
    stopped(client, sign_in(client, fake), "away")


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://other.example.com"},
        {"issuer": None},
        {"token_endpoint": "http://login.example.com/token"},
        {"jwks_uri": "http://login.example.com/keys"},
        {"authorization_endpoint": None},
        {"id_token_signing_alg_values_supported": None},
    ],
)
def test_a_provider_that_is_another_one_or_not_safe_is_not_used(
    client: FlaskClient, fake: p.FakeProvider, metadata: dict[str, Any]
) -> None:
    fake.metadata = metadata
    stopped(client, client.get("/signin/oidc", **SECURE), "setup")


def test_an_issuer_with_a_slash_at_its_end_is_the_same(client: FlaskClient, fake: p.FakeProvider) -> None:
    fake.metadata = {"issuer": p.ISSUER + "/"}
    fake.spoil = spoiled(iss=p.ISSUER + "/")
    sign_in(client, fake, groups=["ops"])
    assert is_in(client)


def test_a_missing_discovery_document_is_a_mistake_of_the_setup(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    fake.faults.fail("/.well-known/*", 404)
    stopped(client, client.get("/signin/oidc", **SECURE), "setup")


def test_a_wrong_client_secret_is_a_mistake_of_the_setup(
    store: Store, tmp_path: Path, now: list[int], fake: p.FakeProvider
) -> None:
    client = build(store, tmp_path, now, secret="canary-wrong").test_client()
    stopped(client, sign_in(client, fake, groups=["ops"]), "setup")


def test_a_provider_that_takes_secrets_in_the_body_only_gets_them_there(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    fake.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    sign_in(client, fake, groups=["ops"])
    assert is_in(client)


def test_what_a_provider_says_of_itself_is_asked_once_an_hour(
    client: FlaskClient, fake: p.FakeProvider
) -> None:
    for _ in range(3):
        begin(client)
    asked = [call for call in fake.ledger.calls if "well-known" in call.path]
    assert len(asked) == 1
    assert RENEW == 3600


def test_a_provider_that_hangs_holds_few_threads(
    app: Flask, client: FlaskClient, fake: p.FakeProvider
) -> None:
    calls = app.extensions["sightline"].provider._calls
    for _ in range(AT_ONCE):
        assert calls.acquire(blocking=False)
    stopped(client, client.get("/signin/oidc", **SECURE), "away")
    calls.release(AT_ONCE)
    assert begin(client)


# --- what is said elsewhere


def test_logs_hold_causes_and_no_secret(
    store: Store, tmp_path: Path, now: list[int], fake: p.FakeProvider
) -> None:
    client = build(store, tmp_path, now).test_client()
    with capture_logs() as said:
        back = fake.consent(begin(client), groups=["ops"])
        fake.spoil = spoiled(nonce="other")
        client.get(back, **SECURE)
        fake.spoil = spoiled()
        sign_in(client, fake, groups=["ops"])
        sign_in(client, fake, groups=["strangers"])
        wrong = build(store, tmp_path, now, secret="canary-wrong").test_client()
        sign_in(wrong, fake, groups=["ops"])
    assert [one["event"] for one in said] == [
        "sign-in failed", "signed in", "sign-in without a role", "sign-in failed",
    ]  # fmt: skip
    assert [one.get("cause") for one in said] == ["untrusted", None, None, "setup"]
    code = back.partition("code=")[2].partition("&")[0]
    assert not any(secret in str(said) for secret in ("canary-wrong", code, "Ann", "u-1", "eyJ"))


def test_nobody_is_led_elsewhere(client: FlaskClient, fake: p.FakeProvider) -> None:
    evil = "//evil.example.com"
    for name in ("next", "url", "redirect", "return_to", "redirect_uri"):
        led = client.get(
            "/signin/oidc", query_string={name: evil}, headers={"X-Forwarded-Host": "evil"}, **SECURE
        )
        assert led.headers["Location"].startswith(f"{p.ISSUER}/authorize?")
        assert "evil" not in led.headers["Location"]
        back = fake.consent(led.headers["Location"], groups=["ops"]) + f"&{name}={evil}"
        assert client.get(back, **SECURE).headers["Location"] == "/"


@pytest.mark.parametrize(
    "path", ["//evil.example.com", "/\\evil.example.com", "/%5cevil.example.com", "/%09/evil"]
)
def test_an_address_that_looks_like_another_host_is_not_kept(
    client: FlaskClient, fake: p.FakeProvider, path: str
) -> None:
    client.get(path, **SECURE)
    led = sign_in(client, fake, groups=["ops"]).headers["Location"]
    assert led == "/"


def test_the_request_asks_for_what_it_should(client: FlaskClient, fake: p.FakeProvider) -> None:
    led = begin(client)
    for part in (
        "response_type=code",
        "code_challenge_method=S256",
        "scope=openid+profile",
        "nonce=",
        "state=",
    ):
        assert part in led, part
    assert p.SECRET not in led
