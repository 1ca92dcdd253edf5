"""The Config that every process works with: app.yaml, the secrets that it names, and where files lie."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from pydantic import Field, SecretStr

from linker.config.app import AppFile, GitHubSite, JiraSite
from linker.config.environment import Secrets
from linker.config.warn import Hook
from linker.model import TrackerName
from linker.okrs import Problem


class ConfigError(Exception):
    """The files or the environment hold mistakes; `problems` has each of them, warnings too."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(validate_text(problems))
        self.problems = problems


class Config(AppFile):
    """app.yaml with what the environment adds. `site.dry` is true where there are no credentials."""

    base: Path = Field(exclude=True)
    secrets: Mapping[str, Secrets] = Field(exclude=True, repr=False)
    hooks: Mapping[str, Hook] = Field(default_factory=dict, exclude=True, repr=False)  # by team
    session: SecretStr | None = Field(None, exclude=True)
    password: SecretStr | None = Field(None, exclude=True)
    signin_secret: SecretStr | None = Field(None, exclude=True)
    warnings: tuple[Problem, ...] = Field((), exclude=True)

    def secrets_of(self, site: GitHubSite | JiraSite) -> Secrets:
        """What the environment held for a site when this was loaded."""
        return self.secrets[f"{site.tracker}:{site.name}"]

    def site(self, tracker: TrackerName, name: str) -> GitHubSite | JiraSite | None:
        """The site that an item id names."""
        return next((site for site in self.sites if (site.tracker, site.name) == (tracker, name)), None)

    @property
    def github_sites(self) -> tuple[GitHubSite, ...]:
        """The sites that are GitHub."""
        return tuple(site for site in self.sites if site.tracker == "github")

    @property
    def jira_sites(self) -> tuple[JiraSite, ...]:
        """The sites that are Jira."""
        return tuple(site for site in self.sites if site.tracker == "jira")

    @property
    def projects(self) -> frozenset[str]:
        """Keys of all configured Jira projects."""
        return frozenset(key for site in self.jira_sites for key in site.projects)

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
        if self.password and user and ":" not in user:
            user = f"{user}:{quote(self.password.get_secret_value(), safe='')}"
        return SecretStr(f"{scheme}://{user}{at}{host}")


def validate_text(problems: list[Problem]) -> str:
    """Problems as lines to print, and a sentence that counts them."""
    if not problems:
        return "No mistakes found."
    errors = sum(problem.severity == "error" for problem in problems)
    lines = [f"{problem}" if problem.severity == "error" else f"{problem} (warning)" for problem in problems]
    return "\n".join([*lines, f"{_count(errors, 'error')}, {_count(len(problems) - errors, 'warning')}."])


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
