"""What no single value of app.yaml shows: names used twice, names of nothing, secrets that are not there."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from linker.config.app import AppFile, GitHubSite, JiraSite
from linker.okrs import Loc, did_you_mean

Said = tuple[Loc, str, Literal["error", "warning"]]
Environ = Mapping[str, str]


def cross_checks(app: AppFile, written: Mapping[str, object]) -> Iterator[Said]:
    """Mistakes between values; `written` is the file alone, since only a file must hold no password."""
    yield from _password(written)
    yield from _unique(
        [(("sites", i, "name"), f"{s.tracker} site {s.name}") for i, s in enumerate(app.sites)]
    )
    yield from _unique(list(_repositories(app)))
    yield from _unique(list(_projects(app)))
    yield from _unique([(("teams", i, "name"), f"team {team.name}") for i, team in enumerate(app.teams)])
    yield from _teams(app)
    for index, site in enumerate(app.sites):
        yield from _credentials(("sites", index), site)


def secret_checks(app: AppFile, environ: Environ, *, service: bool) -> Iterator[Said]:
    """Secrets that are missing, empty or the same on two sites; a value is never shown."""
    owners: dict[tuple[str, str], str] = {}
    for index, site in enumerate(app.sites):
        for loc, name in _signing(("sites", index), site):
            yield from _present(loc, name, environ, service=service)
            value = environ.get(name, "")
            owner = owners.setdefault((site.tracker, value), site.name)
            if value.strip() and owner != site.name:
                text = f"{name} holds the same secret as the site {owner}; the secret tells the sites apart."
                yield loc, f"{text} Give each its own.", "error"
        yield from _dry(("sites", index), site, environ)


def _password(written: Mapping[str, object]) -> Iterator[Said]:
    store = written.get("store")
    user, at, _ = str(store).partition("://")[2].rpartition("@")
    if isinstance(store, str) and at and ":" in user:
        text = "holds a password. Write user@host here, and set the password in SIGHTLINE_STORE_PASSWORD."
        yield ("store",), text, "error"


def _unique(items: Iterable[tuple[Loc, str]]) -> Iterator[Said]:
    first: dict[str, Loc] = {}
    for loc, name in items:
        before = first.setdefault(name.lower(), loc)
        if before == loc:
            continue
        elsewhere = loc[0] == "sites" and before[1] != loc[1] and loc[2] != "name"
        where = f"on two sites; the other is sites[{before[1]}]" if elsewhere else "twice"
        yield loc, f"The {name} stands {where}. Keep one.", "error"


def _repositories(app: AppFile) -> Iterator[tuple[Loc, str]]:
    for index, site in enumerate(app.sites):
        for at, name in enumerate(site.repositories if site.tracker == "github" else ()):
            yield ("sites", index, "repositories", at), f"repository {name}"


def _projects(app: AppFile) -> Iterator[tuple[Loc, str]]:
    for index, site in enumerate(app.sites):
        for at, key in enumerate(site.projects if site.tracker == "jira" else ()):
            yield ("sites", index, "projects", at), f"project {key}"


def _teams(app: AppFile) -> Iterator[Said]:
    projects = {name.partition(" ")[2] for _, name in _projects(app)}
    repositories = {name.partition(" ")[2] for _, name in _repositories(app)}
    folded = {name.lower() for name in repositories}
    for index, team in enumerate(app.teams):
        for at, key in enumerate(team.projects):
            if key not in projects:
                text = f"No site has the project {key}.{did_you_mean(key, projects)}"
                yield ("teams", index, "projects", at), text, "error"
        for at, name in enumerate(team.repositories):
            if name.lower() not in folded:
                text = f"No site has the repository {name}.{did_you_mean(name, repositories)}"
                yield ("teams", index, "repositories", at), text, "error"


def _credentials(loc: Loc, site: GitHubSite | JiraSite) -> Iterator[Said]:
    header = site.tracker == "jira" and site.header_token is not None
    if not site.webhook_secrets and not header:
        text = f"is missing. Name the environment variable that holds the webhook secret of {site.name}."
        yield (*loc, "webhook_secrets"), text, "error"
    if site.tracker == "github" and site.app and site.token:
        yield (*loc, "token"), "stands beside app. Keep the one to act as.", "error"


def _signing(loc: Loc, site: GitHubSite | JiraSite) -> Iterator[tuple[Loc, str]]:
    yield from (((*loc, "webhook_secrets", at), name) for at, name in enumerate(site.webhook_secrets))
    if site.tracker == "jira" and site.header_token:
        yield (*loc, "header_token"), site.header_token


def _present(loc: Loc, name: str, environ: Environ, *, service: bool) -> Iterator[Said]:
    if name in environ:
        if not environ[name].strip():
            yield loc, f"{name} is set, but empty. Anyone could sign with it.", "error"
    elif service:
        yield loc, f"{name} is not set. Set it to the secret that the webhook has, then start again.", "error"
    else:
        yield loc, f"{name} is not set here; the service does not start without it.", "warning"


def _dry(loc: Loc, site: GitHubSite | JiraSite, environ: Environ) -> Iterator[Said]:
    keys: list[tuple[Loc, str]] = []
    if site.token:
        keys.append(((*loc, "token"), site.token))
    if site.tracker == "github" and site.app:
        keys.append(((*loc, "app", "key"), site.app.key))
    if site.tracker == "jira" and site.user:
        keys.append(((*loc, "user"), site.user))
    for at, name in keys:
        if not environ.get(name, "").strip():
            yield at, f"{name} is not set here, so nothing is written to {site.name}.", "warning"


def names(app: AppFile) -> frozenset[str]:
    """Every environment variable that app.yaml names."""
    found: list[str | None] = [app.session_secret, app.store_password]
    for site in app.sites:
        found += [*site.webhook_secrets, site.token]
        if site.tracker == "github":
            found.append(site.app.key if site.app else None)
        else:
            found += [site.header_token, site.user]
    return frozenset(name for name in found if name)
