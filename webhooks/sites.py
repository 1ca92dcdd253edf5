"""What the engine and the receivers need to know of each configured site."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from linker.config import Config, GitHubSite, JiraSite
from linker.trackers import FieldMap, SiteView
from linker.trackers.outcome import Access, App
from linker.verdict import Mode

SPACING = 1.0  # seconds between two writes to one site, as GitHub asks for


def view(site: GitHubSite | JiraSite, known: Mapping[str, Any] | None = None) -> SiteView:
    """A site as parsing needs it; fields named in app.yaml win over `known` ones that discovery found."""
    bots = frozenset({site.bot} if site.bot else ())
    if isinstance(site, GitHubSite):
        return SiteView(site.name, "github", site.url, bots, repositories=frozenset(site.repositories))
    known = known or {}
    fields = FieldMap(*(tuple(ids) for ids in known.get("fields", ())))
    own = {name: (value,) for name, value in site.fields.model_dump().items() if value}
    projects = frozenset(site.projects)
    categories = known.get("categories", {})
    return SiteView(site.name, "jira", site.url, bots, fields._replace(**own), categories, projects)


def access(config: Config, site: GitHubSite | JiraSite, spacing: float = SPACING) -> Access:
    """The right to speak to a site."""
    secrets = config.secrets_of(site)
    if isinstance(site, GitHubSite):
        key = secrets.app_key
        app = App(site.app.id, site.app.installation, key) if site.app and key else None
        return Access(
            view(site), site.url, site.api_url, None, secrets.token, app, spacing, tuple(site.repositories)
        )
    return Access(
        view(site), site.url, site.api_url, secrets.user, secrets.token, None, spacing, tuple(site.projects)
    )


def site_of(config: Config, ref: str) -> str | None:
    """The site where a reference can be read: configured, and with credentials."""
    tracker, _, rest = ref.partition(":")
    for site in config.sites:
        if site.tracker == tracker and not site.dry and _covers(site, rest):
            return site.name
    return None


def _covers(site: GitHubSite | JiraSite, rest: str) -> bool:
    name, colon, _ = rest.partition(":")
    if colon:
        return name == site.name
    if isinstance(site, JiraSite):
        return rest.rpartition("-")[0].upper() in site.projects
    repository = rest.partition("#")[0].lower()
    return repository in {known.lower() for known in site.repositories}


class SitePolicy:
    """The configuration as `settle` asks for it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.grace_days = config.policy.grace_days

    def mode(self, container: str, base: str, on: date) -> Mode:
        """The check mode of a repository and branch on a day."""
        return self._config.policy.check_mode(container, base, on)

    def page(self, item: str) -> str:
        """The address of an item's page; `item` in its short form."""
        return f"{self._config.url.rstrip('/')}/items/{quote(item, safe=':/')}"

    def dry(self, site: str) -> bool:
        """Whether changes of a site are only shown."""
        return next((known.dry for known in self._config.sites if known.name == site), True)

    def follows(self, tracker: str, site: str, names: Collection[str]) -> bool:
        """Whether a project or repository is configured, by any of its names; a site may name none: all."""
        mine = {name.upper() for name in names}
        for known in self._config.sites:
            if known.tracker == tracker and known.name == site:
                places = known.repositories if isinstance(known, GitHubSite) else known.projects
                return not places or any(place.upper() in mine for place in places)
        return False
