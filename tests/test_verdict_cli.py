"""`sightline verdict`: the word of the service without a server, told by exit code, Markdown and JSON."""

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import responses
import structlog
from mutants import delivery
from typer.testing import CliRunner, Result

from webhooks.cli.main import app
from webhooks.simulator import Quarter, quarter
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira, mount

OKRS = """\
cycles:
  - id: "2001"
    start: 2001-01-01
    end: 2001-12-31
    timezone: UTC
    objectives:
      - {code: O9, title: An older aim, owner: head, key_results: [
          {code: O9.KR1, title: Done long ago, metric: share, unit: "%", baseline: 1, target: 2,
           owner: lead}]}
  - id: "20xx"
    start: 2026-01-01
    end: 2098-12-31
    timezone: UTC
    objectives:
      - {code: O1, title: Buyers finish what they started, owner: head, key_results: [
          {code: O1.KR2, title: Fewer payments given up, metric: share, unit: "%", baseline: 45, target: 30,
           owner: lead}]}
"""
APP = """\
sites:
  - {tracker: github, name: github.com, url: "https://github.com", webhook_secrets: [A],
     repositories: [acme/pay]}
policy:
  undecided: failure
  checks:
    - {repository: acme/pay, branch: release/*, mode: advisory}
    - {repository: acme/pay, branch: main, mode: required, from: 2097-01-01}
    - {repository: acme/pay, branch: main, mode: required, from: 2026-01-01}
"""
GITHUB, JIRA = "https://api.github.example.com", "https://northwind.example.com"
TOKENS = {"GITHUB_TOKEN": "canary-github", "JIRA_USER": "bot@example.com", "JIRA_TOKEN": "canary-jira"}
Run = Callable[..., Result]


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
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quiet_after: None) -> Run:
    """`sightline verdict` in a checkout that holds only okrs.yaml, with nothing of Actions around."""
    (tmp_path / "okrs.yaml").write_text(OKRS)
    monkeypatch.chdir(tmp_path)

    def invoke(*words: str, **environ: str) -> Result:
        hidden = ("SIGHTLINE_", "GITHUB_", "JIRA_")
        ours: dict[str, str | None] = {name: None for name in os.environ if name.startswith(hidden)}
        return CliRunner().invoke(app, ["verdict", *words], env={**ours, **environ})

    return invoke


def event(name: str = "event.json", base: str = "main", **changes: Any) -> str:
    """An event of a pull request from a fork, that names nothing but for what is said here."""
    told = delivery("github.pull_request")
    bare = {"title": "Cache the price page", "body": None}
    told["pull_request"] |= bare | changes
    told["pull_request"]["head"]["ref"] = changes.get("branch", "page-cache")
    told["pull_request"]["base"]["ref"] = base
    return written(told, name)


def written(told: Any, name: str = "event.json") -> str:
    Path(name).write_text(json.dumps(told))
    return name


def judged(found: Result) -> tuple[int, str, str]:
    """The exit code, the word and the case."""
    assert found.stderr == ""
    told = json.loads(found.stdout)
    return found.exit_code, told["word"], told["case"]


# --- the word and the exit code

