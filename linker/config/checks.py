"""What no single value of app.yaml shows: names used twice, names of nothing, secrets that are not there.

The checks walk the file as written, so that one wrong value hides no other.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Literal, NamedTuple

from linker.config.values import env_name, is_loopback
from linker.config.warn import variable, warn_checks, warned
from linker.okrs import Loc, did_you_mean
from linker.okrs.walk import Entry, each, text, texts

Said = tuple[Loc, str, Literal["error", "warning"]]
Named = tuple[Loc, str]
Environ = Mapping[str, str]


class Wanted(NamedTuple):
    """A secret without which a service does not start: where it comes from, and why it is not empty."""

    source: str
    empty: str


HOOKED = Wanted("the secret that the webhook has", "Anyone could sign with it.")
ISSUED = Wanted("the secret that your identity provider issued", "It issues one for each client.")


def cross_checks(data: Entry, written: Entry) -> Iterator[Said]:
    """Mistakes between values; `written` is the file alone, since only a file must hold no password."""
    sites = list(each(data, (), "sites"))
    teams = list(each(data, (), "teams"))
    yield from _password(written)
    if not sites and not data.get("sites"):
        yield ("sites",), "names no tracker, so nothing can come in. Add GitHub or Jira.", "warning"
    # Changes and reads are kept by the site's name alone: a GitHub and a Jira of one name would be mixed up.
    yield from _unique(((*loc, "name"), f"site {text(site, 'name')}") for loc, site in sites)
    yield from _unique((loc, f"repository {name}") for loc, name in repositories(data))
    yield from _unique((loc, f"project {key}") for loc, key in projects(data))
    yield from _unique(((*loc, "name"), f"team {text(team, 'name')}") for loc, team in teams)
    for loc, team in teams:
        yield from _known(texts(team, loc, "projects"), "project", projects(data))
        yield from _known(texts(team, loc, "repositories"), "repository", repositories(data))
    for loc, site in sites:
        yield from _credentials(loc, site)
    yield from _signin(data)


def secret_checks(data: Entry, environ: Environ, *, service: bool) -> Iterator[Said]:
    """Secrets that are missing, empty or the same on two sites; a value is never shown."""
    owners: dict[tuple[str, str], str] = {}
    for at, site in each(data, (), "sites"):
        for loc, name in _signing(at, site):
            yield from _present(loc, name, environ, HOOKED, service=service)
            value = environ.get(name, "").strip()
            owner = owners.setdefault((text(site, "tracker"), value), text(site, "name"))
            if value and owner != text(site, "name"):
                said = f"{name} holds the same secret as the site {owner}; the secret tells the sites apart."
                yield loc, f"{said} Give each its own.", "error"
        for loc, name in _account(at, site):
            if not environ.get(name, "").strip():
                yield (
                    loc,
                    f"{name} is not set here, so nothing is written to {text(site, 'name')}.",
                    "warning",
                )
    for loc, name in _client_secret(data):
        yield from _present(loc, name, environ, ISSUED, service=service)
    yield from warn_checks(data, projects(data), repositories(data), environ)


def names(data: Entry, defaults: Iterable[str]) -> frozenset[str]:
    """Every environment variable that app.yaml names."""
    found = [
        name
        for at, site in each(data, (), "sites")
        for _, name in chain(_signing(at, site), _account(at, site))
    ]
    found += [name for _, name in _client_secret(data)]
    found += [variable(warn) for _, warn in warned(data)]
    return frozenset([*found, *defaults, text(data, "session_secret"), text(data, "store_password")])


def projects(data: Entry) -> Iterator[Named]:
    """Every project of every site."""
    for loc, site in each(data, (), "sites"):
        yield from texts(site, loc, "projects")


def repositories(data: Entry) -> Iterator[Named]:
    """Every repository of every site."""
    for loc, site in each(data, (), "sites"):
        yield from texts(site, loc, "repositories")


def _password(written: Entry) -> Iterator[Said]:
    user, at, _ = text(written, "store").partition("://")[2].rpartition("@")
    if at and ":" in user:
        said = "holds a password. Write user@host here, and set the password in SIGHTLINE_STORE_PASSWORD."
        yield ("store",), said, "error"


def _unique(items: Iterable[Named]) -> Iterator[Said]:
    first: dict[str, Loc] = {}
    for loc, name in items:
        before = first.setdefault(name.lower(), loc)
        if before == loc or name.endswith(" "):
            continue
        if loc[-1] == "name" or loc[1] == before[1]:
            yield loc, f"The {name} stands twice. Keep one.", "error"
        else:
            yield loc, f"The {name} stands on two sites; the other is sites[{before[1]}]. Keep one.", "error"


def _known(items: Iterable[Named], noun: str, held: Iterable[Named]) -> Iterator[Said]:
    known = [name for _, name in held]
    folded = {name.lower() for name in known}
    for loc, name in items:
        if name.lower() not in folded:
            yield loc, f"No site has the {noun} {name}.{did_you_mean(name, known)}", "error"


def _credentials(loc: Loc, site: Entry) -> Iterator[Said]:
    if not any(_signing(loc, site)) and not site.get("webhook_secrets"):
        said = f"is missing. Name the variable that holds the webhook secret of {text(site, 'name')}."
        yield (*loc, "webhook_secrets"), said, "error"
    if site.get("app") and site.get("token"):
        yield (*loc, "token"), "stands beside app. Keep the one to act as.", "error"


def _signing(loc: Loc, site: Entry) -> Iterator[Named]:
    header = [((*loc, "header_token"), text(site, "header_token"))]
    yield from _proper(chain(texts(site, loc, "webhook_secrets"), header))


def _account(loc: Loc, site: Entry) -> Iterator[Named]:
    app = site.get("app")
    key = text(app, "key") if isinstance(app, Mapping) else ""
    parts = [
        ((*loc, "token"), text(site, "token")),
        ((*loc, "user"), text(site, "user")),
        ((*loc, "app", "key"), key),
    ]
    yield from _proper(parts)


def _proper(items: Iterable[Named]) -> Iterator[Named]:
    """Names of variables; what is none has its own message, and may be a secret that must not be repeated."""
    for loc, name in items:
        try:
            yield loc, env_name(name)
        except ValueError:
            continue


def _signin(data: Entry) -> Iterator[Said]:
    section = data.get("signin")
    if not isinstance(section, Mapping):
        return
    roles = section.get("roles")
    roles = roles if isinstance(roles, Mapping) else {}
    seen: dict[str, str] = {}
    for role in roles:
        for loc, value in texts(roles, ("signin", "roles"), str(role)):
            before = seen.setdefault(value, str(role))
            if before != role:
                yield loc, f"'{value}' gives the role {before} as well. Keep one of the two.", "error"
    address = text(data, "url")
    if address.startswith("http:") and not is_loopback(address):
        said = "is not https, so a sign-in could be read on its way. Write the https address of your proxy."
        yield ("url",), said, "error"


def _client_secret(data: Entry) -> Iterator[Named]:
    section = data.get("signin")
    if isinstance(section, Mapping):
        yield from _proper([(("signin", "client_secret"), text(section, "client_secret"))])


def _present(loc: Loc, name: str, environ: Environ, wanted: Wanted, *, service: bool) -> Iterator[Said]:
    if name in environ:
        if not environ[name].strip():
            yield loc, f"{name} is set, but empty. {wanted.empty}", "error"
    elif service:
        yield loc, f"{name} is not set. Set it to {wanted.source}, then start again.", "error"
    else:
        yield loc, f"{name} is not set here; the service does not start without it.", "warning"
