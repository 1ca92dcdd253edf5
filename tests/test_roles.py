"""Who may open what: every address and method of the app, asked as everybody; and nothing sent is lost."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from flask import Flask
from flask.testing import FlaskClient

from linker.config import config_from
from linker.model import Role
from linker.store import Store, open_store
from reports.person import ROLES as RANKS
from reports.person import Person
from webhooks import roles
from webhooks.app import create_app

URL = "https://sightline.example.com"
SECURE = {"base_url": URL}
PLANTED = "/planted/<name>"  # a form of the future, on a page that viewers may read
SIGNIN = {
    "issuer": "https://login.example.com",
    "client_id": "sightline",
    "client_secret": "OIDC_SECRET",
    "roles": {"viewer": ["everyone"], "planner": ["planners", "leads"]},
    "contact": "the platform team",
}


class Way(NamedTuple):
    """One address, asked by one method."""

    path: str
    method: str
    endpoint: str


def build(store: Store, **more: Any) -> Flask:
    data = {"url": URL, "signin": SIGNIN} | more
    environ = {"OIDC_SECRET": "secret", "SIGHTLINE_SESSION_SECRET": "secret"}
    config = config_from({key: value for key, value in data.items() if value}, environ, Path("/nowhere"))
    app = create_app(config, store)
    app.add_url_rule(PLANTED, endpoint="pages.changes", methods=["POST", "PUT", "PATCH", "DELETE"])
    app.view_functions["pages.changes"] = lambda **_: "taken"
    return app


def ways() -> Iterator[Way]:
    """The whole route map, as an app has it; its store is never opened."""
    app = build(open_store("sqlite:///:memory:"))
    adapter = app.url_map.bind("here")
    for rule in app.url_map.iter_rules():
        names = {
            name: "1" if "integer" in str(rule._converters.get(name)).lower() else "x"
            for name in rule.arguments
        }
        for method in sorted((rule.methods or set()) - {"OPTIONS"}):
            path = adapter.build(rule.endpoint, names, method=method)
            yield Way(path, method, rule.endpoint)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Each way in is a test of its own, so that a new route is tested before anybody thinks of it."""
    if "way" in metafunc.fixturenames:
        metafunc.parametrize("way", list(ways()), ids=lambda way: f"{way.method} {way.path}")


@pytest.fixture(scope="module")
def store(empty_sqlite: Any) -> Iterator[Store]:
    opened = open_store(empty_sqlite(0))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def app(store: Store) -> Flask:
    made = build(store)
    made.config["WTF_CSRF_ENABLED"] = False
    return made


def as_role(app: Flask, role: Role | str | None, subject: str = "u-1") -> FlaskClient:
    client = app.test_client()
    if role is not None:
        become(client, app, role, subject)
    return client


def become(client: FlaskClient, app: Flask, role: Role | str, subject: str = "u-1") -> None:
    with client.session_transaction(**SECURE) as session:
        own = app.extensions["sightline"].lockbox.open()
        session.update(sid=own, role=role, name="Ann Smith", subject=subject)


# --- the table


@pytest.mark.parametrize("role", [None, *RANKS])
def test_every_address_opens_to_those_it_should(app: Flask, way: Way, role: Role | None) -> None:
    answer = as_role(app, role).open(way.path, method=way.method, data={"why": "x"}, base_url=URL)
    least = roles.ROLES[way.endpoint]
    writes = way.method in ("POST", "PUT", "PATCH", "DELETE")
    if least == "open":
        assert answer.status_code not in (401,)
        assert "This needs the role" not in answer.text
    elif role is None:
        assert answer.status_code == (401 if writes else 302)
        assert writes or answer.headers["Location"] == "/signin"
    elif RANKS.index(role) < max(RANKS.index(least), 1 if writes else 0):
        assert answer.status_code == 403
        assert way.method == "HEAD" or "This needs the role" in answer.text
    else:
        assert answer.status_code not in (401, 403)


@pytest.mark.parametrize("role", [None, *RANKS])
def test_every_form_needs_our_token(store: Store, way: Way, role: Role | None) -> None:
    if way.method not in roles.WRITES:
        return
    answer = as_role(build(store), role).open(way.path, method=way.method, data={"why": "x"}, base_url=URL)
    assert answer.status_code == 400


def test_every_row_of_the_table_has_its_address() -> None:
    assert {way.endpoint for way in ways()} == set(roles.ROLES)


