"""action.yml, the workflow and the hook that people copy: what they name exists, and what they run runs."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from mutants import delivery
from typer.main import get_command

from webhooks.cli.main import app

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "checks-in-ci.md").read_text(encoding="utf-8")
SIGHTLINE = Path(sys.executable).with_name("sightline")
OKRS = """\
cycles:
  - id: open
    start: 2026-01-01
    end: 2098-12-31
    timezone: UTC
    objectives:
      - {code: O1, title: Buyers finish what they started, owner: head, key_results: [
          {code: O1.KR2, title: Fewer payments given up, metric: share, unit: "%", baseline: 45, target: 30,
           owner: lead}]}
"""
needs = pytest.mark.skipif(not shutil.which("bash") or not shutil.which("git"), reason="needs bash and git")


@pytest.fixture(scope="module")
def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository's folder with its catalogue, and where the action installs to."""
    (tmp_path / "okrs.yaml").write_text(OKRS)
    (tmp_path / "temp" / "sightline" / "bin").mkdir(parents=True)
    (tmp_path / "temp" / "sightline" / "bin" / "sightline").symlink_to(SIGHTLINE)
    return tmp_path


def blocks(tongue: str) -> list[str]:
    return re.findall(rf"^```{tongue}\n(.*?)^```$", PAGE, re.M | re.S)


def around(folder: Path, **more: str) -> dict[str, str]:
    """The environment of a step, without anything of the one that runs these tests."""
    known = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**known, "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(folder / "temp"), **more}


def options() -> set[str]:
    command: Any = get_command(app)
    return {option for param in command.commands["verdict"].params for option in param.opts}


# --- action.yml


def test_each_input_is_described_used_and_in_the_docs(action: dict[str, Any]) -> None:
    steps = json.dumps(action["runs"]["steps"])
    for name, said in action["inputs"].items():
        assert said["description"]
        assert said["required"] is False
        assert f"inputs.{name}" in steps
        assert f"| `{name}` |" in PAGE
    assert set(re.findall(r"inputs\.([\w-]+)", steps)) == set(action["inputs"])


def test_no_input_becomes_text_of_a_script(action: dict[str, Any]) -> None:
    assert action["runs"]["using"] == "composite"
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        assert step.get("shell", "bash") == "bash"


def test_it_installs_from_the_lock_by_its_hashes(action: dict[str, Any]) -> None:
    script = action["runs"]["steps"][1]["run"]
    assert '--require-hashes --only-binary :all: -r "$HERE/requirements.lock"' in script
    assert "${{ github.action_path }}" in action["runs"]["steps"][1]["env"].values()
    assert (ROOT / "requirements.lock").is_file()


def test_the_command_it_runs_has_these_options(action: dict[str, Any]) -> None:
    script = action["runs"]["steps"][-1]["run"]
    assert 'sightline" verdict ' in script
    used = set(re.findall(r"--[a-z-]+", script))
    assert used <= options()
    assert used == {"--event-path", "--okrs", "--config", "--mode", "--projects"}


@needs
@pytest.mark.parametrize(
    ("inputs", "title", "code", "word"),
    [
        ({}, "O1.KR2 cache", 0, "Serves O1.KR2"),
        ({"MODE": "required"}, "Cache", 1, "No key result found"),
        ({"MODE": "required", "PROJECTS": "PAY"}, "PAY-12: cache", 0, "Could not read PAY-12"),
        ({"MODE": "required", "OKRS": "okrs.yaml", "PROJECTS": "$(touch pwned)"}, "Cache", 2, ""),
    ],
)
def test_its_last_step_judges_an_event(
    action: dict[str, Any], checkout: Path, inputs: dict[str, str], title: str, code: int, word: str
) -> None:
    told = delivery("github.pull_request")
    told["pull_request"] |= {"title": title, "body": None}
    told["pull_request"]["head"]["ref"] = "page-cache"
    (checkout / "temp" / "event.json").write_text(json.dumps(told))
    known = dict.fromkeys(action["runs"]["steps"][-1]["env"], "") | inputs
    known |= {
        "GITHUB_EVENT_PATH": str(checkout / "temp" / "event.json"),
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_STEP_SUMMARY": str(checkout / "temp" / "summary.md"),
    }
    script = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", action["runs"]["steps"][-1]["run"]]
    found = subprocess.run(
        script, cwd=checkout, env=around(checkout, **known), capture_output=True, text=True, check=False
    )
    assert found.returncode == code, found.stderr
    assert found.stdout.startswith(f"## Sightline: {word}\n" if word else "")
    if word:
        assert (checkout / "temp" / "summary.md").read_text() == found.stdout
    assert not (checkout / "pwned").exists()


# --- the workflow


def test_the_workflow_that_people_copy_fits_the_action(action: dict[str, Any]) -> None:
    workflow = yaml.safe_load(blocks("yaml")[0])
    types = workflow[True]["pull_request"]["types"]  # YAML 1.1 reads the word `on` so; GitHub does not
    assert {"opened", "edited", "reopened", "synchronize", "labeled", "unlabeled"} == set(types)
    assert workflow["permissions"] == {"contents": "read"}
    steps = workflow["jobs"]["verdict"]["steps"]
    assert steps[0]["with"]["ref"] == "${{ github.base_ref }}"
    assert set(steps[1]["with"]) <= set(action["inputs"])


# --- the hook


@needs
def test_the_hook_that_people_copy_refuses_and_lets_pass(checkout: Path) -> None:
    environ = around(checkout, GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_SYSTEM=os.devnull)
    environ["PATH"] = f"{checkout / 'temp' / 'sightline' / 'bin'}{os.pathsep}{environ['PATH']}"

    def git(*words: str) -> subprocess.CompletedProcess[str]:
        who = ["-c", "user.name=dev", "-c", "user.email=dev@example.com"]
        command = ["git", *who, *words]
        return subprocess.run(command, cwd=checkout, env=environ, capture_output=True, text=True, check=False)

    assert git("init", "-q").returncode == 0
    hook = checkout / ".git" / "hooks" / "commit-msg"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(blocks("bash")[0])
    assert len(hook.read_text().splitlines()) == 3
    hook.chmod(0o755)
    refused = git("commit", "--allow-empty", "-m", "Cache the page")
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        "This commit names no key result and no ticket.\nAdd a last line `KR: O1.KR2`"
    )
    again = re.search(r"git (commit --edit --file=\S+)", refused.stderr)
    assert again
    assert (checkout / again[1].partition("=")[2]).read_text() == "Cache the page\n"
    passes = git("commit", "--allow-empty", "-m", "PAY-12: cache the page")
    assert (passes.returncode, passes.stderr) == (0, "")
    passes = git("commit", "--allow-empty", "-m", "Cache the page", "-m", "KR: O1.KR2")
    assert (passes.returncode, passes.stderr) == (0, "")
