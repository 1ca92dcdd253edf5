"""The section `signin`: what it may hold, what is a mistake in it, and which role a claim gives."""

import json
from pathlib import Path
from typing import Any

import pytest

from linker.config import Config, ConfigError, config_from, load_config

URL = "https://sightline.example.com"
SECRET = {"OIDC_SECRET": "canary"}
SECTION = {
    "issuer": "https://login.example.com",
    "client_id": "sightline",
    "client_secret": "OIDC_SECRET",
    "roles": {"viewer": ["everyone"], "planner": ["planners", "leads"], "admin": ["ops"]},
}


def built(environ: dict[str, str] | None = None, url: str = URL, **more: Any) -> Config:
    section = {key: value for key, value in (SECTION | more).items() if value is not None}
    return config_from({"url": url, "signin": section}, SECRET if environ is None else environ, Path("/srv"))


def test_the_secret_comes_by_name_and_is_never_shown() -> None:
    config = built()
    assert config.signin_secret is not None
    assert config.signin_secret.get_secret_value() == "canary"
    assert "canary" not in repr(config) + str(config) + config.model_dump_json()
    assert [str(problem) for problem in config.warnings if "signin" in problem.key] == []


@pytest.mark.parametrize(
    ("held", "role"),
    [
        ([], None),
        (["strangers"], None),
        (["Everyone"], None),  # letter by letter
        (["everyone"], "viewer"),
        (["leads", "everyone"], "planner"),
        (["ops", "planners"], "admin"),
    ],
)
def test_the_highest_role_counts(held: list[str], role: str | None) -> None:
    section = built().signin
    assert section is not None
    assert section.role_of(held) == role


@pytest.mark.parametrize(("held", "role"), [([], "planner"), (["everyone"], "planner"), (["ops"], "admin")])
def test_a_default_role_takes_nothing_away(held: list[str], role: str) -> None:
    section = built(default_role="planner").signin
    assert section is not None
    assert section.role_of(held) == role


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"issuer": "http://login.example.com"},
            r"signin\.issuer: 'http://login\.example\.com' is not https",
        ),
        ({"issuer": "login.example.com"}, "is not a web address"),
        ({"issuer": None}, r"signin\.issuer: is missing\. For example: issuer: https"),
        ({"isuer": "x"}, r"signin\.isuer: is not a known key\. Did you mean 'issuer'\?"),
        ({"roles": {"planer": ["x"]}}, r"'planer' is not one of viewer, planner, director, admin"),
        ({"roles": {"planer": ["x"]}}, r"Did you mean 'planner'\?"),
        ({"default_role": "boss"}, "'boss' is not one of viewer, planner, director, admin"),
        ({"roles": {}}, "signin: gives nobody a role. Add roles"),
        ({"roles": {"viewer": []}}, "gives nobody a role"),
        (
            {"roles": {"viewer": ["a"], "admin": ["a"]}},
            r"roles\.admin\[0\]: 'a' gives the role viewer as well",
        ),
        ({"roles": {"viewer": "a"}}, "needs a list"),
        ({"scopes": ["profile"]}, "lacks openid"),
        ({"scopes": ["openid profile"]}, "is not a scope. Write one word an entry"),
        ({"client_secret": "s3cr3t-canary"}, "is not the name of an environment variable"),
    ],
)
def test_a_mistake_is_named_with_its_place_and_fix(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said) as caught:
        built(**more)
    assert "canary" not in str(caught.value)


def test_a_provider_on_this_machine_needs_no_tls() -> None:
    for issuer in ("http://127.0.0.1:9000", "http://localhost:9000/realms/x", "http://[::1]:9000"):
        assert built(issuer=issuer, url="http://127.0.0.1:8080").signin is not None


def test_the_pages_have_to_be_https_as_well() -> None:
    with pytest.raises(ConfigError, match=r"url: is not https, so a sign-in could be read on its way"):
        built(url="http://sightline.example.com")


@pytest.mark.parametrize("empty", ["", " "])
def test_an_empty_client_secret_is_an_error(empty: str) -> None:
    with pytest.raises(ConfigError, match=r"signin\.client_secret: OIDC_SECRET is set, but empty"):
        built({"OIDC_SECRET": empty})


def test_a_service_does_not_start_without_its_client_secret(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(json.dumps({"url": URL, "signin": SECTION}), encoding="utf-8")
    load_config(tmp_path / "app.yaml", {}, catalogue=False)
    with pytest.raises(ConfigError, match="OIDC_SECRET is not set"):
        load_config(tmp_path / "app.yaml", {}, catalogue=False, service=True)


def test_a_variable_named_by_the_section_is_no_stranger() -> None:
    config = built({"SIGHTLINE_OIDC": "canary"}, client_secret="SIGHTLINE_OIDC")
    assert not any("SIGHTLINE_OIDC" in problem.key for problem in config.warnings)
