"""GitHub's deliveries become Facts: one function per handled event, and the names of the events left aside.

Every body carries the item as it is now, so an action that is new to us is read like the known ones. The
repository that comes with each event is observed too: its name and who may see it. Addresses in a body are
never called.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256

from linker.model import Facets, Facts, LabelAct, Millis, Observation, Relation
from linker.trackers import SiteView, github, together
from linker.trackers.github_values import person
from linker.trackers.payload import (
    Json,
    Malformed,
    maybe_object,
    maybe_text,
    moment,
    need_object,
    need_text,
)
from webhooks import github_asks as asks
from webhooks.body import header, read_object
from webhooks.github_moves import came_from, moved_to, old_name, tombstone

__all__ = ["HANDLED", "IGNORED", "Malformed", "delivery_id", "event_name", "parse"]

Handler = Callable[[Json, SiteView, Millis], Facts]

BODY = "body"
ADDED = {
    "sub_issue_added": True,
    "parent_issue_added": True,
    "blocked_by_added": True,
    "blocking_added": True,
}
REMOVED = {name.replace("_added", "_removed"): False for name in ADDED}
CAME_OR_WENT = ADDED | REMOVED


def event_name(headers: Mapping[str, str]) -> str:
    """What the delivery says it is about; empty when it does not say."""
    return header(headers, "X-GitHub-Event")


def delivery_id(headers: Mapping[str, str], body: bytes) -> str:
    """What tells this delivery from others and stays the same when it is sent again."""
    return header(headers, "X-GitHub-Delivery") or sha256(body).hexdigest()


def parse(headers: Mapping[str, str], body: bytes, site: SiteView, received: Millis) -> Facts:
    """All that one delivery says; Malformed when the body is not what GitHub sends.

    `received` stands in for the time of an item that its body does not give.
    """
    event = event_name(headers)
    if event in IGNORED:
        return Facts(ignored=f"{event}: nothing in it says which work serves which key result")
    read = HANDLED.get(event)
    if read is None:
        return Facts(ignored=f"unknown event {event[:80]!r}")
    return read(read_object(body, header(headers, "Content-Type")), site, received)


# --- one function per event ---


def _pull_request(payload: Json, site: SiteView, received: Millis) -> Facts:
    pull = need_object(payload, "pull_request", BODY)
    facts = github.pull_request(pull, site, repository=_repository(payload), at=received)
    return together((facts, _label_act(payload, facts, site), _place(payload, site)))


def _issues(payload: Json, site: SiteView, received: Millis) -> Facts:
    issue = need_object(payload, "issue", BODY)
    facts = github.issue(issue, site, repository=_repository(payload), at=received)
    parts = [facts, _label_act(payload, facts, site), _place(payload, site)]
    action = payload.get("action")
    if action in ("deleted", "transferred"):
        parts.append(tombstone(facts))
    changes = maybe_object(payload, "changes", BODY)
    if action == "transferred" and changes is not None:
        parts.append(moved_to(changes, site, received))
    if action == "opened" and changes is not None:
        parts.append(came_from(changes, site, received))
    return together(parts)


def _issue_comment(payload: Json, site: SiteView, received: Millis) -> Facts:
    issue = need_object(payload, "issue", BODY)
    facts = github.issue(issue, site, repository=_repository(payload), at=received)
    return together((facts, _place(payload, site), asks.commands(payload, facts, site)))


def _sub_issues(payload: Json, site: SiteView, received: Millis) -> Facts:
    return _related(payload, site, received, ("sub_issue", "parent_issue"), "sub-issue", hierarchy=True)


def _issue_dependencies(payload: Json, site: SiteView, received: Millis) -> Facts:
    """The blocked issue is the child, as for a Jira link of the type `blocks`."""
    return _related(payload, site, received, ("blocked_issue", "blocking_issue"), "blocks", hierarchy=False)


def _milestone(payload: Json, site: SiteView, received: Millis) -> Facts:
    facts = github.milestone(need_object(payload, "milestone", BODY), site, received)
    deleted = tombstone(facts) if payload.get("action") == "deleted" else Facts()
    return together((facts, deleted, _place(payload, site)))


def _repository_event(payload: Json, site: SiteView, received: Millis) -> Facts:
    """A renamed or transferred repository keeps its old name as an alias, up to a millisecond before."""
    repository = need_object(payload, "repository", BODY)
    facts = github.repository(repository, site, received)
    parts = [facts]
    if payload.get("action") == "deleted":
        parts.append(tombstone(facts))
    old = old_name(payload, repository)
    if old is not None:
        now = facts.observations[0]
        before = Observation(item=now.item, at=now.at - 1, facets=Facets(alias=old))
        parts.append(Facts(observations=(before,)))
    return together(parts)


def _push(payload: Json, site: SiteView, received: Millis) -> Facts:
    """A push is a nudge: its pull requests send their own events, so only the repository is observed."""
    place = _place(payload, site)
    return place if place.observations else Facts(ignored="push: it says nothing but which repository moved")


def _label(payload: Json, site: SiteView, received: Millis) -> Facts:
    """A deleted or renamed label changes many items, none of which is named here.

    Each of them says its labels again with its next delivery or the next sync, so nothing is guessed.
    """
    action = maybe_text(payload, "action", BODY) or "changed"
    return Facts(ignored=f"label {action}: it names no item; items say their labels themselves")


def _installation(payload: Json, site: SiteView, received: Millis) -> Facts:
    action = maybe_text(payload, "action", BODY) or "changed"
    return Facts(ignored=f"installation {action}: it names no item; each repository says who may see it")


def _ping(payload: Json, site: SiteView, received: Millis) -> Facts:
    return Facts(ignored="ping: the webhook reaches us")


HANDLED: dict[str, Handler] = {
    "pull_request": _pull_request,
    "issues": _issues,
    "issue_comment": _issue_comment,
    "check_run": asks.check_run,
    "check_suite": asks.check_suite,
    "merge_group": asks.merge_group,
    "sub_issues": _sub_issues,
    "issue_dependencies": _issue_dependencies,
    "label": _label,
    "milestone": _milestone,
    "push": _push,
    "ping": _ping,
    "repository": _repository_event,
    "public": _repository_event,
    "installation": _installation,
    "installation_repositories": _installation,
    "installation_target": _installation,
}

NO_USE = """
    branch_protection_configuration branch_protection_rule code_scanning_alert
    commit_comment create custom_property custom_property_values delete dependabot_alert deploy_key
    deployment deployment_protection_rule deployment_review deployment_status discussion
    discussion_comment fork github_app_authorization gollum marketplace_purchase member membership
    meta org_block organization package page_build personal_access_token_request project
    project_card project_column projects_v2 projects_v2_item projects_v2_status_update
    pull_request_review pull_request_review_comment pull_request_review_thread registry_package
    release repository_advisory repository_dispatch repository_import repository_ruleset
    repository_vulnerability_alert secret_scanning_alert secret_scanning_alert_location
    secret_scanning_scan security_advisory security_and_analysis sponsorship star status team
    team_add watch workflow_dispatch workflow_job workflow_run
