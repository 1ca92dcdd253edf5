"""app.yaml, okrs.yaml and the environment become one Config, or every mistake in them at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationError

from linker.config import environment
from linker.config.app import AppFile, GitHubSite, JiraSite
from linker.config.checks import cross_checks, names, secret_checks
from linker.config.environment import Secrets
from linker.config.yaml_lines import Lines, read_yaml
from linker.model import TrackerName
from linker.okrs import Catalogue, Loc, Problem, explain, key_path, parse


class ConfigError(Exception):
    """The files or the environment hold mistakes; `problems` has each of them."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(validate_text(problems))
        self.problems = problems


class Config(AppFile):
    """app.yaml with what the environment adds: secrets, and where files are."""

    base: Path = Field(exclude=True)
    secrets: Mapping[str, Secrets] = Field(exclude=True, repr=False)
    session: SecretStr | None = Field(None, exclude=True)
    password: SecretStr | None = Field(None, exclude=True)
    warnings: tuple[Problem, ...] = Field((), exclude=True)

    def secrets_of(self, site: GitHubSite | JiraSite) -> Secrets:
        """What the environment held for a site when this was loaded."""
        return self.secrets[f"{site.tracker}:{site.name}"]

    def site(self, tracker: TrackerName, name: str) -> GitHubSite | JiraSite | None:
        """The site that item ids name."""
        return next((site for site in self.sites if (site.tracker, site.name) == (tracker, name)), None)

    @property
    def okrs_path(self) -> Path:
        """Where okrs.yaml lies."""
        return self.base / self.okrs

    @property
    def store_url(self) -> SecretStr:
        """The store with its password; a relative SQLite path lies beside app.yaml."""
        scheme, _, rest = self.store.partition("://")
        if scheme == "sqlite":
            path = rest.removeprefix("/")
            return SecretStr(f"sqlite:///{path if path in ('', ':memory:') else self.base.resolve() / path}")
        user, at, host = rest.rpartition("@")
        if self.password and at and ":" not in user:
            user = f"{user}:{quote(self.password.get_secret_value(), safe='')}"
        return SecretStr(f"{scheme}://{user}{at}{host}")


def load_config(
    path: Path, environ: Mapping[str, str], *, catalogue: bool = True, service: bool = False
) -> Config:
    """The Config of a file; ConfigError with every problem of app.yaml, the environment and okrs.yaml.

    A `service` needs its webhook secrets now; other commands only warn. Without `catalogue` okrs.yaml is not
    looked at, for processes that read the store.
    """
    config, _, problems = _load(path, environ, catalogue=catalogue, service=service)
    if config is None or any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
    return config.model_copy(update={"warnings": tuple(problems)})


def read_catalogue(config: Config) -> Catalogue:
    """okrs.yaml as it is now; ConfigError with every problem in it."""
    found, problems = _catalogue(config, str(config.okrs))
    if found is None:
        raise ConfigError(problems)
    return found


def check(path: Path, environ: Mapping[str, str]) -> list[Problem]:
    """Every error and warning of app.yaml, okrs.yaml and the environment, for `sightline validate`."""
    return _load(path, environ, catalogue=True, service=False)[2]


def config_from(data: Mapping[str, Any], environ: Mapping[str, str], base: Path) -> Config:
    """A Config from values instead of a file, for the demo and for tests."""
    config, problems = _config(data, Lines(), environ, base, "app.yaml", service=False)
    if config is None or any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
    return config.model_copy(update={"warnings": tuple(problems)})


