"""app.yaml where there is one, else the least that judging one pull request needs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from linker.config import Config, GitHubSite, JiraSite, Secrets, config_from, load_config
from linker.config.values import project_key
from webhooks.alone.event import CannotRunError, Event

APP = Path("app.yaml")
OKRS = Path("okrs.yaml")
GITHUB = "https://github.com"
NOWHERE = "https://jira.invalid"  # projects that are only named: their Jira is never called
Environ = Mapping[str, str]


def settings(
    path: Path | None, okrs: Path | None, projects: str, environ: Environ, event: Event | None
) -> Config:
    """The configuration; a file that is named has to be there, one that is not need not be."""
    if path is not None or APP.exists():
        config = load_config(path or APP, environ, catalogue=False)
    else:
        config = config_from({"sites": [_github(event, environ)] if event else []}, environ, Path())
    config = _readable(config)
    if okrs is not None:
        config = config.model_copy(update={"okrs": str(okrs), "base": Path()})
    if not config.okrs_path.exists():
        raise CannotRunError(
            f"{config.okrs_path}: There is no such file. Check the repository out before this step, "
            "or name the catalogue with --okrs PATH."
        )
    return _with_projects(config, projects)


def _readable(config: Config) -> Config:
    """`dry` forbids writing, which nothing here does: with credentials a dry site is read too."""
    sites = [site.model_copy(update={"dry": not config.secrets_of(site).can_write}) for site in config.sites]
    return config.model_copy(update={"sites": tuple(sites)})


def home(config: Config, event: Event, environ: Environ) -> tuple[Config, GitHubSite]:
    """The site that the event is of, and the configuration with its repository among those of the site."""
    site = _site(config, event, environ)
    if site is None:
        own = config_from({"sites": [_github(event, environ)]}, environ, config.base)
        (site,) = own.github_sites
        whole = {"sites": (*config.sites, site), "secrets": {**config.secrets, **own.secrets}}
        return config.model_copy(update=whole), site
    if _follows(site, event):
        return config, site
    wider = site.model_copy(update={"repositories": (*site.repositories, event.repository)})
    sites = tuple(wider if known is site else known for known in config.sites)
    return config.model_copy(update={"sites": sites}), wider


def _site(config: Config, event: Event, environ: Environ) -> GitHubSite | None:
    server = environ.get("GITHUB_SERVER_URL", "").rstrip("/") or GITHUB
    listed = (site for site in config.github_sites if _follows(site, event))
    served = (site for site in config.github_sites if site.url == server)
    return next(listed, None) or next(served, None)


def _follows(site: GitHubSite, event: Event) -> bool:
    return event.repository.lower() in {name.lower() for name in site.repositories}


def _github(event: Event, environ: Environ) -> dict[str, Any]:
    """GitHub by what Actions tells of itself; no address of the event is ever called."""
    url = environ.get("GITHUB_SERVER_URL", "").rstrip("/") or GITHUB
    site: dict[str, Any] = {
        "tracker": "github",
        "name": urlsplit(url).hostname or "github.com",
        "url": url,
        "webhook_secrets": ["GITHUB_WEBHOOK_SECRET"],
        "token": "GITHUB_TOKEN",
        "repositories": [event.repository],
    }
    if environ.get("GITHUB_API_URL"):
        site["api"] = environ["GITHUB_API_URL"].rstrip("/")
    return site


def _with_projects(config: Config, projects: str) -> Config:
    """Projects that are named beside those of app.yaml: their keys are read, their tickets are not."""
    named = dict.fromkeys(_key(word) for word in projects.replace(",", " ").split())
    fresh: Sequence[str] = [key for key in named if key not in config.projects]
    if not fresh:
        return config
    known = {site.name for site in config.sites}
    name = next(word for word in ("jira", "named-jira", "jira.invalid") if word not in known)
    site = JiraSite(tracker="jira", name=name, url=NOWHERE, projects=tuple(fresh), dry=True)
    whole = {"sites": (*config.sites, site), "secrets": {**config.secrets, f"jira:{name}": Secrets()}}
    return config.model_copy(update=whole)


def _key(word: str) -> str:
    try:
        return project_key(word.upper())
    except ValueError as wrong:
        raise CannotRunError(f"--projects: {wrong}") from None