"""
IGNORED = frozenset(NO_USE.split())


# --- parts ---


def _repository(payload: Json) -> Json | None:
    """The repository of an event, which must be there; GitHub says null for one that it no longer names."""
    if "repository" not in payload:
        raise Malformed(f"{BODY}.repository: missing")
    return maybe_object(payload, "repository", BODY)


def _place(payload: Json, site: SiteView) -> Facts:
    repository = maybe_object(payload, "repository", BODY)
    if repository is None or "id" not in repository or moment(repository, "updated_at", "repository") is None:
        return Facts()
    return github.repository(repository, site)


def _label_act(payload: Json, facts: Facts, site: SiteView) -> Facts:
    """Who set or removed a label; a label that is deleted meanwhile may be missing from the event."""
    action = payload.get("action")
    label = maybe_object(payload, "label", BODY)
    if action not in ("labeled", "unlabeled") or label is None or not facts.observations:
        return Facts()
    sender = maybe_object(payload, "sender", BODY)
    actor = "" if sender is None else person(sender, "sender").id
    seen = facts.observations[-1]
    act = LabelAct(
        item=seen.item,
        label=need_text(label, "name", "label"),
        at=seen.at,
        added=action == "labeled",
        actor=actor,
        ours=actor in site.bots,
    )
    return Facts(acts=(act,))


def _related(
    payload: Json,
    site: SiteView,
    received: Millis,
    ends: tuple[str, str],
    kind: str,
    *,
    hierarchy: bool,
) -> Facts:
    sides = []
    for end in ends:
        repository = maybe_object(payload, f"{end}_repo", BODY)
        if repository is None:
            repository = maybe_object(payload, end.replace("parent_issue", "parent") + "_repo", BODY)
        if repository is None:
            repository = _repository(payload)
        issue = need_object(payload, end, BODY)
        sides.append(github.issue(issue, site, repository=repository, at=received, where=end))
    came = CAME_OR_WENT.get(maybe_text(payload, "action", BODY) or "")
    parts = [*sides, _place(payload, site)]
    if came is not None and all(side.observations for side in sides):
        child, parent = (side.observations[-1] for side in sides)
        relation = Relation(
            child=child.item,
            parent=parent.item,
            type=kind,
            at=max(child.at, parent.at),
            added=came,
            hierarchy=hierarchy,
        )
        parts.append(Facts(relations=(relation,)))
    return together(parts)
