"""One file for the operator: what it may hold, what the environment replaces, and where secrets come from."""

import json
import pickle
import time
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker.config import (
    Config,
    ConfigError,
    app_schema,
    config_from,
    glob_matches,
    load_config,
    okrs_schema,
    read_catalogue,
    vocabulary,
)
from linker.config.schema import schema_text
from linker.config.yaml_lines import read_yaml

ROOT = Path(__file__).parents[1]
HOOKS = {"GITHUB_WEBHOOK_SECRET": "one", "JIRA_WEBHOOK_SECRET": "two"}


def github(**more: Any) -> dict[str, Any]:
    site = {"name": "github.com", "tracker": "github", "url": "https://github.com", "token": "GITHUB_TOKEN"}
    return site | {"webhook_secrets": ["GITHUB_WEBHOOK_SECRET"]} | more


def built(environ: dict[str, str] | None = None, **keys: Any) -> Config:
    return config_from({"sites": [github()]} | keys, HOOKS if environ is None else environ, Path("/srv"))


# --- the sample -------------------------------------------------------------------------------------------


def test_the_sample_files_load() -> None:
    config = load_config(ROOT / "app.yaml", HOOKS, service=True)
    assert [(site.name, site.dry) for site in config.sites] == [("github.com", True), ("northwind", True)]
    assert [team.name for team in config.teams] == ["payments", "web", "platform"]
    assert "O1.KR2" in read_catalogue(config).codes


@pytest.mark.parametrize(("name", "schema"), [("app", app_schema), ("okrs", okrs_schema)])
def test_the_schemas_for_editors_are_fresh(name: str, schema: Any) -> None:
    """To renew: call linker.config.schema.write_schemas(Path("docs/schema"))."""
    kept = (ROOT / "docs" / "schema" / f"{name}.schema.json").read_text(encoding="utf-8")
    assert kept == schema_text(schema())
    assert (
        (ROOT / f"{name}.yaml")
        .read_text()
        .startswith(f"# yaml-language-server: $schema=./docs/schema/{name}.schema.json\n")
    )


def test_every_key_has_words_for_editors() -> None:
    for schema in (app_schema(), okrs_schema()):
        for shape in [schema, *schema["$defs"].values()]:
            assert all("description" in key or "const" in key for key in shape.get("properties", {}).values())