BOT = {"login": "renovate[bot]", "id": 3, "type": "Bot"}
PULLS: dict[str, tuple[dict[str, Any], tuple[int, str, str]]] = {
    "a code in the title": ({"title": "Cache the price page [O1.KR2]"}, (0, "serving", "direct")),
    "a code in a line": ({"body": "Faster.\n\nKR: O1.KR2"}, (0, "serving", "direct")),
    "a code in the branch of a fork": ({"branch": "feature/O1.KR2-cache"}, (0, "serving", "direct")),
    "a label": ({"labels": [{"id": 1, "name": "kr:O1.KR2"}]}, (0, "serving", "direct")),
    "a bot": ({"user": BOT}, (0, "exempt", "exempt")),
    "an opt-out with a reason": ({"body": "KR: none - debt"}, (0, "exempt", "exempt")),
    "a word that opts out": ({"title": "NO-JIRA: typo"}, (0, "exempt", "exempt")),
    "an opt-out without a reason": ({"body": "KR: none"}, (1, "unlinked", "optout")),
    "nothing": ({}, (1, "unlinked", "nothing")),
    "an unknown code": ({"body": "KR: O1.KR3"}, (1, "unknown", "code")),
    "a key result of another year": ({"body": "KR: O9.KR1"}, (1, "inactive", "inactive")),
    "a ticket that nobody can read": ({"title": "PAY-12: cache"}, (0, "undecided", "away")),
    "an issue that nobody can read": ({"body": "Closes #7"}, (0, "undecided", "away")),
    "an issue that is only mentioned": ({"body": "As #7 was"}, (1, "unlinked", "nothing")),
    "a ticket of no project of ours": ({"title": "UTF-8: cache"}, (1, "unlinked", "nothing")),
}


@pytest.mark.parametrize("name", PULLS)
def test_the_word_decides_the_exit_code_where_it_is_required(run: Run, name: str) -> None:
    changes, expected = PULLS[name]
    words = ["--event-path", event(**changes), "--projects", "PAY", "--mode", "required", "--json"]
    assert judged(run(*words)) == expected


@pytest.mark.parametrize("name", PULLS)
def test_advice_never_fails(run: Run, name: str) -> None:
    found = run("--event-path", event(**PULLS[name][0]), "--mode", "advisory", "--json")
    assert found.exit_code == 0
    assert json.loads(found.stdout)["conclusion"] in ("success", "neutral")


def test_the_json_has_all_that_a_script_needs(run: Run) -> None:
    found = run("--event-path", event(body="KR: O1.KR2"), "--json")
    assert json.loads(found.stdout) == {
        "word": "serving",
        "case": "direct",
        "title": "Serves O1.KR2",
        "text": "This pull request serves `O1.KR2`.",
        "fixes": [],
        "krs": ["20xx/O1.KR2"],
        "path": [],
        "conclusion": "success",
    }


def test_the_markdown_is_that_of_the_check_without_what_only_the_service_hears(run: Run) -> None:
    found = run("--event-path", event(body="KR: O1.KR3"), "--mode", "required")
    assert found.exit_code == 1
    assert found.stdout.startswith(
        "## Sightline: Unknown key result O1.KR3\n\nNo key result has the code `O1.KR3`."
    )
    assert "1. Write `KR: O1.KR2` in its place, if you meant that; it is the nearest code." in found.stdout
    assert "| description | " in found.stdout
    assert "`/kr" not in found.stdout
    assert "Fewer payments" not in found.stdout


def test_without_projects_no_ticket_key_is_asked_for(run: Run) -> None:
    fixes = json.loads(run("--event-path", event(), "--json").stdout)["fixes"]
    assert fixes[0].startswith("Add the line `KR: O1.KR2` to the description")
    assert not any("PAY-12" in fix for fix in fixes)


def test_what_cannot_be_read_is_told_with_what_would_help(run: Run) -> None:
    found = run("--event-path", event(title="PAY-12: cache", body="Closes #7"), "--projects", "pay", "--json")
    text = json.loads(found.stdout)["text"]
    assert "`acme/pay#7`" in text
    assert "`PAY-12`" in text
    assert "name their Jira in app.yaml" in text.replace("Name", "name")
    assert "Set `GITHUB_TOKEN` for this step." in text


# --- the policy


@pytest.mark.parametrize(
    ("base", "words", "code"),
    [
        ("main", [], 1),
        ("release/3", [], 0),
        ("elsewhere", [], 0),
        ("main", ["--mode", "advisory"], 0),
        ("release/3", ["--mode", "required"], 1),
    ],
)
def test_the_policy_of_the_branch_today_decides_unless_the_mode_is_given(
    run: Run, base: str, words: list[str], code: int
) -> None:
    Path("app.yaml").write_text(APP)
    assert run("--event-path", event(base=base), *words).exit_code == code


