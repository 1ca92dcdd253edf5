"""The reader beside other projects' own tests and 15,000 real commits; skipped where these do not lie."""

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from linker.tags import Vocabulary, read

# Peers disagree about cases with these tags; docs/decisions/002-reading-text.md says what we do and why.
PEERS = {
    "policy", "title-prefix-policy", "no-issue-marker", "brackets-only", "known-issues-only",
    "known-projects-only", "disabled-project", "user-shorthand",
}  # fmt: skip
DIFFERENT = {
    "policy": 7, "title-prefix-policy": 6, "no-issue-marker": 4, "brackets-only": 2, "disabled-project": 1,
    "user-shorthand": 1,
}  # fmt: skip


def oracle(shared_data: Path, name: str) -> Any:
    return json.loads((shared_data / "oracles" / name).read_text())


def corpus(shared_data: Path, project: str) -> list[dict[str, Any]]:
    with gzip.open(shared_data / "corpus" / f"{project}.jsonl.gz", "rt") as lines:
        return [json.loads(line) for line in lines]


def agrees(case: dict[str, Any]) -> bool:
    config = case.get("config", {})
    projects = frozenset(config["known_projects"]) if "known_projects" in config else None
    repo = config.get("repo")
    reading = read(case["text"], case["kind"], Vocabulary(projects=projects, hosts=None), repo)
    if case["scheme"] == "jira":
        found = [key.key for key in reading.keys if key.configured]
        closing = [key.key for key in reading.keys if key.configured and key.kind == "delivers"]
        return bool(found == case["expected_keys"] and case.get("expected_closing", closing) == closing)
    names = {ref: ("" if ref.repo in (None, repo) else ref.repo) + f"#{ref.number}" for ref in reading.refs}
    closes = sorted(name for ref, name in names.items() if ref.closes)
    if config.get("base_is_default_branch") is False:
        closes = []  # whoever asks knows the base branch, the text does not
    expected = sorted(case.get("expected_closing", closes))
    return sorted(names.values()) == sorted(case["expected_keys"]) and closes == expected


def test_issue_keys(shared_data: Path) -> None:
    wrong = [case for case in oracle(shared_data, "issue_keys.shared.json")["cases"] if not agrees(case)]
    assert [case["id"] for case in wrong if not PEERS & set(case.get("tags", []))] == []
    assert Counter(tag for case in wrong for tag in PEERS & set(case["tags"])) == DIFFERENT


def test_git_trailers(shared_data: Path) -> None:
    for case in oracle(shared_data, "git_trailers.shared.json")["cases"]:
        found = [list(trailer) for trailer in read(case["message"], "commit", Vocabulary()).trailers]
        assert found == case["expected_trailers"], case["id"]


def test_no_false_key_links(shared_data: Path) -> None:
    for item in oracle(shared_data, "false_keys.shared.json")["items"]:
        vocabulary = Vocabulary(projects=frozenset({item["project"].upper()}), hosts=None)
        for context in item["contexts"]:
            seen = read(context["text"], context["field"], vocabulary).keys
            assert item["token"].upper() not in {key.key for key in seen if key.configured}, context


def test_closing_keywords_of_real_pull_requests(shared_data: Path) -> None:
    for case in oracle(shared_data, "devlake_pr_links.json")["github_closing_keyword_cases"]:
        seen = read(case.get("body") or "", "body", Vocabulary(), case["repo"]).refs
        closed = [ref.number for ref in seen if ref.closes and ref.repo == case["repo"]]
        known = [number for number in closed if number in case["known_issue_numbers"]]
        assert known == case["expected_closing_issue_numbers"], case["id"]


@pytest.mark.parametrize("project", ["kafka", "arrow"])
def test_branches_of_real_commits(shared_data: Path, project: str) -> None:
    vocabulary = Vocabulary(projects=frozenset({project.upper(), "PARQUET"}))
    checked = 0
    for row in corpus(shared_data, project):
        branch, key = row["source_branch"], row["primary_jira_key"]
        if branch and key and re.search(re.escape(key) + r"(?![A-Za-z0-9])", branch, re.IGNORECASE):
            checked += 1
            assert (key, "delivers") in [
                (seen.key, seen.kind) for seen in read(branch, "branch", vocabulary).keys
            ], branch
    assert checked > 500


@pytest.mark.parametrize("project", ["kafka", "arrow", "calcite"])
def test_titles_of_real_commits(shared_data: Path, project: str) -> None:
    vocabulary = Vocabulary(projects=frozenset({project.upper(), "PARQUET"}))
    for row in corpus(shared_data, project):
        found = {key.key: key.kind for key in read(row["title"], "title", vocabulary).keys if key.configured}
        expected = {
            key for key in row["jira_keys_in_title"] if key.split("-")[0] in (project.upper(), "PARQUET")
        }
        assert expected <= set(found), row["title"]
        assert all(key in row["title"].upper() for key in found)
        if row["primary_jira_key"] in expected:
            assert found[row["primary_jira_key"]] == "delivers", row["title"]


def test_codes_in_titles_of_real_commits(shared_data: Path) -> None:
    for row in corpus(shared_data, "kafka"):
        codes = row["kip_ids_in_title"]
        if codes:
            seen = read(row["title"], "title", Vocabulary(codes=frozenset(codes))).codes
            assert [code.code for code in seen] == codes, row["title"]


def test_fields_of_keyed_deliveries(shared_data: Path) -> None:
    def keys(text: str | None, place: Any) -> list[str]:
        return [key.key for key in read(text or "", place, Vocabulary(projects=None, hosts=None)).keys]

    for path in sorted((shared_data / "github-webhooks-keyed").glob("*.json")):
        case = json.loads(path.read_text())
        payload, expected = case["payload"], case["expected_keys_by_field"]
        thing = payload.get("pull_request") or payload.get("issue") or {}
        found: dict[str, Any] = {
            "title": keys(thing.get("title"), "title"),
            "body": keys(thing.get("body"), "body"),
        }
        found["branch"] = keys(thing["head"]["ref"] if "head" in thing else payload.get("ref"), "branch")
        found["commits"] = [keys(commit["message"], "commit") for commit in payload.get("commits", [])]
        found["comment"] = keys(payload.get("comment", {}).get("body"), "comment")
        found["previous_title"] = keys(payload.get("changes", {}).get("title", {}).get("from"), "title")
        if payload.get("ref_type", "branch") != "branch":
            found["branch"] = []  # a tag is no branch; whoever parses the delivery knows
        for field in expected.keys() - {"note"}:
            assert found[field] == expected[field], (path.name, field)