def test_an_empty_file_is_a_config_with_defaults(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("", encoding="utf-8")
    config = load_config(tmp_path / "app.yaml", {}, catalogue=False)
    assert config.policy.check == "advisory"
    assert [str(problem) for problem in config.warnings] == [
        "app.yaml: sites: names no tracker, so nothing can come in. Add GitHub or Jira."
    ]


def test_without_a_catalogue_a_process_needs_no_okrs_yaml(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text("url: https://sightline.example.com/", encoding="utf-8")
    assert load_config(tmp_path / "app.yaml", {}, catalogue=False).url == "https://sightline.example.com"
    with pytest.raises(ConfigError, match=r"okrs\.yaml: There is no such file"):
        load_config(tmp_path / "app.yaml", {})


# --- the environment --------------------------------------------------------------------------------------


def test_the_environment_replaces_keys() -> None:
    environ = HOOKS | {
        "SIGHTLINE_LISTEN__PORT": "9090",
        "SIGHTLINE_POLICY__GRACE_DAYS": "7",
        "SIGHTLINE_URL": "",
    }
    config = built(environ, listen={"host": "0.0.0.0", "port": 1}, policy={"check": "off"})
    assert (config.listen.host, config.listen.port) == ("0.0.0.0", 9090)
    assert (config.policy.grace_days, config.policy.check) == (7, "off")
    assert config.url == "http://127.0.0.1:8080"


def test_a_list_is_replaced_as_json() -> None:
    environ = {"SIGHTLINE_SITES": json.dumps([github(name="ghe")]), "GITHUB_WEBHOOK_SECRET": "one"}
    assert [site.name for site in built(environ).sites] == ["ghe"]


def test_only_the_given_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGHTLINE_LISTEN__PORT", "9090")
    assert built().listen.port == 8080


def test_a_variable_named_as_a_secret_replaces_no_key() -> None:
    config = built(HOOKS | {"SIGHTLINE_SESSION_SECRET": "canary", "SIGHTLINE_STORE_PASSWORD": "canary"})
    assert config.session_secret == "SIGHTLINE_SESSION_SECRET"
    assert config.session is not None
    assert config.session.get_secret_value() == "canary"


def test_a_variable_that_nothing_reads_is_a_warning() -> None:
    config = built(HOOKS | {"SIGHTLINE_UTL": "x", "SIGHTLINE_CONFIG": "x", "GITHUB_TOKEN": "x", "HOME": "x"})
    assert [str(problem) for problem in config.warnings] == [
        "environment: SIGHTLINE_UTL: is not read by anything. Did you mean 'SIGHTLINE_URL'?"
    ]


# --- secrets ----------------------------------------------------------------------------------------------


def test_secrets_come_by_name_and_are_never_shown() -> None:
    environ = {"GITHUB_WEBHOOK_SECRET": "canary-1", "NEW": "canary-2", "GITHUB_TOKEN": "canary-3"}
    config = built(environ, sites=[github(webhook_secrets=["GITHUB_WEBHOOK_SECRET", "NEW"])])
    secrets = config.secrets_of(config.sites[0])
    assert [secret.get_secret_value() for secret in secrets.webhook] == ["canary-1", "canary-2"]
    assert not config.sites[0].dry
    assert "canary" not in repr(config) + str(config) + config.model_dump_json() + repr(secrets)


@pytest.mark.parametrize(
    ("environ", "more", "dry"),
    [
        ({}, {}, True),
        ({"GITHUB_TOKEN": " "}, {}, True),
        ({"GITHUB_TOKEN": "x"}, {}, False),
        ({"GITHUB_TOKEN": "x"}, {"dry": True}, True),
        ({"PEM": "x"}, {"token": None, "app": {"id": 1, "installation": 2, "key": "PEM"}}, False),
    ],
)
def test_without_credentials_a_site_is_dry(environ: dict[str, str], more: dict[str, Any], dry: bool) -> None:
    assert built(HOOKS | environ, sites=[github(**more)]).sites[0].dry is dry


def test_a_service_does_not_start_without_its_webhook_secrets(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(json.dumps({"sites": [github()]}), encoding="utf-8")
    load_config(tmp_path / "app.yaml", {}, catalogue=False)
    with pytest.raises(ConfigError, match=r"GITHUB_WEBHOOK_SECRET is not set\. Set it to the secret"):
        load_config(tmp_path / "app.yaml", {}, catalogue=False, service=True)


@pytest.mark.parametrize("empty", ["", "  ", "\n"])
def test_an_empty_webhook_secret_is_always_an_error(empty: str) -> None:
    with pytest.raises(ConfigError, match="GITHUB_WEBHOOK_SECRET is set, but empty"):
        built({"GITHUB_WEBHOOK_SECRET": empty})


def test_a_header_token_stands_in_for_secrets_only_on_jira() -> None:
    old = {"name": "dc", "tracker": "jira", "url": "https://jira.example.com", "header_token": "HEADER"}
    config = built({"HEADER": "canary"}, sites=[old])
    header = config.secrets_of(config.sites[0]).header_token
    assert header is not None
    assert header.get_secret_value() == "canary"
    with pytest.raises(ConfigError, match="header_token: is not a known key"):
        built(sites=[github(header_token="HEADER")])


@pytest.mark.parametrize("key", ["webhook_secrets", "token", "url"])
def test_a_secret_in_the_wrong_place_is_not_repeated(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        built(sites=[github(**{key: "user:canary-secret@x"})])
    assert "canary" not in str(caught.value)


def test_a_config_travels_to_another_process() -> None:
    config = built(HOOKS | {"GITHUB_TOKEN": "x"})
    assert pickle.loads(pickle.dumps(config)) == config


# --- the store --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("store", "password", "url"),
    [
        ("sqlite:///sightline.sqlite", "", "sqlite:////srv/sightline.sqlite"),
        ("sqlite:////var/lib/s.sqlite", "", "sqlite:////var/lib/s.sqlite"),
        ("sqlite:///:memory:", "", "sqlite:///:memory:"),
        (
            "postgresql+psycopg://s@db.example.com/s",
            "p@:/",
            "postgresql+psycopg://s:p%40%3A%2F@db.example.com/s",
        ),
        ("postgresql+psycopg:///s?host=/run", "p", "postgresql+psycopg:///s?host=/run"),
    ],
)
def test_the_stores_address_has_its_path_and_password(store: str, password: str, url: str) -> None:
    config = built(HOOKS | {"SIGHTLINE_STORE_PASSWORD": password}, store=store)
    assert config.store_url.get_secret_value() == url


def test_an_address_from_the_environment_may_hold_a_password_and_hides_it() -> None:
    address = "postgresql+psycopg://s:canary%40@db.example.com/s"
    config = built(HOOKS | {"SIGHTLINE_STORE": address})
    assert config.store == "postgresql+psycopg://s@db.example.com/s"
    assert config.store_url.get_secret_value() == address
    assert "canary" not in repr(config)


# --- sites and policy -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com", "https://api.github.com"),
        ("https://git.example.com/", "https://git.example.com/api/v3"),
    ],
)
def test_the_api_of_github_is_found(url: str, api: str) -> None:
    assert built(sites=[github(url=url)]).github_sites[0].api_url == api


def test_a_site_is_found_by_its_tracker_and_name() -> None:
    config = load_config(ROOT / "app.yaml", HOOKS)
    assert config.site("jira", "northwind") == config.jira_sites[0]
    assert config.site("github", "northwind") is None
    assert config.projects == {"PAY", "WEB"}


def test_the_reader_of_texts_knows_the_words_of_both_files() -> None:
    config = load_config(ROOT / "app.yaml", HOOKS)
    words = vocabulary(config, read_catalogue(config))
    assert words.projects == frozenset({"PAY", "WEB"})
    assert words.cycles == {"2026Q4"}
    assert words.hosts == frozenset({"northwind.example.com"})
    assert words.github_hosts == {"github.com"}
    assert "O1.KR2" in words.codes
    assert words.optouts["NO-JIRA"] == "ktlo"


CHECKS = [
    {"repository": "northwind/legacy-*", "mode": "off"},
    {"repository": "Northwind/*", "branch": "main", "mode": "required", "from": "2026-12-01"},
]


@pytest.mark.parametrize(
    ("repository", "branch", "on", "mode"),
    [
        ("northwind/legacy-shop", "main", date(2026, 12, 1), "off"),
        ("northwind/ledger", "main", date(2026, 12, 1), "required"),
        ("northwind/ledger", "main", date(2026, 11, 30), "advisory"),
        ("northwind/ledger", "next", date(2026, 12, 1), "advisory"),
        ("other/northwind/ledger", "main", date(2026, 12, 1), "advisory"),
    ],
)
def test_the_first_check_that_fits_and_has_begun_counts(
    repository: str, branch: str, on: date, mode: str
) -> None:
    assert built(policy={"checks": CHECKS}).policy.check_rule(repository, branch, on).mode == mode


def test_one_budget_leaves_the_others_as_they_are() -> None:
    policy = built(policy={"exemptions": {"ktlo": {"budget": 0.1}}}).policy
    assert policy.exemptions["ktlo"].budget == 0.1
    assert policy.exemptions["debt"].floor == 0.2
    assert set(policy.exemptions) == {"ktlo", "debt", "incident", "spike", "upstream", "docs"}


def test_opt_out_words_are_capitals() -> None:
    assert built(policy={"optouts": {"no-ticket": "docs"}}).policy.optouts == {"NO-TICKET": "docs"}


@pytest.mark.parametrize("pattern", ["*a" * 69 + "b", "*?" * 70, "*" * 140, "a*" * 70])
def test_no_pattern_is_slow_on_hostile_text(pattern: str) -> None:
    before = time.perf_counter()
    glob_matches(pattern, "a" * 255)
    assert time.perf_counter() - before < 0.1


@given(st.text("ab/*?", max_size=8), st.text("ab/", max_size=8))
def test_a_pattern_matches_as_if_each_star_were_tried_in_every_way(pattern: str, text: str) -> None:
    def tried(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(tried(pattern[1:], text[at:]) for at in range(len(text) + 1))
        return bool(text) and pattern[0] in ("?", text[0]) and tried(pattern[1:], text[1:])

    assert glob_matches(pattern, text) is tried(pattern, text)


# --- yaml -------------------------------------------------------------------------------------------------


def test_words_stay_words() -> None:
    data, _, problems = read_yaml(
        "{check: off, on: 2026-11-03, no: yes, n: 010, v: 1.5, t: 12:30, x: ~}", "a.yaml"
    )
    assert problems == []
    assert data == {
        "check": "off",
        "on": "2026-11-03",
        "no": "yes",
        "n": 10,
        "v": 1.5,
        "t": "12:30",
        "x": None,
    }


def test_every_place_has_its_line() -> None:
    _, lines, _ = read_yaml("a:\n  - b: 1\n    c: 2\n  - d\n", "a.yaml")
    assert [lines.locate(loc) for loc in (("a",), ("a", 0, "c"), ("a", 1), ("a", 0, "x"), ("z",))] == [
        1,
        3,
        4,
        2,
        1,
    ]


@given(st.text(max_size=200))
def test_any_text_is_read_or_explained(text: str) -> None:
    _, _, problems = read_yaml(text, "a.yaml")
    assert all(str(problem).startswith("a.yaml") and "\n" not in str(problem) for problem in problems)


# --- the docs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", [app_schema, okrs_schema])
def test_every_key_stands_in_the_docs_with_its_words(schema: Any) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    rows = {
        line.split("`")[1].rpartition(".")[2]: line for line in page.splitlines() if line.startswith("| `")
    }
    for shape in [schema(), *schema()["$defs"].values()]:
        for key, node in shape.get("properties", {}).items():
            assert key in rows
            assert node["description"] in page, f"{key}: docs/configuration.md has other words than editors"