def test_undecided_ends_as_the_policy_says(run: Run) -> None:
    path = written(delivery("github.merge_group"))
    assert judged(run("--event-path", path, "--json")) == (0, "undecided", "away")
    Path("app.yaml").write_text(APP)
    assert judged(run("--event-path", path, "--json")) == (1, "undecided", "away")


def test_files_elsewhere_are_named(run: Run, tmp_path: Path) -> None:
    (tmp_path / "conf").mkdir()
    Path("okrs.yaml").rename("conf/okrs.yaml")
    Path("conf/app.yaml").write_text(APP)
    path = event()
    assert run("--event-path", path, "--okrs", "conf/okrs.yaml").exit_code == 0
    assert run("--event-path", path, "--config", "conf/app.yaml").exit_code == 1
    Path("conf/okrs.yaml").rename("okrs.yaml")
    assert run("--event-path", path, "--config", "conf/app.yaml", "--okrs", "okrs.yaml").exit_code == 1


# --- what GitHub Actions sets


@pytest.mark.parametrize("name", ["pull_request", "pull_request_target"])
def test_the_event_is_called_as_github_calls_it(run: Run, name: str) -> None:
    path = event(title="O1.KR2 cache")
    assert run("--event-path", path, GITHUB_EVENT_NAME=name).exit_code == 0
    assert run("--event-path", path, "--event-name", name, GITHUB_EVENT_NAME="push").exit_code == 0


def test_the_summary_of_the_run_is_appended(run: Run) -> None:
    Path("summary.md").write_text("Before.\n")
    found = run("--event-path", event(title="O1.KR2 cache"), "--json", GITHUB_STEP_SUMMARY="summary.md")
    text = Path("summary.md").read_text()
    assert text.startswith("Before.\n## Sightline: Serves O1.KR2\n\nThis pull request serves `O1.KR2`.")
    assert json.loads(found.stdout)["word"] == "serving"


def test_a_summary_that_cannot_be_written_changes_no_verdict(run: Run) -> None:
    found = run("--event-path", event(title="O1.KR2 cache"), GITHUB_STEP_SUMMARY="no/such/folder/x")
    assert found.exit_code == 0
    assert found.stderr.startswith("The summary was not written to no/such/folder/x: ")


# --- what cannot be judged


def event_without(*names: str) -> str:
    told = delivery("github.pull_request")
    for name in names:
        holder = told
        *path, last = name.split(".")
        for step in path:
            holder = holder[step]
        del holder[last]
    return written(told)


def okrs(text: str) -> None:
    event()
    Path("okrs.yaml").write_text(text)


