"""Who may look: one link, one session, and nothing that a stranger's page can do in our name."""

import re
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from linker.config import config_from
from linker.store import Store
from webhooks.app import create_app
from webhooks.signin import SESSION_MS, TOKEN_MS, Lockbox

OPEN = {"/healthz", "/readyz", "/metrics", "/signin", "/signout", "/webhooks/github", "/webhooks/jira"}
FORMS = [
    "//evil.example.com", "/\\evil.example.com", "https:evil.example.com", "https://evil.example.com",
    "%2f%2fevil.example.com", "/%09/evil.example.com", "///evil.example.com", "javascript:alert(1)",
    "\\\\evil.example.com", "/signin/../../evil.example.com", "http:///evil.example.com", "@evil.example.com",
]  # fmt: skip


@pytest.fixture
def app(store: Store, tmp_path: Path) -> Flask:
    config = config_from({"url": "https://sightline.example.com"}, {}, tmp_path)
    return create_app(config, store)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


SECURE = {"base_url": "https://sightline.example.com"}


def lockbox(app: Flask) -> Lockbox:
    return cast(Lockbox, app.extensions["sightline"].lockbox)


def form(client: FlaskClient, path: str = "/signin") -> str:
    """The token of a form, as a browser that shows the page has it."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path, **SECURE).text)
    assert found
    return found[1]


def enter(client: FlaskClient, token: str, **more: str) -> int:
    data = {"csrf_token": form(client), "token": token, **more}
    headers = {"Referer": "https://sightline.example.com/signin"}
    return client.post("/signin", data=data, headers=headers, **SECURE).status_code


def is_in(client: FlaskClient) -> bool:
    return client.get("/", **SECURE).status_code == 200


# --- the link


def test_a_link_opens_once(app: Flask, client: FlaskClient) -> None:
    token = lockbox(app).make()
    assert not is_in(client)
    assert client.get(f"/signin?token={token}", **SECURE).status_code == 200  # a preview uses nothing up
    assert enter(client, token) == 302
    assert is_in(client)
    other = app.test_client()
    assert enter(other, token) == 403
    assert not is_in(other)


@pytest.mark.parametrize("token", ["", "unknown", "x" * 10_000, "\x00", "é" * 50])
def test_a_token_that_does_not_open_says_what_to_do(client: FlaskClient, token: str) -> None:
    assert enter(client, token) == 403
    text = client.post(
        "/signin",
        data={"csrf_token": form(client), "token": token},
        headers={"Referer": "https://sightline.example.com/signin"},
        **SECURE,
    ).text
    assert "Start Sightline again" in text


def test_a_link_is_good_for_a_day_and_a_session_for_two_weeks(store: Store) -> None:
    now = [1_794_000_000_000]
    box = Lockbox(store, lambda: now[0])
    early, late, session = box.make(), box.make(), box.open()
    now[0] += TOKEN_MS - 1
    assert box.use(early)
    now[0] += 2
    assert not box.use(late)
    assert box.is_open(session)
    now[0] += SESSION_MS
    assert not box.is_open(session)


def test_a_session_is_no_token_and_a_token_no_session(store: Store) -> None:
    box = Lockbox(store)
    assert not box.use(box.open())
    assert not box.is_open(box.make())


def test_only_hashes_are_kept(store: Store) -> None:
    box = Lockbox(store)
    made = {box.make(), box.open()}
    with store.read() as connection:
        held = str(connection.exec_driver_sql("SELECT * FROM signins").all())
    assert not any(own in held for own in made)


# --- the session


def test_signing_out_ends_every_copy_of_the_cookie(app: Flask, client: FlaskClient) -> None:
    enter(client, lockbox(app).make())
    stolen = client.get_cookie("__Host-sightline", "sightline.example.com")
    assert stolen is not None
    headers = {"Referer": "https://sightline.example.com/"}
    client.post("/signout", data={"csrf_token": form(client)}, headers=headers, **SECURE)
    thief = app.test_client()
    thief.set_cookie("__Host-sightline", stolen.value, domain="sightline.example.com", secure=True)
    assert not is_in(thief)


def test_signing_in_again_ends_the_session_before(app: Flask, client: FlaskClient) -> None:
    enter(client, lockbox(app).make())
    before = client.get_cookie("__Host-sightline", "sightline.example.com")
    enter(client, lockbox(app).make())
    after = client.get_cookie("__Host-sightline", "sightline.example.com")
    assert before is not None
    assert after is not None
    assert before.value != after.value
    thief = app.test_client()
    thief.set_cookie("__Host-sightline", before.value, domain="sightline.example.com", secure=True)
    assert not is_in(thief)
    assert is_in(client)


def test_the_cookie_is_for_this_host_and_no_script(app: Flask, client: FlaskClient) -> None:
    data = {"csrf_token": form(client), "token": lockbox(app).make()}
    headers = {"Referer": "https://sightline.example.com/signin"}
    said = client.post("/signin", data=data, headers=headers, **SECURE).headers["Set-Cookie"]
    assert said.startswith("__Host-sightline=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(said.split("; "))
    assert "Domain" not in said


def test_without_a_session_every_page_leads_to_the_way_in(app: Flask, client: FlaskClient) -> None:
    closed = [
        rule for rule in app.url_map.iter_rules() if rule.rule not in OPEN and rule.endpoint != "static"
    ]
    rules = [rule for rule in closed if "GET" in (rule.methods or ())]
    assert len(rules) > 5
    for rule in rules:
        names = {
            name: "1" if "integer" in str(rule._converters.get(name)).lower() else "x"
            for name in rule.arguments
        }
        path = app.url_map.bind("here").build(rule.endpoint, names)
        answer = client.get(path, **SECURE)
        assert (answer.status_code, answer.headers.get("Location")) == (302, "/signin"), path


def test_a_made_up_cookie_opens_nothing(client: FlaskClient) -> None:
    client.set_cookie("__Host-sightline", "eyJzaWQiOiJ4In0.x.y", domain="sightline.example.com", secure=True)
    assert not is_in(client)


# --- what a stranger's page could try


@pytest.mark.parametrize("path", ["/signin", "/signout"])
def test_a_form_without_our_token_does_nothing(app: Flask, client: FlaskClient, path: str) -> None:
    token = lockbox(app).make()
    for given in ({}, {"csrf_token": "wrong"}):
        assert client.post(path, data={"token": token, **given}, **SECURE).status_code == 400
    assert enter(client, token) == 302  # it was not used up


def test_a_form_of_another_site_does_nothing(app: Flask, client: FlaskClient) -> None:
    data = {"csrf_token": form(client), "token": lockbox(app).make()}
    headers = {"Referer": "https://evil.example.com/"}
    assert client.post("/signin", data=data, headers=headers, **SECURE).status_code == 400


@pytest.mark.parametrize("where", FORMS)
def test_nobody_is_led_elsewhere(app: Flask, client: FlaskClient, where: str) -> None:
    for name in ("next", "url", "redirect", "return_to"):
        assert client.get("/", query_string={name: where}, **SECURE).headers["Location"] == "/signin"
    headers = {"Referer": "https://sightline.example.com/signin", "X-Forwarded-Host": "evil.example.com"}
    data = {"csrf_token": form(client), "token": lockbox(app).make(), "next": where}
    answer = client.post(f"/signin?next={where}", data=data, headers=headers, **SECURE)
    led = urlsplit(answer.headers["Location"])
    assert (led.scheme, led.netloc, led.path) == ("", "", "/")  # the page that was asked for, as it was


@pytest.mark.parametrize("path", ["/", "/signin", "/healthz", "/readyz", "/nothing", "/webhooks/github"])
def test_every_answer_carries_the_headers(client: FlaskClient, path: str) -> None:
    headers = client.get(path, **SECURE).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Strict-Transport-Security"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
