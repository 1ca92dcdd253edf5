"""A sprint planned in a real browser: by keyboard alone, taken back, seen by others, readable by all."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from quartered import folded, now_of
from werkzeug.serving import make_server

from linker.planning import Look, sprints_known
from linker.store import open_store
from webhooks.app import create_app
from webhooks.engine import Engine, held_catalogue
from webhooks.simulator import quarter

pytestmark = pytest.mark.e2e
WIDE = {"width": 1440, "height": 1000}
MOST_KEYS = 40


class Site(NamedTuple):
    """The service over the simulated quarter: where it is, a state that is signed in, sprints by title."""

    base: str
    kept: Any
    sprints: dict[str, int]

    def plan(self, title: str) -> str:
        """The address of a planning page."""
        return f"{self.base}/sprints/{self.sprints[title]}/plan"


@pytest.fixture(scope="module")
def site(
    browser: Any, empty_sqlite: Callable[[int], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """Pages and engine, with the quarter of the demo; trackers have no credentials, so nothing is sent."""
    whole = quarter(7)
    store = open_store(empty_sqlite(5))
    config = folded(store, tmp_path_factory.mktemp("plan"), whole)
    engine = Engine(config, store, lambda: now_of(whole))
    app = create_app(config, store, lambda: now_of(whole))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threads = [threading.Thread(target=server.serve_forever), threading.Thread(target=engine.run)]
    for thread in threads:
        thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    token = app.extensions["sightline"].lockbox.make()
    with store.read() as connection:
        known = sprints_known(connection, Look(config, held_catalogue(store), now_of(whole)))
    yield Site(base, _signed_in(browser, base, token), {k.sprint.title: row for row, k in known.items()})
    engine.stop.set()
    server.shutdown()
    for thread in threads:
        thread.join()
    store.close()


def _signed_in(browser: Any, base: str, token: str) -> Any:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{base}/signin?token={token}")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{base}/")
    kept = context.storage_state()
    context.close()
    return kept


@contextmanager
def planner(browser: Any, site: Site, title: str, **other: Any) -> Iterator[Any]:
    """A planner's page; at the end nothing was complained of, by a script or by the content policy."""
    context = browser.new_context(storage_state=site.kept, **({"viewport": WIDE} | other))
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(site.plan(title))
    yield page
    context.close()
    assert said == []


def serving(page: Any) -> int:
    """The largest number."""
    return int(re.findall(r"\d+", page.locator(".largest").inner_text())[0])


def press(page: Any, *keys: str) -> None:
    """Press keys, and wait until what they did is drawn."""
    for key in keys:
        page.keyboard.press(key)
    page.locator("#plan:not([aria-busy])").wait_for()


def test_a_sprint_is_planned_by_keyboard_alone(browser: Any, site: Site) -> None:
    with planner(browser, site, "PAY Sprint 5") as page:
        before = serving(page)
        assert 50 <= before <= 65
        for _ in range(MOST_KEYS):
            if serving(page) > 90 or not page.locator("tr[data-row]").count():
                break
            press(page, "j")
            row = page.locator("tr[data-row]:focus-within")
            assert row.count() == 1, "a key moves to a ticket"
            press(page, "1" if row.locator("[data-key='1']").count() else "o")
        assert serving(page) > 90
        press(page, "a")  # what was marked to move is decided
        assert "on the way to the tracker" in page.locator(".said").inner_text()
        for _ in range(MOST_KEYS):  # and all of it is taken back
            if not page.locator("[data-key='u']").count():
                break
            press(page, "u")
        assert serving(page) == before


def test_two_planners_see_what_the_other_decides(browser: Any, site: Site) -> None:
    with planner(browser, site, "WEB Sprint 5") as one, planner(browser, site, "WEB Sprint 5") as other:
        before, tickets = serving(one), one.locator("tr[data-row]").count()
        press(one, "j", "1")
        after = serving(one)
        assert after > before
        other.get_by_text(f"{after} %", exact=True).first.wait_for(timeout=10_000)
        assert other.locator("tr[data-row]").count() == tickets - 1
        press(other, "u")
        assert serving(other) == before
        one.get_by_text(f"{before} %", exact=True).first.wait_for(timeout=10_000)


def test_an_exemption_asks_for_its_reason_by_one_more_key(browser: Any, site: Site) -> None:
    with planner(browser, site, "WEB Sprint 5") as page:
        press(page, "j", "e", "k")
        assert "exempt: keeping the lights on" in page.locator(".said").inner_text()
        press(page, "u")
        assert "Taken back" in page.locator(".said").inner_text()


def test_several_tickets_go_at_once(browser: Any, site: Site) -> None:
    with planner(browser, site, "PAY Sprint 5") as page:
        before = serving(page)
        press(page, "j", "x", "j", "x")
        page.get_by_label("Key result", exact=True).select_option(index=1)
        page.get_by_role("button", name="Link", exact=True).click()
        page.get_by_text("2 tickets linked to").wait_for()
        assert serving(page) > before
        page.locator(".said").get_by_role("button", name="Undo").click()
        page.get_by_text("Taken back").wait_for()
        assert serving(page) == before


def test_what_if_changes_numbers_and_writes_nothing(browser: Any, site: Site) -> None:
    with planner(browser, site, "PAY Sprint 5") as page:
        before = serving(page)
        page.get_by_role("button", name="Try this swap").first.click()
        page.get_by_role("heading", name="What if", exact=True).wait_for()
        assert serving(page) > before
        assert "out=" in page.url
        page.reload()
        assert serving(page) > before, "the address holds it"
        page.get_by_role("button", name="Forget").click()
        page.get_by_role("heading", name="What if", exact=True).wait_for(state="detached")
        assert serving(page) == before


def test_words_narrow_what_is_in_sight(browser: Any, site: Site) -> None:
    with planner(browser, site, "PAY Sprint 5") as page:
        whole = page.locator("tr[data-row]:visible").count()
        page.keyboard.press("/")
        page.keyboard.type("refund")
        narrowed = page.locator("tr[data-row]:visible").count()
        assert 0 < narrowed < whole
        page.get_by_label("Show only").fill("")
        assert page.locator("tr[data-row]:visible").count() == whole


def test_all_of_it_works_without_javascript(browser: Any, site: Site) -> None:
    with planner(browser, site, "WEB Sprint 5", java_script_enabled=False) as page:
        before = serving(page)
        page.locator("tr[data-row] button[data-key='1']").first.click()
        assert serving(page) > before
        page.locator(".said").get_by_role("button", name="Undo").click()
        assert serving(page) == before
        page.locator("details.group > summary").last.click()
        last = page.locator("details.group").last.locator("details.snooze").first
        last.locator("summary").click()
        last.get_by_label("Until").fill("2026-12-11")
        last.get_by_label("Why").fill("after the move")
        last.get_by_role("button", name="Snooze").click()
        assert "sleeps until 2026-12-11" in page.locator(".said").inner_text()
        page.locator(".said").get_by_role("button", name="Undo").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("title", ["PAY Sprint 5", "PAY Sprint 4", "WEB Sprint 1", "Platform Sprint 5"])
def test_everybody_can_read_it(browser: Any, site: Site, title: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    with planner(browser, site, title, color_scheme=scheme) as page:
        for fold in page.locator("#plan details > summary").all():
            if fold.is_visible():
                fold.click()
        found = axe.Axe().run(page).response["violations"]
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("width", [720, 390])  # 1440 at 200 %, and a phone
def test_it_stays_in_the_window(browser: Any, site: Site, width: int) -> None:
    with planner(browser, site, "PAY Sprint 5", viewport={"width": width, "height": 800}) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= width