IS = ("--event-path", "event.json")
WRONG: dict[str, tuple[Callable[[], object], tuple[str, ...], str]] = {
    "nothing to judge": (event, (), "Say what to judge: --event-path FILE or --message-path FILE."),
    "both": (event, (*IS, "--message-path", "x"), "Say what to judge: "),
    "no file": (event, ("--event-path", "none.json"), "none.json: There is no such file. "),
    "a folder": (event, ("--event-path", "."), ".: This is a folder, not a file. "),
    "no JSON": (lambda: Path("event.json").write_text("{"), IS, "event.json: the body is not JSON: "),
    "no object": (lambda: written([]), IS, "event.json: the body is not a JSON object."),
    "no UTF-8": (lambda: Path("event.json").write_bytes(b"\xff"), IS, "event.json: the body is not UTF-8"),
    "a push": (lambda: written(delivery("github.push")), IS, "This event is of no pull request. Run on"),
    "a push by name": (event, (*IS, "--event-name", "push"), "The event push is of no pull request."),
    "no number": (lambda: event_without("pull_request.number"), IS, "event.json: pull_request.number: "),
    "no repository": (lambda: event_without("repository"), IS, "event.json: event.repository: "),
    "no title": (lambda: event(title=7), IS, "The event cannot be read: pull_request.title: expected text"),
    "a queue of nothing": (
        lambda: written(delivery("github.merge_group") | {"merge_group": {"head_ref": "refs/heads/x"}}),
        IS,
        "The branch of this merge group names no pull request.",
    ),
    "no okrs.yaml": (lambda: Path("okrs.yaml").rename(f"{event()}.away"), IS, "okrs.yaml: There is no such "),
    "another okrs.yaml": (event, (*IS, "--okrs", "x.yaml"), "x.yaml: There is no such file. Check the "),
    "a mistake in okrs.yaml": (
        lambda: okrs(OKRS.replace("target: 30", "target: many")),
        IS,
        "okrs.yaml:16: ",
    ),
    "okrs.yaml is no YAML": (lambda: okrs("cycles: ["), IS, "okrs.yaml:1: This is not YAML"),
    "a named app.yaml": (event, (*IS, "--config", "x.yaml"), "x.yaml: There is no such file in "),
    "a mistake in app.yaml": (
        lambda: (event(), Path("app.yaml").write_text(APP.replace("github,", "gitlab,"))),
        IS,
        "app.yaml:2: ",
    ),
    "a mode": (event, (*IS, "--mode", "strict"), "strict is not a mode. Choose one of required, advisory."),
    "a project": (event, (*IS, "--projects", "P-A"), "--projects: 'P-A' is not a project key."),
    "no message": (event, ("--message-path", "none"), "none: There is no such file. "),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_judged_ends_with_2_and_a_line(run: Run, name: str) -> None:
    make, words, said = WRONG[name]
    make()
    found = run(*words)
    assert (found.exit_code, found.stdout) == (2, "")
    assert found.stderr.startswith(said), found.stderr
    lines = found.stderr.splitlines()
    assert len(lines) == 1 or re.fullmatch(r"\d+ errors?, \d+ warnings?\.", lines[-1])


# --- with credentials: the trackers are asked


class World:
    """A checkout of the simulated company beside its trackers, at the end of the quarter."""

    def __init__(self, told: Quarter, run: Run, mock: responses.RequestsMock) -> None:
        self.told, self._run = told, run
        self.github, self.jira = GitHubState(told, told.now), JiraState(told, told.now)
        mount(mock, create_github(self.github), GITHUB)
        mount(mock, create_jira(self.jira), JIRA)
        Path("app.yaml").write_text(told.app_yaml(GITHUB, JIRA))
        Path("okrs.yaml").write_text(told.okrs_yaml)
        self.last: dict[str, Any] = {}
        for one in told.deliveries:
            if one.event == "pull_request":
                body = json.loads(one.body)
                self.last[f"github:{body['repository']['full_name']}#{body['number']}"] = body

    def judge(self, body: Any, *words: str) -> dict[str, Any]:
        found = self._run("--event-path", written(body), "--json", *words, **TOKENS)
        assert found.exit_code in (0, 1), found.stderr
        told: dict[str, Any] = json.loads(found.stdout)
        return told

    def titled(self, title: str, text: str = "") -> Any:
        """A new pull request of the company."""
        told = delivery("github.pull_request")
        told["pull_request"] |= {"title": title, "body": text}
        told["pull_request"]["head"]["ref"] = "x"
        told["pull_request"]["number"] = 90_001
        told["repository"] |= {"full_name": "northwind/ledger", "id": 720100999}
        return told

    def serves(self, body: Any) -> list[str]:
        """What an open pull request serves."""
        alias = f"github:{body['repository']['full_name']}#{body['number']}"
        return list(self.told.truth.serves.get(alias, ())) if body["pull_request"]["state"] == "open" else []

    @property
    def reads(self) -> list[str]:
        calls = [*self.github.ledger.calls, *self.jira.ledger.calls]
        return [call.path for call in calls if re.search(r"/issues?/[\w-]+$", call.path)]


@pytest.fixture(scope="module")
def told() -> Quarter:
    return quarter()


@pytest.fixture
def world(told: Quarter, run: Run) -> Iterator[World]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield World(told, run, mock)


def test_it_says_what_is_true_of_the_quarter_and_writes_nothing(world: World) -> None:
    truth = world.told.truth
    hidden = {alias for name in ("our label removed by a person", "linked after the merge")
              for alias in truth.planted[name]}  # fmt: skip
    chosen = sorted(set(world.last) - hidden - set(truth.pending))[::40]
    for alias in chosen:
        found = world.judge(world.last[alias])
        assert sorted(found["krs"]) == sorted(truth.serves[alias]), alias
        assert (found["word"] == "exempt") == (alias in {*truth.exempt, *truth.bots}), alias
    assert world.github.ledger.writes() + world.jira.ledger.writes() == []


def test_a_ticket_leads_to_its_epic_and_no_title_is_told(world: World) -> None:
    titles = {held.now()["fields"]["summary"] for held in world.jira.issues.values()}
    bodies = [body for body in world.last.values() if world.serves(body)][:4]
    for body in bodies:
        found = world.judge(body, "--mode", "required")
        assert found["word"] == "serving"
        assert len(found["path"]) == 2
        shown = json.dumps(found)
        assert not any(title in shown for title in titles)


def test_a_merge_group_is_read_by_its_number(world: World) -> None:
    body = next(body for body in world.last.values() if world.serves(body))
    queue = delivery("github.merge_group")
    queue["repository"] = {key: body["repository"][key] for key in ("id", "full_name", "private")}
    queue["merge_group"]["head_ref"] = f"refs/heads/gh-readonly-queue/main/pr-{body['number']}-{'d' * 40}"
    found = world.judge(queue)
    assert (found["word"], found["krs"]) == ("serving", world.serves(body))


def test_what_names_nothing_is_read_with_its_commits_and_files(world: World) -> None:
    body = next(body for body in world.last.values() if world.serves(body))
    expected, number = world.serves(body), body["number"]
    body = json.loads(json.dumps(body))
    body["pull_request"] |= {"title": "Cache", "body": None}
    body["pull_request"]["head"]["ref"] = "x"
    assert world.judge(body)["krs"] == expected  # the tracker's own word counts more than an old file
    asked = {call.path.rpartition("/")[2] for call in world.github.ledger.calls}
    assert {"commits", "files", str(number)} <= asked


def test_a_ticket_that_is_not_there_is_told(world: World) -> None:
    found = world.judge(world.titled("PAY-9001: cache"), "--mode", "required")
    assert (found["word"], found["case"], found["conclusion"]) == ("unlinked", "absent", "failure")


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (503, "`northwind` does not answer."),
        (401, "`northwind` does not accept the credentials that are set here."),
        (429, "`northwind` asks us to wait for 60 seconds."),
    ],
)
def test_a_tracker_that_does_not_answer_leaves_it_undecided(world: World, status: int, said: str) -> None:
    headers = {"Retry-After": "60"} if status == 429 else {}
    world.jira.faults.fail("/rest/*", status, headers=headers, message="a canary of theirs")
    found = world.judge(world.titled("PAY-12, PAY-13: cache"), "--mode", "required")
    assert (found["word"], found["conclusion"]) == ("undecided", "neutral")
    assert said in found["text"]
    assert "canary" not in json.dumps(found)