def validate_text(problems: list[Problem]) -> str:
    """Problems as lines to print, and a sentence that counts them."""
    errors = sum(problem.severity == "error" for problem in problems)
    lines = [f"{problem}" if problem.severity == "error" else f"{problem} (warning)" for problem in problems]
    if not problems:
        return "No mistakes found."
    return "\n".join([*lines, f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}."])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _load(
    path: Path, environ: Mapping[str, str], *, catalogue: bool, service: bool
) -> tuple[Config | None, Catalogue | None, list[Problem]]:
    text, missing = _text(path, path.name, "Write one, or name it with --config PATH.")
    if text is None:
        return None, None, missing
    data, lines, problems = read_yaml(text, path.name)
    if problems and data is None:
        return None, None, problems
    config, found = _config(
        {} if data is None else data, lines, environ, path.parent, path.name, service=service
    )
    problems += found
    if not catalogue:
        return config, None, problems
    if config is None:  # the catalogue's own mistakes are still named, where it can be found
        named = data.get("okrs") if isinstance(data, Mapping) else None
        okrs = named if isinstance(named, str) else "okrs.yaml"
        _, more = _read_okrs(path.parent / okrs, okrs, frozenset(), frozenset())
        return None, None, problems + more
    catalogued, more = _catalogue(config, config.okrs)
    return config, catalogued, problems + more


def _text(path: Path, shown: str, hint: str) -> tuple[str | None, list[Problem]]:
    try:
        return path.read_text(encoding="utf-8-sig"), []
    except FileNotFoundError:
        words = f"There is no such file in {path.parent.resolve()}. {hint}"
    except IsADirectoryError:
        words = "This is a folder, not a file."
    except UnicodeDecodeError as error:
        words = f"Byte {error.start} is not UTF-8. Save the file as UTF-8."
    except OSError as error:
        words = f"The file cannot be read: {error.strerror}."
    return None, [Problem(file=shown, line=None, key="", text=words)]


def _config(
    data: object, lines: Lines, environ: Mapping[str, str], base: Path, file: str, *, service: bool
) -> tuple[Config | None, list[Problem]]:
    if not isinstance(data, Mapping):
        text = "is not a set of keys. Start with `store: sqlite:///sightline.sqlite`."
        return None, [Problem(file=file, line=1, key="", text=text)]
    replaced, problems = environment.overrides(environ)
    whole = environment.merged(data, replaced)

    def place(loc: Loc, text: str, severity: Any = "error") -> Problem:
        if environment.is_replaced(loc, replaced):
            return Problem(
                file="environment", line=None, key=environment.variable(loc), text=text, severity=severity
            )
        return Problem(file=file, line=lines.locate(loc), key=key_path(loc), text=text, severity=severity)

    try:
        app = AppFile.model_validate(whole)
    except ValidationError as error:
        found = explain(error, AppFile.model_json_schema(), file, lines.locate, whole)
        return None, problems + found
    problems += [place(*said) for said in cross_checks(app, data)]
    problems += [place(*said) for said in secret_checks(app, environ, service=service)]
    problems += environment.strangers(environ, names(app))
    return _resolved(app, environ, base), problems


def _resolved(app: AppFile, environ: Mapping[str, str], base: Path) -> Config:
    secrets = {f"{site.tracker}:{site.name}": environment.secrets_of(site, environ) for site in app.sites}
    sites = tuple(
        site.model_copy(update={"dry": site.dry or not secrets[f"{site.tracker}:{site.name}"].can_write})
        for site in app.sites
    )
    known = {name: getattr(app, name) for name in AppFile.model_fields}
    return Config(
        **(known | {"sites": sites}),
        base=base,
        secrets=secrets,
        session=environment.secret(app.session_secret, environ),
        password=environment.secret(app.store_password, environ),
    )


def _catalogue(config: Config, shown: str) -> tuple[Catalogue | None, list[Problem]]:
    projects = frozenset(key for site in config.sites if site.tracker == "jira" for key in site.projects)
    return _read_okrs(config.okrs_path, shown, projects, frozenset(team.name for team in config.teams))


def _read_okrs(
    path: Path, shown: str, projects: frozenset[str], teams: frozenset[str]
) -> tuple[Catalogue | None, list[Problem]]:
    text, missing = _text(path, shown, "Write one, or name it with the key okrs of app.yaml.")
    if text is None:
        return None, missing
    data, lines, problems = read_yaml(text, shown)
    if problems and data is None:
        return None, problems
    found, more = parse(data, lines.locate, shown, projects=projects, teams=teams)
    return (None if problems else found), problems + more
