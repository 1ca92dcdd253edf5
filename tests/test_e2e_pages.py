"""Pages in a real browser: nothing runs that is not ours, all can read them, with and without JavaScript."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import shown
from werkzeug.serving import make_server

from linker.store import open_store

pytestmark = pytest.mark.e2e
PAGES = (
    "/",
    "/items",
    "/items/github:acme/pay%237",
    "/items/github:acme/pay%239",
    "/items/jira:PAY-12",
    "/items/jira:PAY-13",
    "/sprints",
    "/krs/O1.KR1",
    "/krs/O1.KR2",
    "/optouts",
    "/inbox?state=dead",
    "/changes",
    "/nothing",
)


@pytest.fixture(scope="module")
def address(empty_sqlite: Callable[[int], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The small company, served on loopback: its address, and a token to sign in with."""
    store = open_store(empty_sqlite(0))
    app = shown.app_over(store, tmp_path_factory.mktemp("e2e"), shown.story())
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port} {shown.token(app)}"
    server.shutdown()
    thread.join()
    store.close()


@pytest.fixture(scope="module")
def session(browser: Any, address: str) -> tuple[str, Any]:
    """The base address, and what a browser keeps after signing in by the one-time link."""
    base, token = address.split()
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/signin?token={token}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base}/")
    kept = context.storage_state()
    context.close()
    return base, kept


@contextmanager
def reading(browser: Any, session: tuple[str, Any], **other: Any) -> Iterator[tuple[str, Any]]:
    """A page of a signed-in reader; at the end nothing was complained of but a missing page."""
    context = browser.new_context(storage_state=session[1], **other)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(f"a dialog: {dialog.message}"))
    yield session[0], page
    context.close()
    assert [line for line in said if "404" not in line] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_can_read_the_pages(browser: Any, session: tuple[str, Any], scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    # The page's own policy lets no script in, ours or axe's, but for the file it names; axe comes past it.
    with reading(browser, session, color_scheme=scheme, bypass_csp=True) as (base, page):
        for where in (*PAGES, "/signin"):
            page.goto(base + where)
            found = axe.run(page).response["violations"]
            serious = [one for one in found if one["impact"] in ("serious", "critical")]
            assert [(one["id"], one["nodes"][0]["html"]) for one in serious] == [], where


def test_nothing_runs_but_our_own(browser: Any, session: tuple[str, Any]) -> None:
    with reading(browser, session) as (base, page):
        for where in PAGES:
            page.goto(base + where)
            assert "Sightline" in page.title(), where


@pytest.mark.parametrize("width", [390, 640])  # 640 px wide is 1280 at 200 %
def test_no_page_is_wider_than_the_window(browser: Any, session: tuple[str, Any], width: int) -> None:
    with reading(browser, session, viewport={"width": width, "height": 800}) as (base, page):
        for where in PAGES:
            page.goto(base + where)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, where


def test_all_is_there_without_javascript(browser: Any, session: tuple[str, Any]) -> None:
    with reading(browser, session, java_script_enabled=False) as (base, page):
        page.goto(base)
        page.get_by_role("link", name="Sprint 7").click()
        page.get_by_text("Tickets, with the impact").click()
        page.get_by_role("link", name="PAY-12").click()
        assert page.get_by_role("heading", name="Serves O1.KR1 and O1.KR2").is_visible()
        page.goto(f"{base}/items")
        page.get_by_label("Filter").fill("tidy")
        page.get_by_role("button", name="Show").click()
        assert page.locator("tbody tr").count() == 1


def test_keys_lead_to_the_filter_which_narrows_while_typing(browser: Any, session: tuple[str, Any]) -> None:
    with reading(browser, session) as (base, page):
        page.goto(base)
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url(f"{base}/items")
        page.keyboard.press("?")
        assert page.get_by_role("dialog").is_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("/")
        page.keyboard.type("tidy")
        assert page.locator("tbody tr:visible").count() == 1
        page.keyboard.press("Enter")
        page.wait_for_url("**q=tidy**")
        assert page.locator("tbody tr").count() == 1


def test_focus_is_visible_and_starts_at_the_content(browser: Any, session: tuple[str, Any]) -> None:
    with reading(browser, session) as (base, page):
        page.goto(base)
        page.keyboard.press("Tab")
        assert page.locator(":focus").inner_text() == "Skip to the content"
        assert page.locator(":focus").bounding_box()["x"] >= 0
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_paper_shows_the_page_without_its_controls(
    browser: Any, session: tuple[str, Any], tmp_path: Path
) -> None:
    with reading(browser, session) as (base, page):
        page.goto(base)
        page.emulate_media(media="print")
        assert not page.get_by_role("button", name="Sign out").is_visible()
        assert page.get_by_text("Data as of").is_visible()
        assert len(page.pdf(path=tmp_path / "home.pdf")) > 10_000
