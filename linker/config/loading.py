"""app.yaml, okrs.yaml and the environment become one Config, or every mistake in them at once."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from linker.config import environment
from linker.config.app import AppFile
from linker.config.checks import cross_checks, names, projects, secret_checks
from linker.config.config import Config, ConfigError
from linker.config.schema import app_schema
from linker.config.warn import hooks_of
from linker.config.yaml_lines import LONGEST, Lines, read_yaml
from linker.okrs import Catalogue, Loc, Problem, explain, key_path, parse
from linker.okrs.walk import Entry, each, text

Environ = Mapping[str, str]


def load_config(path: Path, environ: Environ, *, catalogue: bool = True, service: bool = False) -> Config:
    """The Config of a file; ConfigError with every problem of app.yaml, the environment and okrs.yaml.

    A `service` needs its webhook secrets now; other commands only warn. Without `catalogue` okrs.yaml is not
    looked at, for processes that read the store.
    """
    config, problems = _load(path, environ, catalogue=catalogue, service=service)
    return _sound(config, problems)


def config_from(data: Mapping[str, Any], environ: Environ, base: Path) -> Config:
    """A Config from values instead of a file, for the demo and for tests; okrs.yaml is not looked at."""
    read = _read(data, Lines(), environ, base, "app.yaml", service=False)
    return _sound(read.config, read.problems)


def check(path: Path, environ: Environ, *, service: bool = False) -> list[Problem]:
    """Every error and warning of app.yaml, okrs.yaml and the environment, for `sightline validate`."""
    return _load(path, environ, catalogue=True, service=service)[1]


def read_catalogue(config: Config) -> Catalogue:
    """okrs.yaml as it is now; ConfigError with every problem in it."""
    teams = frozenset(team.name for team in config.teams)
    found, problems = _catalogue(config.okrs_path, config.okrs, config.projects, teams)
    if found is None:
        raise ConfigError(problems)
    return found


class _Read(NamedTuple):
    config: Config | None
    whole: Entry  # the file as written, with what the environment replaces
    problems: list[Problem]


def _sound(config: Config | None, problems: list[Problem]) -> Config:
    if config is None or any(problem.severity == "error" for problem in problems):
        raise ConfigError(problems)
    return config.model_copy(update={"warnings": tuple(problems)})


def _load(
    path: Path, environ: Environ, *, catalogue: bool, service: bool
) -> tuple[Config | None, list[Problem]]:
    written, missing = _text(path, path.name, "Write one, or name it with --config PATH.")
    if written is None:
        return None, missing
    data, lines, problems = read_yaml(written, path.name)
    if problems and data is None:
        return None, problems
    read = _read({} if data is None else data, lines, environ, path.parent, path.name, service=service)
    problems = sorted(problems + read.problems, key=_place)
    if catalogue:
        okrs = text(read.whole, "okrs") or AppFile.model_fields["okrs"].default
        keys = frozenset(key for _, key in projects(read.whole))
        teams = frozenset(text(team, "name") for _, team in each(read.whole, (), "teams")) - {""}
        problems += _catalogue(path.parent / okrs, okrs, keys, teams)[1]
    return read.config, problems


def _place(problem: Problem) -> tuple[str, int]:
    return problem.file, problem.line or 0


def _read(data: object, lines: Lines, environ: Environ, base: Path, file: str, *, service: bool) -> _Read:
    if not isinstance(data, Mapping):
        words = "is not a set of keys. Start with `store: sqlite:///sightline.sqlite`."
        return _Read(None, {}, [Problem(file=file, line=1, key="", text=words)])
    replaced, problems = environment.overrides(environ)
    whole = environment.merged(data, replaced)

    def place(loc: Loc, words: str, severity: Any = "error") -> Problem:
        if environment.is_replaced(loc, replaced):
            key = environment.variable(loc, replaced)
            return Problem(file="environment", line=None, key=key, text=words, severity=severity)
        return Problem(file=file, line=lines.locate(loc), key=key_path(loc), text=words, severity=severity)

    app, said = None, []
    try:
        app = AppFile.model_validate(whole)
    except ValidationError as error:
        said = list(explain(error, app_schema(), whole))
    seen = {loc for loc, _ in said}
    problems += [place(loc, words) for loc, words in said]
    problems += [place(*one) for one in cross_checks(whole, data) if one[0] not in seen]
    problems += [place(*one) for one in secret_checks(whole, environ, service=service)]
    defaults = [AppFile.model_fields[key].default for key in environment.NEVER_REPLACED]
    problems += environment.strangers(environ, names(whole, defaults))
    return _Read(_resolved(app, environ, base) if app else None, whole, problems)


def _resolved(app: AppFile, environ: Environ, base: Path) -> Config:
    secrets = {f"{site.tracker}:{site.name}": environment.secrets_of(site, environ) for site in app.sites}
    dry = [site.dry or not environment.secrets_of(site, environ).can_write for site in app.sites]
    sites = tuple(site.model_copy(update={"dry": still}) for site, still in zip(app.sites, dry, strict=True))
    store, password = environment.without_password(app.store)
    known = {name: getattr(app, name) for name in AppFile.model_fields}
    return Config(
        **(known | {"sites": sites, "store": store}),
        base=base,
        secrets=secrets,
        hooks=hooks_of({team.name: team.warn for team in app.teams}, environ),
        session=environment.secret(app.session_secret, environ),
        signin_secret=environment.secret(app.signin.client_secret if app.signin else None, environ),
        password=password or environment.secret(app.store_password, environ),
    )


def _catalogue(
    path: Path, shown: str, projects: frozenset[str], teams: frozenset[str]
) -> tuple[Catalogue | None, list[Problem]]:
    written, missing = _text(path, shown, "Write one, or name it with the key okrs of app.yaml.")
    if written is None:
        return None, missing
    data, lines, problems = read_yaml(written, shown)
    if problems and data is None:
        return None, problems
    found, more = parse(data, lines.locate, shown, projects=projects, teams=teams)
    return (None if problems else found), sorted(problems + more, key=_place)


def _text(path: Path, shown: str, hint: str) -> tuple[str | None, list[Problem]]:
    try:
        if path.stat().st_size > 4 * LONGEST:
            words = f"The file is larger than {4 * LONGEST:,} bytes, which is more than is read."
        else:
            return path.read_text(encoding="utf-8-sig"), []
    except FileNotFoundError:
        words = f"There is no such file in {path.parent.resolve()}. {hint}"
    except IsADirectoryError:
        words = "This is a folder, not a file."
    except UnicodeDecodeError as error:
        words = f"Byte {error.start} is not UTF-8. Save the file as UTF-8."
    except (OSError, ValueError) as error:
        words = f"The file cannot be read: {getattr(error, 'strerror', None) or error}."
    return None, [Problem(file=shown, line=None, key="", text=words)]
