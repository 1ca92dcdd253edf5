"""What a GitHub event says of a place that changed: renamed repositories, transferred and deleted items."""

from linker.model import Facets, Facts, Millis, Observation
from linker.trackers import SiteView, github
from linker.trackers.github_values import full_name
from linker.trackers.payload import Json, maybe_object, maybe_text


def tombstone(facts: Facts) -> Facts:
    """The item of these facts is gone, as of its own last change."""
    gone = Facets(deleted=True)
    return Facts(
        observations=tuple(Observation(item=o.item, at=o.at, facets=gone) for o in facts.observations[-1:])
    )


def moved_to(changes: Json, site: SiteView, received: Millis) -> Facts:
    """Where a transferred issue went: it is asked for there."""
    issue = maybe_object(changes, "new_issue", "changes")
    if issue is None:
        return Facts()
    facts = github.issue(
        issue, site, repository=maybe_object(changes, "new_repository", "changes"), at=received
    )
    return Facts(wanted=(*(str(o.item) for o in facts.observations[-1:]), *facts.wanted))


def came_from(changes: Json, site: SiteView, received: Millis) -> Facts:
    """Where a transferred issue was before: it is gone there."""
    issue = maybe_object(changes, "old_issue", "changes")
    if issue is None:
        return Facts()
    old = maybe_object(changes, "old_repository", "changes")
    return tombstone(github.issue(issue, site, repository=old, at=received))


def old_name(payload: Json, repository: Json) -> str | None:
    """`owner/name` before a rename or a transfer, put together from what changed and what did not."""
    owner, slash, name = (full_name(repository, "repository") or "").partition("/")
    changes = maybe_object(payload, "changes", "body") or {}
    renamed = maybe_object(maybe_object(changes, "repository", "changes") or {}, "name", "changes.repository")
    old = None if renamed is None else maybe_text(renamed, "from", "changes.repository.name")
    old_owner = _login(maybe_object(maybe_object(changes, "owner", "changes") or {}, "from", "changes.owner"))
    return f"{old_owner or owner}/{old or name}" if slash and (old or old_owner) else None


def _login(owner: Json | None) -> str | None:
    """The login of a person or an organization."""
    for kind in ("user", "organization"):
        who = maybe_object(owner or {}, kind, "changes.owner.from")
        if who is not None:
            return maybe_text(who, "login", f"changes.owner.from.{kind}")
    return None
