"""What a pull request names, asked of its tracker: each reference once, at most MOST, and never a write."""

from collections.abc import Sequence

import structlog

from linker.batch import as_id
from linker.config import Config, GitHubSite, JiraSite
from linker.store import Store, items, lookup, work
from linker.trackers.api import Api, open_api
from linker.trackers.outcome import Blocked, Gone, Refused, Unreachable
from linker.verdict.markdown import code, listed
from webhooks.alone.settings import NOWHERE
from webhooks.inbox import Inbox
from webhooks.sites import access, site_of

MOST = 20
log = structlog.get_logger()


class Reads:
    """Asks the trackers; a site that failed to answer once is not asked again in this run."""

    def __init__(self, config: Config, store: Store, inbox: Inbox, most: int = MOST) -> None:
        lively = [site.model_copy(update={"dry": False}) for site in config.sites]
        self._config = config
        self._named = config.model_copy(update={"sites": tuple(lively)})
        self._store = store
        self._inbox = inbox
        self._left = self._most = most
        self._apis: dict[str, Api] = {}
        self._away: dict[str, str] = {}  # site -> why it is not asked any more
        self._answered: set[str] = set()
        self._places: set[str] = set()

    def site_of(self, ref: str) -> str | None:
        """The site that a reference is of, with or without credentials; None for what nobody follows."""
        return site_of(self._named, ref)

    def answered(self, ref: str) -> bool:
        """Whether its tracker told of it, be it that there is no such thing."""
        return ref in self._answered

    def open(self, ref: str) -> bool:
        """Whether a reference is still to be asked for here."""
        site = self.site_of(ref)
        return site is not None and ref not in self._answered and site not in self._away and self._left > 0

    def ask(self, ref: str) -> bool:
        """Read one reference; True when its tracker answered."""
        site = self.site_of(ref)
        if site is None or not self.open(ref):
            return False
        api = self._api(site)
        if api is None:
            return False
        self._left -= 1
        try:
            self._place(api, site, ref)
            told = api.read(ref)
        except Gone:
            self._answer(ref, work.GONE)
        except Refused as error:
            if error.status == 401 or "signing in" in error.text:
                self._away[site] = f"{code(site)} does not accept the credentials that are set here."
                return False
            self._answer(ref, work.REFUSED)
        except Blocked as error:
            self._away[site] = f"{code(site)} asks us to wait for {error.until:.0f} seconds."
            return False
        except Unreachable:  # its own words stay out: what is said here may be public
            self._away[site] = f"{code(site)} does not answer."
            return False
        except Exception as error:  # as for the service, an odd answer is no reason to say nothing at all
            log.warning("reference not read", ref=ref, error=type(error).__name__)
            self._away[site] = f"{code(site)} answers what cannot be read."
            return False
        else:
            self._inbox.read(site, ref[:128], told)
            self._answer(ref, work.READ)
        return True

    def why_not(self, refs: Sequence[str]) -> list[str]:
        """Why these were not read, a sentence or two of Markdown for each site."""
        sites = dict.fromkeys(site for ref in refs if (site := self.site_of(ref)))
        found = [self._away[site] for site in sites if site in self._away]
        if self._left <= 0:
            found.append(f"{self._most} references were read, and one run reads no more.")
        return found

    def _api(self, name: str) -> Api | None:
        if name not in self._apis:
            site = next(site for site in self._config.sites if site.name == name)
            if site.dry:
                self._away[name] = _without(site)
                return None
            self._apis[name] = open_api(access(self._config, site, spacing=0.0))
        return self._apis[name]

    def _place(self, api: Api, site: str, ref: str) -> None:
        """`owner/name#7` is found by its repository, of which the issue itself tells only the number."""
        place, number, _ = ref.partition("#")
        if number and ref.startswith("github:") and as_id(ref) is None and place not in self._places:
            self._places.add(place)
            self._inbox.read(site, place[:128], api.read(place))

    def _answer(self, ref: str, state: int) -> None:
        """As for the service: what named it is judged again."""
        self._answered.add(ref)
        with self._store.write() as connection:
            work.answer_want(connection, ref, state=state, error=None)
            waiting = items.naming(connection, {ref.upper()}) | set(lookup.rows(connection, ref))
            work.mark_dirty(connection, waiting, 0)


def _without(site: GitHubSite | JiraSite) -> str:
    """Why a site without credentials is not asked, and what would change that."""
    if site.url == NOWHERE:
        return "Only the keys of these projects are known. Name their Jira in app.yaml to have tickets read."
    names = [site.token, site.user if isinstance(site, JiraSite) else None]
    if isinstance(site, GitHubSite) and site.app is not None:
        names = [site.app.key]
    said = listed([code(name) for name in names if name])
    hint = f"Set {said} for this step." if said else "Give it a `token` in app.yaml."
    return f"Nothing is read from {code(site.name)}, since its credentials are not set. {hint}"
