"""Real processes: what was acknowledged outlives any of them, and each ends when it should."""

import os
import random
import re
import signal
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from running import APP, OKRS, TOKENS, Installation, Running, command_line, listen, request, ticket, until

from linker.store import deliveries, exports, work
from webhooks.simulator import Delivery, Quarter
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira

WRITTEN = 200  # deliveries of the quarter, enough for some labels and statuses
KILLS = int(os.environ.get("SIGHTLINE_TEST_KILLS", "6"))
TICKETS = [ticket(f"PAY-{n}", 10_000 + n, f"Ticket {n} [O1.KR2]" if n % 3 else "Plain") for n in range(240)]


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def service(home: Installation) -> Iterator[Running]:
    with home.start("serve") as running:
        yield running.up()


def graph_hash(home: Installation) -> str:
    with home.store() as store, store.read() as connection:
        return exports.graph_hash(connection)


def gone(pid: int) -> bool:
    return b"sightline" not in command_line(pid) and b"spawn_main" not in command_line(pid)


# --- ends


def test_a_term_signal_drains_and_ends_well(service: Running, home: Installation) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: service.post("jira", "", f"d{n}", TICKETS[n]), range(40)))
    children = service.children
    assert service.stop() == 0
    assert answers == [202] * 40
    assert all(gone(child) for child in children)
    assert sum(home.states().values()) == 41  # and the catalogue
    assert [line for line in service.log if line["level"] in ("warning", "error")] == []


def test_ctrl_c_ends_well_too_and_standard_output_was_for_people(service: Running) -> None:
    service.process.send_signal(signal.SIGINT)
    assert service.process.wait(30) == 0
    assert service.process.stdout is not None
    lines = service.process.stdout.read().decode().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["Sightline", "Sign", "Dry:"]


def test_a_worker_that_is_killed_comes_back(service: Running, home: Installation) -> None:
    service.post("jira", "", "before", TICKETS[1])
    worker = service.children[0]
    os.kill(worker, signal.SIGKILL)
    until(lambda: gone(worker), "the worker is gone")
    service.up()
    assert service.children != [worker]
    assert service.post("jira", "", "after", TICKETS[2]) == 202
    until(home.folded, "both were folded")
    assert home.states() == {"done": 3}


def test_a_supervisor_that_is_killed_takes_its_worker_along(service: Running, home: Installation) -> None:
    worker = service.children[0]
    for n in range(20):
        service.post("jira", "", f"d{n}", TICKETS[n])
    service.kill()
    until(lambda: gone(worker), "the worker noticed")
    with home.start("serve") as again:
        again.up()
        until(home.folded, "the rest was folded")
    assert home.states() == {"done": 21}


# --- killed at random moments of a burst


