"""What the engine and the receivers need to know of each configured site."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any
from urllib.parse import quote

from linker.changes import Terms
from linker.config import Config, ExemptRule, GitHubSite, JiraSite, glob_matches
from linker.pulls import Facts, Spared
from linker.trackers import FieldMap, SiteView
from linker.trackers.outcome import Access, App
from linker.verdict.markdown import code, listed

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


def _fits(rule: ExemptRule, facts: Facts) -> list[str] | None:
    """What in a pull request fits a rule, in words; None when something does not."""
    if not glob_matches(rule.repository, facts.repository):
        return None
    words = []
    for noun, patterns, values in (
        ("author", rule.authors, (facts.author,)),
        ("title", rule.titles, (facts.title,)),
        ("label", rule.labels, facts.labels),
    ):
        if patterns:
            found = next((value for value in values if _any(patterns, value)), None)
            if found is None:
                return None
            words.append(noun if noun == "title" else f"{noun} {code(found)}")
    if rule.paths:
        if not facts.paths or not all(_any(rule.paths, path) for path in facts.paths):
            return None
        words.append(f"every file is in {listed(map(code, rule.paths))}")
    if rule.lines is not None:
        if facts.size is None or facts.size > rule.lines:
            return None
        words.append(f"at most {rule.lines} lines")
    return words


def _any(patterns: Iterable[str], value: str) -> bool:
    return any(glob_matches(pattern, value) for pattern in patterns)


class SitePolicy:
    """The configuration as `settle` asks for it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.grace_days = config.policy.grace_days

    def terms(self, row: Any, base: str, on: date) -> Terms:
        """How strict the check of a pull request is, and where: only an App may make check runs."""
        policy = self._config.policy
        rule = policy.check_rule(row["container"] or "", base, on)
        site = self._config.site(row["tracker"], row["site"])
        app = isinstance(site, GitHubSite) and site.app is not None
        return Terms(
            rule.mode,
            rule.undecided or policy.undecided,
            "check" if app else "status",
            self.page(f"{row['tracker']}:{row['alias']}"),
            policy.comments,
        )

    def spared(self, facts: Facts) -> Spared | None:
        """The first rule that exempts a pull request; one that asks for paths waits until they were read."""
        for rule in self._config.policy.exempt_by_rule:
            words = _fits(rule, facts)
            if words is not None:
                return Spared(rule.reason, ", ".join(words))
        return None

    def reads(self, site: str) -> bool:
        """Whether commits and files can be asked for."""
        return not self.dry(site)

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
