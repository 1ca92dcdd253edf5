"""Every command says what it did, what was wrong and what to do next, and never shows its insides."""

import json
import logging
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import structlog
from running import OKRS, SECRETS, Installation, heads, ticket, until
from typer.main import get_command
from typer.testing import CliRunner, Result

from linker.store import deliveries
from linker.store.deliveries import Parcel
from webhooks.cli.main import app
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.okrs_file import load_if_changed

NEEDS_APP = [
    ["serve"], ["worker"], ["okrs", "load"], ["sync"], ["why", "PAY-12"], ["link", "PAY-12", "O1.KR2"],
    ["unlink", "PAY-12", "O1.KR2"], ["exempt", "PAY-12", "ktlo"], ["undo", "x"], ["graph", "hash"],
    ["checkin", "O1.KR2", "40"],
    ["graph", "export"], ["deliveries", "list"], ["deliveries", "show", "1"],
    ["deliveries", "replay", "--all"], ["tags"], ["validate"],
]  # fmt: skip
USES_STORE = [words for words in NEEDS_APP if words not in (["sync"], ["tags"], ["validate"])]
Run = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


@pytest.fixture
def quiet_after() -> Iterator[None]:
    """Commands say how this process logs; what comes after them in it is to find that as it was."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def run(home: Installation, monkeypatch: pytest.MonkeyPatch, quiet_after: None) -> Run:
    """A command in the folder of the installation."""
    monkeypatch.chdir(home.folder)

    def invoke(*words: str, **other: Any) -> Result:
        ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith("SIGHTLINE_")}
        return CliRunner().invoke(app, list(words), env={**ours, **home.secrets}, **other)

    return invoke


@pytest.fixture
def filled(home: Installation) -> Installation:
    """A ticket that serves by its title, one that serves nothing, and a dead letter."""
    with home.store() as store:
        load_if_changed(home.config, store, Inbox(store, lambda: 1_790_000_000_000))
    keep(
        home,
        {
            "1": ticket("PAY-12", 10012, "Quote once [O1.KR2]"),
            "2": ticket("PAY-13", 10013, "Something else"),
            "3": b"no json",
        },
    )
    fold(home)
    return home


def keep(home: Installation, bodies: Mapping[str, bytes]) -> None:
    """Deliveries of Jira by their id, as the receivers would keep them."""
    with home.store() as store, store.write() as connection:
        parcels = [
            Parcel("jira", "northwind", own, "", 1_793_610_000_000, heads("jira", "", own), body)
            for own, body in bodies.items()
        ]
        deliveries.keep(connection, parcels)


def fold(home: Installation) -> None:
    with home.store() as store:
        drain(Engine(home.config, store))


def serves(run: Run, name: str) -> list[str]:
    told = json.loads(run("why", name, "--json").stdout)
    return list(told["serves"])


# --- when something is missing


@pytest.mark.parametrize("words", NEEDS_APP, ids=" ".join)
def test_without_app_yaml_it_says_what_to_do(home: Installation, run: Run, words: list[str]) -> None:
    (home.folder / "app.yaml").unlink()
    found = run(*words)
    assert found.exit_code == 1
    text = found.stderr + found.stdout
    assert "app.yaml: There is no such file in" in text
    assert "Write one, or name it with --config PATH." in text
    assert "Traceback" not in text


@pytest.mark.parametrize("words", USES_STORE, ids=" ".join)
def test_a_store_that_cannot_be_opened_is_told_in_a_line(
    home: Installation, run: Run, words: list[str]
) -> None:
    (home.folder / "sightline.sqlite").mkdir()
    found = run(*words)
    assert found.exit_code == 1, found.output
    assert re.fullmatch(r"The store sqlite:///.* cannot be opened: .*\n", found.stderr), found.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["why", "PAY-99"], "No item PAY-99 is held. Check the name, or run `sightline sync`"),
        (["why", "acme/pay#7"], "No item acme/pay#7 is held."),
        (["why", ""], "No item  is held."),
        (["why", "jira:northwind:99"], "is held."),
        (["link", "PAY-12", "O9.KR9"], "O9.KR9 is not in the catalogue. `sightline okrs load`"),
        (["link", "PAY-99", "O1.KR2"], "No item PAY-99 is held."),
        (["exempt", "PAY-12", "holiday"], "holiday is not a reason. Choose one of ktlo, debt,"),
        (["undo", "nothing"], "No decision nothing is held."),
        (["deliveries", "show", "99"], "There is no delivery 99. `sightline deliveries list`"),
        (["deliveries", "replay", "99"], "There is no such delivery."),
        (["deliveries", "replay"], "Say which: numbers, --dead, or --all."),
        (["deliveries", "list", "--state", "lost"], "lost is not a state. Choose one of waiting, done,"),
        (["serve", "--role", "king"], "king is not a role. Choose all or web."),
        (["demo", "--today", "soon"], "soon is not a day. Write it as 2026-11-25."),
        (["nonsense"], "No such command 'nonsense'."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)  # fmt: skip
def test_what_means_nothing_here_ends_with_2(
    filled: Installation, run: Run, words: list[str], said: str
) -> None:
    found = run(*words)
    assert (found.exit_code, said in found.stderr) == (2, True), found.stderr
    assert found.stdout == ""


def test_a_surprise_is_one_line_and_a_traceback_only_with_debug(home: Installation, run: Run) -> None:
    with home.store() as store, store.write() as connection:
        connection.exec_driver_sql("DROP TABLE link_log")
        connection.exec_driver_sql("DROP TABLE links")
    keep(home, {"1": ticket()})
    found = run("graph", "hash")
    assert found.exit_code == 1
    assert found.stderr.startswith("Something went wrong here: OperationalError: ")
    assert found.stderr.endswith("Run it again with --debug to see where.\n")
    assert "no such table" in str(run("graph", "hash", "--debug").exception)


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("app.yaml", "tracker: jira", "tracker: jria", "app.yaml:12: "),
        ("app.yaml", "[PAY]", "[pay!]", "app.yaml:15: "),
        ("okrs.yaml", "baseline: 45", "baseline: many", "okrs.yaml:12: "),
        ("okrs.yaml", OKRS, "cycles: [", "okrs.yaml:1: "),
        ("app.yaml", "sqlite:///", "mysql:///", "app.yaml:1: "),
    ],
)
def test_a_mistake_in_a_file_is_one_clear_line(
    home: Installation, run: Run, file: str, old: str, new: str, said: str
) -> None:
    path = home.folder / file
    path.write_text(path.read_text().replace(old, new))
    found = run("serve")
    assert found.exit_code == 1
    assert isinstance(found.exception, SystemExit)  # said on purpose, not met by surprise
    lines = [line for line in found.stderr.splitlines() if "(warning)" not in line]
    assert [line for line in lines if line.startswith(said)], found.stderr
    assert len(lines) == 2  # the mistake, and the count
    assert "Traceback" not in found.stderr


# --- help


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, (*path, name))
    if not getattr(command, "commands", None):
        yield path, command


EVERY = dict(commands(get_command(app)))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_has_an_example_and_the_common_options(path: tuple[str, ...]) -> None:
    options = {option for param in EVERY[path].params for option in param.opts}
    assert (
        f"Example: sightline {' '.join(path)}" in EVERY[path].help
        or f"| sightline {path[-1]}" in EVERY[path].help
    )
    assert "--debug" in options
    if path != ("demo",):  # it makes its own installation
        assert {"--config", "--json"} <= options


# --- asking and deciding


def test_why_names_each_step_with_what_made_it(filled: Installation, run: Run) -> None:
    found = run("why", "PAY-12")
    assert found.exit_code == 0
    assert found.stdout.startswith("jira:PAY-12 serves 2026Q4/O1.KR2.")
    assert "title" in found.stdout
    assert "serves no key result." in run("why", "jira:pay-13").stdout


def test_decisions_count_at_the_next_start_and_can_be_taken_back(filled: Installation, run: Run) -> None:
    found = run("link", "PAY-13", "o1.kr2", "--reason", "agreed in planning")
    assert "No engine runs now: it will be folded when" in found.stdout
    own = re.search(r"sightline undo (\w+)", found.stdout)
    assert own
    assert serves(run, "PAY-13") == []
    fold(filled)
    assert serves(run, "PAY-13") == ["2026Q4/O1.KR2"]
    assert run("undo", own[1]).exit_code == 0
    fold(filled)
    assert serves(run, "PAY-13") == []


def test_unlink_and_exempt_count_too(filled: Installation, run: Run) -> None:
    assert run("unlink", "PAY-12", "2026Q4/O1.KR2").exit_code == 0
    assert run("exempt", "PAY-13", "ktlo", "--reason", "certificates").exit_code == 0
    fold(filled)
    assert serves(run, "PAY-12") == []
    assert "serves no key result on purpose: ktlo." in run("why", "PAY-13").stdout


def test_a_decision_of_a_running_service_counts_at_once(filled: Installation) -> None:
    with filled.start("serve") as service:
        service.up()
        until(lambda: service.said("engine leads"), "it leads")
        until(lambda: "ready" in service.home_get("/readyz")[2], "it is ready")
        found = filled.run("link", "PAY-13", "O1.KR2")
        assert "The running service folds it within seconds." in found.stdout, found.stderr
        until(filled.folded, "it is folded")
        assert json.loads(filled.run("why", "PAY-13", "--json").stdout)["serves"] == ["2026Q4/O1.KR2"]
        assert service.stop() == 0


def test_a_broken_okrs_yaml_stops_nobody_from_asking(filled: Installation, run: Run) -> None:
    (filled.folder / "okrs.yaml").write_text("cycles: [")
    assert run("why", "PAY-12").exit_code == 0
    assert run("okrs", "load").exit_code == 1
    assert run("validate").exit_code == 1


# --- the inbox


def test_dead_letters_are_listed_shown_and_replayed(filled: Installation, run: Run) -> None:
    listed = json.loads(run("deliveries", "list", "--state", "dead", "--json").stdout)
    (dead,) = listed["deliveries"]
    assert listed["counts"] == {"done": 3, "dead": 1}
    shown = run("deliveries", "show", str(dead["id"])).stdout
    assert "no json" in shown
    assert "x-atlassian-webhook-identifier: 3" in shown.lower()
    assert "1 delivery to fold again. No engine runs now" in run("deliveries", "replay", "--dead").stdout
    assert filled.states() == {"done": 3, "waiting": 1}


def test_replaying_everything_changes_nothing(filled: Installation, run: Run) -> None:
    before = run("graph", "hash").stdout
    assert json.loads(run("deliveries", "replay", "--all", "--json").stdout)["replayed"] == 4
    fold(filled)
    assert run("graph", "hash").stdout == before


# --- the graph and the files


def test_the_graph_is_hashed_and_exported(filled: Installation, run: Run) -> None:
    own = run("graph", "hash").stdout.strip()
    assert re.fullmatch(r"[0-9a-f]{64}", own)
    assert json.loads(run("graph", "hash", "--json").stdout) == {"sha256": own}
    lines = run("graph", "export").stdout.splitlines()
    assert run("graph", "export", "-o", "graph.jsonl").stdout == f"graph.jsonl: {len(lines)} lines.\n"
    assert Path("graph.jsonl").read_text().splitlines() == lines
    assert run("graph", "export", "-o", "/no/such/folder/x").exit_code == 1


def test_the_catalogue_is_loaded_once(home: Installation, run: Run) -> None:
    first, second = run("okrs", "load"), run("okrs", "load", "--json")
    assert first.stdout.startswith("okrs.yaml: 1 key results in 1 cycles. Kept.")
    assert json.loads(second.stdout) == {"key_results": 1, "loaded": False}
    (home.folder / "okrs.yaml").write_text(OKRS.replace("baseline: 45", "baseline: many"))
    assert run("okrs", "load").exit_code == 1


def test_validate_says_all_at_once(home: Installation, run: Run) -> None:
    assert run("validate").stdout == "No mistakes found.\n"
    path = home.folder / "app.yaml"
    path.write_text(path.read_text().replace("tracker: jira", "tracker: jria").replace("acme/pay", "acme"))
    found = run("validate", "--json")
    assert found.exit_code == 1
    assert {problem["file"] for problem in json.loads(found.stdout)} == {"app.yaml"}
    assert len(json.loads(found.stdout)) == 2


# --- tags


LINE = '{"id": 1, "text": "PAY-12: O1.KR2 faster", "kind": "title", "repo": "acme/pay"}\n'


def test_tags_needs_no_files_when_all_is_said(home: Installation, run: Run) -> None:
    (home.folder / "app.yaml").unlink()
    found = run("tags", "--codes", "O1.KR2", "--projects", "PAY", input=LINE)
    assert found.exit_code == 0, found.stderr
    seen = json.loads(found.stdout)
    assert [code["code"] for code in seen["codes"]] == ["O1.KR2"]
    assert [key["key"] for key in seen["keys"]] == ["PAY-12"]


def test_tags_reads_the_configured_catalogue(run: Run) -> None:
    seen = json.loads(run("tags", input=LINE).stdout)
    assert (seen["codes"][0]["known"], seen["keys"][0]["kind"]) == (True, "delivers")


@pytest.mark.parametrize("line", ["{", "[]", '{"text": 1}', '{"text": "x"}', '{"text": "x", "kind": "y"}'])
def test_a_line_that_is_no_entry_is_named(run: Run, line: str) -> None:
    found = run("tags", "--codes", "A", "--projects", "P", input=LINE + line + "\n")
    assert found.exit_code == 1
    assert "Line 2" in found.stderr


# --- as scripts use it


def test_a_reader_that_leaves_is_no_error(filled: Installation) -> None:
    keep(filled, {f"m{n}": ticket(f"PAY-{n + 100}", 20_000 + n) for n in range(400)})
    fold(filled)
    command = filled.command("graph", "export")
    with subprocess.Popen(
        command, cwd=filled.folder, env=filled.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_warnings_of_the_configuration_go_to_standard_error(home: Installation, run: Run) -> None:
    path = home.folder / "app.yaml"
    path.write_text(path.read_text().replace("projects: [PAY]", "projects: [PAY]\n    token: NOT_SET"))
    found = run("graph", "hash", "--json")
    assert json.loads(found.stdout)
    assert "NOT_SET is not set here" in found.stderr


def test_no_secret_is_shown(home: Installation, run: Run) -> None:
    texts = [run(*words).output for words in (["validate"], ["deliveries", "list"], ["graph", "hash"])]
    assert not any(secret in text for text in texts for secret in SECRETS.values())
