"""What the reader of texts knows: the words of the catalogue and of app.yaml, put together in one place."""

from urllib.parse import urlsplit

from linker.config.config import Config
from linker.okrs import Catalogue
from linker.tags import Vocabulary

GITHUB = frozenset({"github.com"})  # its addresses name issues in texts, configured or not


def vocabulary(config: Config, catalogue: Catalogue) -> Vocabulary:
    """Codes and cycles of the catalogue; projects, addresses and opt-out words of app.yaml."""
    return Vocabulary(
        codes=catalogue.codes,
        cycles=catalogue.cycle_ids,
        projects=config.projects,
        hosts=frozenset(_address(site.url) for site in config.jira_sites),
        github_hosts=frozenset(_address(site.url) for site in config.github_sites) or GITHUB,
        optouts=config.policy.optouts,
        reasons=frozenset(config.policy.exemptions),
    )


def _address(url: str) -> str:
    """Host, port and path: a Jira may stand below a path, as jira.example.com/tracker does."""
    parts = urlsplit(url)
    return parts.netloc + parts.path
