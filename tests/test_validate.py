"""Every mistake in the two files is one clear line with file, line, key and what to write instead."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from linker.config import check, validate_text

APP = """\
store: sqlite:///sightline.sqlite
okrs: okrs.yaml
url: https://sightline.example.com
listen: {host: 127.0.0.1, port: 8080}
sites:
  - name: github.com
    tracker: github
    url: https://github.com
    webhook_secrets: [HOOK_GITHUB]
    token: TOKEN_GITHUB
    repositories: [northwind/ledger, northwind/storefront]
  - name: northwind
    tracker: jira
    url: https://northwind.example.com
    webhook_secrets: [HOOK_JIRA]
    token: TOKEN_JIRA
    user: USER_JIRA
    projects: [PAY, WEB]
teams:
  - name: payments
    projects: [PAY]
    repositories: [northwind/ledger]
policy:
  check: advisory
  checks:
    - {repository: northwind/*, branch: main, mode: off}
  exemptions:
    ktlo: {budget: 0.25}
"""

OKRS = """\
cycles:
  - id: 2026Q4
    start: 2026-10-01
    end: 2026-12-31
    timezone: Europe/Berlin
    objectives:
      - code: O1
        title: Buyers finish what they started
        team: payments
        key_results:
          - code: O1.KR1
            title: Fewer payments are given up
            metric: share of payments given up
            baseline: 31
            target: 22
            comparator: from_to
            kind: committed
            state: open
          - code: O1.KR2
            title: Corrections stay rare
            metric: share of payments corrected by hand
            target: 0.5
            comparator: maintain_below
            kind: guardrail
            guards: O1.KR1
"""

ENVIRON = {
    "HOOK_GITHUB": "one",
    "HOOK_JIRA": "two",
    "HOOK_TWO": "three",
    "HOOK_THREE": "four",
    "TOKEN_GITHUB": "token",
    "TOKEN_JIRA": "token",
    "USER_JIRA": "bot@example.com",
    "EMPTY": "",
}


def lines(folder: Path, app: str = APP, okrs: str = OKRS, **more: str) -> list[str]:
    (folder / "app.yaml").write_text(app, encoding="utf-8")
    (folder / "okrs.yaml").write_text(okrs, encoding="utf-8")
    return validate_text(check(folder / "app.yaml", ENVIRON | more)).splitlines()[:-1]


def mistakes(file: str) -> list[Any]:
    """What is replaced, by what, and each line that `sightline validate` then prints."""
    found = yaml.safe_load((Path(__file__).parent / "mistakes.yaml").read_text(encoding="utf-8"))[file]
    return [pytest.param(one["old"], one["new"], one["said"], id=one["new"].strip()[:30]) for one in found]


@pytest.mark.parametrize(("old", "new", "said"), mistakes("app.yaml"))
def test_a_mistake_in_app_yaml_is_told(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in APP
    assert lines(tmp_path, app=APP.replace(old, new, 1)) == said


@pytest.mark.parametrize(("old", "new", "said"), mistakes("okrs.yaml"))
def test_a_mistake_in_okrs_yaml_is_told(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    assert old in OKRS
    assert lines(tmp_path, okrs=OKRS.replace(old, new, 1)) == said


def test_sound_files_have_no_mistakes(tmp_path: Path) -> None:
    lines(tmp_path)
    assert validate_text(check(tmp_path / "app.yaml", ENVIRON)) == "No mistakes found."


def test_every_mistake_of_both_files_is_told_at_once(tmp_path: Path) -> None:
    app = APP.replace("port: 8080", "prot: 1").replace("[PAY, WEB]", "[PAY, web]").replace("[PAY]", "[PAX]")
    okrs = (
        OKRS.replace(": 31", ": many")
        .replace("guards: O1.KR1", "guards: O1.KR5")
        .replace("kind: c", "knd: c")
    )
    assert [line.split(": ")[0] for line in lines(tmp_path, app, okrs)] == [
        *("app.yaml:4", "app.yaml:18", "app.yaml:21"),
        *("okrs.yaml:14", "okrs.yaml:17", "okrs.yaml:25"),
    ]


def test_the_last_line_counts(tmp_path: Path) -> None:
    lines(tmp_path, app=APP.replace("port: 8080", "prot: 1"))
    environ = {name: value for name, value in ENVIRON.items() if name != "HOOK_JIRA"}
    assert validate_text(check(tmp_path / "app.yaml", environ)).splitlines() == [
        "app.yaml:4: listen.prot: is not a known key. Did you mean 'port'?",
        "app.yaml:15: sites[1].webhook_secrets[0]: HOOK_JIRA is not set here;"
        " the service does not start without it. (warning)",
        "1 error, 1 warning.",
    ]


def test_a_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    said = [f"app.yaml: There is no such file in {tmp_path}. Write one, or name it with --config PATH."]
    assert [str(problem) for problem in check(tmp_path / "app.yaml", {})] == said
    (tmp_path / "app.yaml").write_text(APP, encoding="utf-8")
    hint = "Write one, or name it with the key okrs of app.yaml."
    said = [f"okrs.yaml: There is no such file in {tmp_path}. {hint}"]
    assert [str(problem) for problem in check(tmp_path / "app.yaml", ENVIRON)] == said


def test_one_secret_on_two_sites_is_told_without_showing_it(tmp_path: Path) -> None:
    site = "{name: other, tracker: jira, url: https://o.example.com, webhook_secrets: [HOOK_TWO]}"
    app = APP.replace("projects: [PAY, WEB]", "projects: [PAY, WEB]\n  - " + site)
    assert lines(tmp_path, app, HOOK_TWO="two") == [
        "app.yaml:19: sites[2].webhook_secrets[0]: HOOK_TWO holds the same secret as the site northwind;"
        " the secret tells the sites apart. Give each its own."
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        (
            "SIGHTLINE_LISTEN__PORT",
            "http",
            "SIGHTLINE_LISTEN__PORT: needs a whole number, and this is 'http'.",
        ),
        (
            "SIGHTLINE_SITES",
            "github",
            "SIGHTLINE_SITES: is a list or a set of keys and needs JSON, such as [...]",
        ),
        (
            "SIGHTLINE_TEAMS",
            '[{"nam": "x"}]',
            "SIGHTLINE_TEAMS [0].nam: is not a known key. Did you mean 'name'?",
        ),
        ("SIGHTLINE_STOER", "x", "SIGHTLINE_STOER: is not read by anything. Did you mean 'SIGHTLINE_STORE'?"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    assert lines(tmp_path, okrs="cycles: []", **{name: value})[0].startswith(f"environment: {said}")


HOSTILE = {
    "not UTF-8": b"store: \xff",
    "a control character": b"store: a\x00b",
    "deep": b"a: " + b"[" * 500,
    "aliases of aliases": b"a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n"
    + b"".join(b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 6)),
    "an alias of itself": b"a: &a [*a]",
    "long": b"# " + b"x" * 9_000_000,
    "a list": b"- store",
    "two documents": b"store: a\n---\nstore: b\n",
    "odd keys": b"{[1]: 2, null: 3, {a: b}: c, true: d}",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_file_that_cannot_be_read_is_told_in_one_line_each(tmp_path: Path, name: str) -> None:
    for file in ("app.yaml", "okrs.yaml"):
        lines(tmp_path)
        (tmp_path / file).write_bytes(HOSTILE[name])
        problems = check(tmp_path / "app.yaml", ENVIRON)
        assert any(problem.severity == "error" and problem.file == file for problem in problems)
        assert not any("\n" in str(problem) for problem in problems)