def test_an_epic_that_is_not_read_leaves_it_undecided(world: World) -> None:
    body = next(body for body in world.last.values() if world.serves(body))
    ticket, epic = world.judge(body)["path"]
    own = world.jira.ids[epic]
    world.jira.faults.fail(f"/rest/api/2/issue/{own}", 500)
    found = world.judge(world.titled(f"{ticket}: more"))
    assert found["word"] == "undecided"
    assert "could not be read" in found["text"]


def test_what_tells_enough_by_itself_asks_nobody(world: World) -> None:
    code = next(iter(world.told.truth.serves.values()))[0]
    assert world.judge(world.titled("PAY-12: cache", f"KR: {code}"))["word"] == "serving"
    assert world.reads == []


def test_one_run_reads_twenty_and_says_so(world: World) -> None:
    keys = ", ".join(f"PAY-{number}" for number in range(9001, 9031))
    found = world.judge(world.titled("Cache", f"Refs {keys}"))
    assert found["word"] == "undecided"
    assert "20 references were read, and one run reads no more." in found["text"]
    assert len(world.reads) == 20


# --- a commit message

SCISSORS = "# ------------------------ >8 ------------------------"
GOOD = {
    "a trailer": "Cache the page\n\nKR: O1.KR2",
    "a line": "Cache the page\n\nKR: o1.kr2\n\nMore of it.",
    "a ticket": "PAY-12: cache the page",
    "a ticket in a trailer": "Cache the page\n\nRefs: PAY-12",
    "an issue": "Cache the page\n\nFixes #7",
    "an opt-out": "Cache the page\n\nKR: none - debt",
    "a word that opts out": "NO-JIRA: typo",
    "a merge": "Merge branch 'main' into page-cache",
    "a fixup": "fixup! Cache the page",
    "a squash": "squash! Cache the page",
    "a revert": 'Revert "Cache the page"',
    "nothing, which git refuses itself": "\n# Please enter the commit message\n",
}
NOTHING = "This commit names no key result and no ticket.\nAdd a last line `KR: O1.KR2` with"
REFUSED = {
    "nothing": ("Cache the page", NOTHING),
    "only in comments": ("Cache the page\n\n# KR: O1.KR2", NOTHING),
    "only below the scissors": (f"Cache the page\n\n{SCISSORS}\ndiff\nKR: O1.KR2\n", NOTHING),
    "another project's key": ("WEB-12: cache", NOTHING),
    "an unknown code": ("Cache\n\nKR: O1.KR3", "The catalogue holds no `O1.KR3`.\nWrite `KR: O1.KR2`, the"),
    "an opt-out without a reason": ("Cache\n\nKR: none", "This commit says that it serves no key result"),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_a_message_that_says_enough_passes_in_silence(run: Run, name: str) -> None:
    Path("MSG").write_text(GOOD[name])
    found = run("--message-path", "MSG", "--projects", "PAY")
    assert (found.exit_code, found.output) == (0, "")


@pytest.mark.parametrize("name", REFUSED)
def test_a_message_that_says_too_little_gets_the_shortest_fix(run: Run, name: str) -> None:
    message, said = REFUSED[name]
    Path("MSG").write_text(message)
    found = run("--message-path", "MSG", "--projects", "PAY")
    assert (found.exit_code, found.stdout) == (1, "")
    assert found.stderr.startswith(said)
    assert found.stderr.endswith("Your message is kept: git commit --edit --file=MSG\n")
    data = json.loads(run("--message-path", "MSG", "--projects", "PAY", "--json").stdout)
    assert data["conclusion"] == "failure"
    assert data["fixes"]


# --- as it is used


def test_as_a_process_it_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    path = event(title="O1.KR2 cache")
    known = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    known |= {"PYTHONPATH": str(Path(__file__).parents[1]), "TMPDIR": str(tmp_path / "tmp")}
    before = sorted(entry.name for entry in tmp_path.iterdir())
    command = [str(Path(sys.executable).with_name("sightline")), "verdict", "--event-path", path]
    found = subprocess.run(command, env=known, capture_output=True, text=True, check=False, timeout=60)
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout.startswith("## Sightline: Serves O1.KR2\n")
    assert list((tmp_path / "tmp").iterdir()) == []
    assert sorted(entry.name for entry in tmp_path.iterdir()) == before