def test_an_address_that_nobody_decided_on_keeps_the_app_from_starting(store: Store) -> None:
    app = build(store)
    roles.cover(app)
    app.add_url_rule("/new", "pages.new", lambda: "")
    with pytest.raises(roles.NoRoleError, match=r"No role is set for pages\.new\. Add each to ROLES"):
        roles.cover(app)


@pytest.mark.parametrize(
    ("least", "method", "needs"),
    [
        ("open", "POST", None),
        ("viewer", "GET", "viewer"),
        ("viewer", "HEAD", "viewer"),
        ("viewer", "POST", "planner"),
        ("planner", "GET", "planner"),
        ("director", "DELETE", "director"),
        ("admin", "POST", "admin"),
    ],
)
def test_writing_needs_a_planner_at_least(least: Any, method: str, needs: str | None) -> None:
    assert roles.needed("page", method, {"page": least}) == needs


def test_an_address_that_is_not_there_needs_nothing() -> None:
    assert roles.needed(None, "POST") is None


@pytest.mark.parametrize("role", ["", "root", "Admin", 7])
def test_a_role_that_does_not_exist_is_none(app: Flask, role: Any) -> None:
    assert as_role(app, role).get("/changes", **SECURE).status_code == 403


def test_each_role_may_what_the_ones_before_it_may() -> None:
    table = [[Person("", role).may(least) for least in RANKS] for role in (None, *RANKS)]
    assert table == [[index < count for index in range(4)] for count in range(5)]


def test_a_program_is_told_in_json(app: Flask) -> None:
    """There is no API yet; what lies below /api/ is answered for programs all the same."""
    planted = build(app.extensions["sightline"].store)
    planted.config["WTF_CSRF_ENABLED"] = False
    planted.add_url_rule("/api/v1/planted", endpoint="pages.changes", methods=["POST"])
    for role, status in ((None, 401), ("viewer", 403)):
        answer = as_role(planted, role).post("/api/v1/planted", data={"why": "x"}, **SECURE)
        assert (answer.status_code, (answer.json or {})["code"]) == (status, status)


# --- words


def test_a_viewer_reads_which_role_is_missing_and_whom_to_ask(app: Flask) -> None:
    said = as_role(app, "viewer").post("/planted/7", data={"why": "later"}, **SECURE).text
    for words in (
        "This needs the role planner",
        "signed in as Ann Smith, with the role <strong>viewer</strong>",
        "<code>planners</code> or <code>leads</code>",
        "Ask the platform team",
        "sign in again",
    ):
        assert words in said, words


def test_without_a_provider_the_page_names_none(store: Store) -> None:
    app = build(store, signin=None)
    app.config["WTF_CSRF_ENABLED"] = False
    said = as_role(app, "viewer").post("/planted/7", **SECURE).text
    assert "Ask whoever runs Sightline" in said
    assert "/signin/oidc" not in said


# --- nothing sent is lost

SENT = {"why": "not ready: <b>two</b> tickets wait", "item": ["PAY-12", "PAY-13"], "csrf_token": "old"}


@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("over", 401)])
def test_what_was_sent_is_shown_kept_and_sent_again(app: Flask, role: str, status: int) -> None:
    client = as_role(app, "planner" if role == "over" else role)
    if role == "over":
        end(client, app)
    refused = client.post("/planted/7?week=2", data=SENT, **SECURE)
    assert refused.status_code == status
    assert "not ready: &lt;b&gt;two&lt;/b&gt; tickets wait" in refused.text
    assert "It is kept in this browser" in refused.text
    become(client, app, "planner")
    offered = client.get("/signin/again", **SECURE).text
    assert 'action="/planted/7?week=2"' in offered
    fields = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', offered)
    texts = [(name, text) for name, text in fields if name != "csrf_token"]
    why = ("why", "not ready: &lt;b&gt;two&lt;/b&gt; tickets wait")
    assert texts == [why, ("item", "PAY-12"), ("item", "PAY-13")]
    assert client.post("/planted/7?week=2", data=SENT, **SECURE).text == "taken"
    assert client.get("/signin/again", **SECURE).headers["Location"] == "/"


def end(client: FlaskClient, app: Flask) -> None:
    """The session runs out in the store; its cookie is still there."""
    with client.session_transaction(**SECURE) as session:
        app.extensions["sightline"].lockbox.close(session["sid"])