def test_nothing_acknowledged_is_lost_by_any_kill(home: Installation) -> None:
    """Each round sends until the kill comes; all that was answered with 2xx is held and folded at the end."""
    dice = random.Random(20261122)
    acked: set[str] = set()
    left = iter(range(10_000_000))
    running = home.start("serve").up()
    try:
        for _ in range(KILLS * 2 // 3):
            after = dice.randrange(5, 60)
            acked |= burst(running, left, after)
            if dice.random() < 0.3 and running.children:
                os.kill(running.children[0], signal.SIGKILL)
            running.kill()
            running.__exit__()
            running = home.start("serve").up()
        until(home.folded, "all is folded", 120)
        assert running.stop() == 0
    finally:
        running.__exit__()
    with home.store() as store, store.read() as connection:
        kept = deliveries.newest(connection, None, 1_000_000)
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert acked - {row["guid"] for row in kept} == set()
    assert {row["state_name"] for row in kept} == {"done"}
    assert graph_hash(home) == unkilled(home, {row["guid"] for row in kept})


def burst(running: Running, left: Iterator[int], after: int) -> set[str]:
    """Send until so many are acknowledged: the ids of those that were."""
    acked: set[str] = set()
    while len(acked) < after:
        n = next(left)
        own = f"{n}"
        if running.post("jira", "", own, TICKETS[n % len(TICKETS)]) in (200, 202):
            acked.add(own)
    return acked


def unkilled(home: Installation, guids: set[str]) -> str:
    """The hash of a service that nobody killed, after the same deliveries."""
    folder = home.folder / "unkilled"
    folder.mkdir()
    other = Installation(folder)
    sent = sorted({int(own) % len(TICKETS) for own in guids if own.isdigit()})
    with other.start("serve") as running:
        running.up()
        for n in sent:
            running.post("jira", "", str(n), TICKETS[n])
        until(other.folded, "all is folded")
        running.stop()
    return graph_hash(other)


def test_no_kill_doubles_what_the_trackers_see(told: Quarter, tmp_path: Path) -> None:
    """Killed in the midst of writing, again and again: each label is set once, each status is given once."""
    dice = random.Random(7)
    at = told.deliveries[WRITTEN].at
    github, jira = GitHubState(told, at), JiraState(told, at)
    seen: list[Delivery] = []
    github.on_delivery = jira.on_delivery = seen.append
    servers = [listen(create_github(github)), listen(create_jira(jira))]
    urls = [f"http://127.0.0.1:{server.server_port}" for server in servers]
    text = told.app_yaml(*urls).replace("{", "{{").replace("}", "}}")
    home = Installation(tmp_path, f"{text}listen: {{{{host: 127.0.0.1, port: {{port}}}}}}\n", TOKENS)
    (tmp_path / "okrs.yaml").write_text(told.okrs_yaml)
    with home.start("serve") as running:
        running.up()
        for sent in told.deliveries[:WRITTEN]:
            assert running.post(sent.source, sent.event, sent.id, sent.body) in (200, 202)
        until(home.folded, "all is folded")
    for _ in range(max(4, KILLS // 3)):  # fewer may have written nothing
        before, more = writes(github, jira), dice.randrange(1, 4)
        with home.start("serve") as running:
            running.up()
            until(partial(moved, home, before + more, github, jira), "something was written")
            running.kill()
    for server in servers:
        server.shutdown()
    said = Counter(
        (place, one["state"], one["description"]) for place, held in github.statuses.items() for one in held
    )
    assert [told for told, count in said.items() if count > 1] == []
    assert [told for told, count in Counter(each.body for each in seen).items() if count > 1] == []
    assert writes(github, jira) > 5


def moved(home: Installation, count: int, *states: GitHubState | JiraState) -> bool:
    """So many writes were seen, or there is nothing left to write."""
    if writes(*states) >= count:
        return True
    with home.store() as store, store.read() as connection:
        return work.backlog(connection)["outbox"] == 0


def writes(*states: GitHubState | JiraState) -> int:
    return sum(len(state.ledger.writes()) for state in states)


# --- does not start


def test_a_taken_port_is_one_clear_line(home: Installation) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", home.port))
        taken.listen()
        found = home.run("serve")
    assert found.returncode == 1
    assert found.stderr.count("\n") == 1
    assert f"Cannot listen on 127.0.0.1:{home.port}" in found.stderr


def test_an_address_of_nobody_here_is_one_clear_line(home: Installation) -> None:
    path = home.folder / "app.yaml"
    path.write_text(path.read_text().replace("host: 127.0.0.1", "host: 192.0.2.1"))
    found = home.run("serve")
    assert (found.returncode, found.stderr.count("\n")) == (1, 1)


@pytest.mark.parametrize("value", ["", " "])
def test_an_empty_secret_does_not_start(home: Installation, value: str) -> None:
    home.secrets["JIRA_WEBHOOK_SECRET"] = value
    found = home.run("serve")
    assert found.returncode == 1
    assert "JIRA_WEBHOOK_SECRET is set, but empty." in found.stderr


def test_a_store_that_cannot_be_opened_is_one_clear_line(home: Installation) -> None:
    (home.folder / "sightline.sqlite").write_bytes(b"this is not a database" * 100)
    found = home.run("serve")
    assert (found.returncode, found.stderr.count("\n")) == (1, 1)
    assert "cannot be opened" in found.stderr


# --- several


def test_one_of_two_workers_leads_and_the_other_takes_over(home: Installation) -> None:
    with home.start("worker") as first:
        until(lambda: first.said("engine leads"), "the first leads")
        with home.start("worker") as second, home.start("serve", "--role", "web") as web:
            until(lambda: second.said("another engine leads; waiting to take over"), "the second waits")
            web.up()
            web.post("jira", "", "1", TICKETS[1])
            until(home.folded, "the first folded")
            first.kill()
            until(lambda: second.said("engine leads"), "the second leads")
            web.post("jira", "", "2", TICKETS[2])
            until(home.folded, "the second folded")
            assert second.stop() == 0
            assert not web.said("engine leads")
    assert home.states() == {"done": 3}


@pytest.mark.postgres
def test_on_postgresql_another_worker_takes_over_too(
    empty_postgres: Callable[[int], str], tmp_path: Path
) -> None:
    store = empty_postgres(0).replace("postgres:@", "postgres@")  # it has no password
    home = Installation(tmp_path, APP.replace("{store}", store))
    with home.start("worker") as first:
        until(lambda: first.said("engine leads"), "the first leads")
        with home.start("worker") as second, home.start("serve", "--role", "web") as web:
            until(lambda: second.said("another engine leads; waiting to take over"), "the second waits")
            web.up()
            web.post("jira", "", "1", TICKETS[1])
            until(home.folded, "the first folded")
            first.kill()
            until(lambda: second.said("engine leads"), "the second leads")
            web.post("jira", "", "2", TICKETS[2])
            until(home.folded, "the second folded")
            assert (second.stop(), web.stop()) == (0, 0)
    assert home.states() == {"done": 3}


def test_readiness_tells_when_no_engine_runs(home: Installation) -> None:
    with home.start("serve", "--role", "web") as web:
        web.up()
        status, _, text = web.home_get("/readyz")
        assert status == 503
        assert "No engine runs. Start `sightline serve` or `sightline worker`." in text
        with home.start("worker"):
            until(lambda: web.home_get("/readyz")[0] == 200, "it is ready")


# --- the catalogue while it runs


def test_a_change_of_okrs_yaml_is_noticed_and_a_broken_one_changes_nothing(
    service: Running, home: Installation
) -> None:
    service.post("jira", "", "1", ticket(title="KR: O1.KR9"))
    until(home.folded, "the ticket is folded")
    before = graph_hash(home)
    more = "          - {code: O1.KR9, title: New, metric: m, unit: n, baseline: 1, target: 2, owner: lead}\n"
    (home.folder / "okrs.yaml").write_text(OKRS + more)
    until(lambda: service.said("catalogue loaded"), "the file was noticed")
    until(lambda: graph_hash(home) != before, "the ticket serves the new key result")
    until(home.folded, "all is folded")
    held, changed = home.states(), graph_hash(home)
    (home.folder / "okrs.yaml").write_text(OKRS.replace("baseline: 45", "baseline: many"))
    said = "catalogue not loaded; the version before holds"
    until(lambda: service.said(said), "the mistake was told")
    told = [line for line in service.log if line["event"] == said]
    assert re.match(r"okrs\.yaml:12: .*baseline", told[0]["problems"][0])
    assert (home.states(), graph_hash(home)) == (held, changed)


# --- what it says


def test_the_log_is_json_and_holds_no_secret_and_no_body(service: Running, home: Installation) -> None:
    service.post("jira", "", "0", b'{"webhookEvent": "new\\n{\\"event\\": \\"forged\\"}"}')
    service.post("jira", "", "1", ticket(title="canary title"))
    service.post("jira", "", "2", b'{"canary body')
    request(home.port, "POST", "/webhooks/jira", b"canary body", {"X-Hub-Signature": "sha256=canary"})
    request(home.port, "GET", "/no%0d%0asuch%1b[31m", None, {"Authorization": "canary"})
    until(home.folded, "all is folded")
    service.stop()
    text = service.log_path.read_text()
    assert service.log
    assert "canary" not in text
    assert any("forged" in line["event"] for line in service.log)
    assert not service.said("forged")
