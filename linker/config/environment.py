"""The environment: `SIGHTLINE_` variables that replace keys of app.yaml, and the secrets that it names."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from pydantic import SecretStr
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from linker.config.app import AppFile, GitHubSite, JiraSite
from linker.model import Noun
from linker.okrs import Loc, Problem, did_you_mean, key_path
from linker.okrs.walk import Entry

PREFIX = "SIGHTLINE_"
NESTED = "__"
OURS = frozenset({"SIGHTLINE_CONFIG"})  # read by the command line
NEVER_REPLACED = frozenset(
    {"session_secret", "store_password"}
)  # a variable of that name is the secret itself


class Overrides(AppFile, BaseSettings):
    """app.yaml as pydantic-settings sees it; only used to read the environment, never filled."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter=NESTED, env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The caller's mapping is the environment; nothing is read behind its back."""
        return (init_settings,)


class Secrets(Noun):
    """What the environment holds for one site."""

    webhook: tuple[SecretStr, ...] = ()
    header_token: SecretStr | None = None
    token: SecretStr | None = None
    user: str | None = None
    app_key: SecretStr | None = None

    @property
    def can_write(self) -> bool:
        """Are there credentials to read and write with?"""
        return self.token is not None or self.app_key is not None


def overrides(environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Keys of app.yaml that the environment replaces, in the file's own shape."""
    wanted = {name: value for name, value in environ.items() if _top(name) and value}
    source = EnvSettingsSource(Overrides)
    found: dict[str, Any] = {}
    problems = []
    for field in sorted({_top(name) for name in wanted}):
        source.env_vars = {name.lower(): value for name, value in wanted.items() if _top(name) == field}
        try:
            found |= source()
        except (ValueError, json.JSONDecodeError):
            text = "is a list or a set of keys and needs JSON, such as [...] or {...}."
            problems.append(Problem(file="environment", line=None, key=PREFIX + field.upper(), text=text))
    return found, problems


def merged(file: Entry, replaced: Entry) -> dict[str, Any]:
    """The file with what the environment replaces; sets of keys are joined, all else is taken over."""
    whole = dict(file)
    for key, value in replaced.items():
        before = whole.get(key)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            whole[key] = merged(before, value)
        else:
            whole[key] = value
    return whole


def is_replaced(loc: Loc, found: Entry) -> bool:
    """Does the value at this location come from the environment?"""
    here: object = found
    for part in loc:
        if not isinstance(here, Mapping):
            return True
        if part not in here:
            return False
        here = here[part]
    return bool(loc)


def variable(loc: Loc, found: Entry) -> str:
    """The variable that replaces a key, and where in its JSON the key stands."""
    name = ""
    here: object = found
    for index, part in enumerate(loc):
        if not isinstance(here, Mapping):
            return f"{PREFIX}{name} {key_path(loc[index:])}"
        name += NESTED * bool(name) + str(part).upper()
        here = here.get(part)
    return PREFIX + name


def strangers(environ: Mapping[str, str], named: Iterable[str]) -> list[Problem]:
    """A warning for each SIGHTLINE_ variable that replaces nothing and is named nowhere."""
    known = {*named, *OURS, *(PREFIX + field.upper() for field in AppFile.model_fields)}
    return [
        Problem(
            file="environment",
            line=None,
            key=name,
            text=f"is not read by anything.{did_you_mean(name, known)}",
            severity="warning",
        )
        for name in sorted(environ)
        if name.startswith(PREFIX) and not _top(name) and name not in known
    ]


def secrets_of(site: GitHubSite | JiraSite, environ: Mapping[str, str]) -> Secrets:
    """The secrets of a site; names that are not set or empty give nothing."""

    webhook = tuple(found for name in site.webhook_secrets if (found := secret(name, environ)))
    token = secret(site.token, environ)
    if site.tracker == "github":
        return Secrets(
            webhook=webhook, token=token, app_key=secret(site.app.key if site.app else None, environ)
        )
    user = environ.get(site.user or "", "").strip()
    header = secret(site.header_token, environ)
    return Secrets(webhook=webhook, token=token, user=user or None, header_token=header)


def secret(name: str | None, environ: Mapping[str, str]) -> SecretStr | None:
    """A secret by the name of its variable; None when there is none or it is blank."""
    value = environ.get(name or "", "")
    return SecretStr(value) if value.strip() else None


def without_password(store: str) -> tuple[str, SecretStr | None]:
    """A store's address that can be shown, and the password that stood in it."""
    scheme, _, rest = store.partition("://")
    account, at, host = rest.rpartition("@")
    user, colon, password = account.partition(":")
    if not colon:
        return store, None
    return f"{scheme}://{user}{at}{host}", SecretStr(unquote(password)) if password else None


def _top(name: str) -> str:
    """The key of app.yaml that a variable replaces, or nothing."""
    if not name.startswith(PREFIX):
        return ""
    field = name.removeprefix(PREFIX).split(NESTED)[0].lower()
    return field if field in AppFile.model_fields and field not in NEVER_REPLACED else ""