def test_a_sign_in_leads_to_what_was_sent(app: Flask) -> None:
    client = as_role(app, "planner", subject="")
    end(client, app)
    client.post("/planted/7", data={"why": "x"}, **SECURE)
    token = app.extensions["sightline"].lockbox.make()
    led = client.post("/signin", data={"token": token}, **SECURE)
    assert led.headers["Location"] == "/signin/again"
    dropped = client.post("/signin/again", **SECURE)
    assert dropped.headers["Location"] == "/"
    assert client.get("/signin/again", **SECURE).headers["Location"] == "/"


def test_another_person_in_the_same_browser_does_not_see_it(app: Flask) -> None:
    client = as_role(app, "viewer", subject="u-1")
    client.post("/planted/7", data={"why": "private"}, **SECURE)
    become(client, app, "planner", subject="u-2")
    assert client.get("/signin/again", **SECURE).headers["Location"] == "/"


def test_signing_out_takes_it_along(app: Flask) -> None:
    client = as_role(app, "viewer")
    client.post("/planted/7", data={"why": "private"}, **SECURE)
    client.post("/signout", **SECURE)
    become(client, app, "planner")
    assert client.get("/signin/again", **SECURE).headers["Location"] == "/"


def test_what_is_too_long_for_a_cookie_is_shown_to_copy(app: Flask) -> None:
    client = as_role(app, "viewer")
    refused = client.post("/planted/7", data={"why": "long " * 1000}, **SECURE)
    assert "Copy it now" in refused.text
    assert refused.text.count("long ") >= 1000
    assert len(refused.headers.get("Set-Cookie", "")) < 4000


def test_the_longest_that_is_kept_fits_a_cookie(app: Flask) -> None:
    client = as_role(app, "planner")
    client.get("/items?q=" + "".join(chr(97 + i % 26) for i in range(280)), **SECURE)
    end(client, app)
    client.get("/items?q=" + "".join(chr(97 + i * 7 % 26) for i in range(280)), **SECURE)
    become(client, app, "viewer", subject="4711" * 9)
    text = "".join(chr(33 + (i * i * 31 + i) % 90) for i in range(900)).replace("\\", "/").replace('"', "'")
    refused = client.post("/planted/" + "x" * 280, data={"why": text}, **SECURE)
    assert "It is kept in this browser" in refused.text
    assert len(refused.headers["Set-Cookie"]) < 4096


def test_a_form_that_says_nothing_is_not_kept(app: Flask) -> None:
    client = as_role(app, "viewer")
    assert "What you sent" not in client.post("/planted/7", data={"csrf_token": "x"}, **SECURE).text


def test_an_address_that_cannot_be_repeated_is_not_kept(app: Flask) -> None:
    client = as_role(app, "viewer")
    assert "Copy it now" in client.post("/planted/" + "x" * 400, data={"why": "x"}, **SECURE).text


def test_a_form_whose_token_is_too_old_shows_what_was_typed(store: Store) -> None:
    """After a sign-in in another tab, for example; it is only shown, since another site may have sent it."""
    client = as_role(build(store), "planner")
    refused = client.post("/planted/7", data={"why": "typed for an hour", "csrf_token": "old"}, **SECURE)
    assert refused.status_code == 400
    assert "typed for an hour" in refused.text
    assert "Copy it now" in refused.text
    with client.session_transaction(**SECURE) as session:
        assert "unsent" not in session


def test_a_one_time_token_is_never_shown_again(store: Store) -> None:
    refused = build(store).test_client().post("/signin", data={"token": "canary"}, **SECURE)
    assert refused.status_code == 400
    assert "canary" not in refused.text


# --- the page that was asked for


@pytest.mark.parametrize(
    "path", ["/items?q=serves:none&page=2", "/items/github:acme/pay%237", "/krs/2026Q4/O1.KR2", "/"]
)
def test_after_the_sign_in_comes_the_page_that_was_asked_for(app: Flask, path: str) -> None:
    client = app.test_client()
    assert client.get(path, **SECURE).headers["Location"] == "/signin"
    token = app.extensions["sightline"].lockbox.make()
    assert client.post("/signin", data={"token": token}, **SECURE).headers["Location"] == path


def test_what_a_page_fetches_by_itself_is_not_what_was_asked_for(app: Flask) -> None:
    client = app.test_client()
    client.get("/items", **SECURE)
    client.get("/inbox", headers={"Sec-Fetch-Dest": "empty"}, **SECURE)
    token = app.extensions["sightline"].lockbox.make()
    assert client.post("/signin", data={"token": token}, **SECURE).headers["Location"] == "/items"
