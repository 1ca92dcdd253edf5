"""What GitHub's objects hold: people, labels, states, branches, and where an item lies."""

from typing import Any, NamedTuple
from urllib.parse import urlsplit

from linker.model import Head, ItemId, Kind, Level, Millis, Person, Ref, State
from linker.trackers import SiteView
from linker.trackers.payload import (
    Json,
    Malformed,
    as_list,
    as_object,
    as_text,
    flag,
    is_number,
    maybe_id,
    maybe_object,
    maybe_text,
    moment,
    need_text,
)

NOT_DONE = frozenset({"not_planned", "duplicate"})

Said = dict[str, Any]  # the facets that one body states


class Spot(NamedTuple):
    """Where an item lies: the repository's id and its `owner/name`, each where the body gives it."""

    id: str | None
    name: str | None


def person(payload: Json, where: str) -> Person:
    """Who a `user` or `sender` object names; an App's login ends with `[bot]`."""
    login = need_text(payload, "login", where)
    bot = payload.get("type") == "Bot" or login.endswith("[bot]")
    return Person(id=login, name=maybe_text(payload, "name", where) or "", bot=bot)


def full_name(payload: Json, where: str) -> str | None:
    """`owner/name` of a repository object, put together from its parts where it is not given whole."""
    whole = maybe_text(payload, "full_name", where)
    if whole is not None:
        return whole
    name, owner = maybe_text(payload, "name", where), maybe_object(payload, "owner", where)
    login = None if owner is None else maybe_text(owner, "login", f"{where}.owner")
    return f"{login}/{name}" if login and name else None


def text_and_people(payload: Json, where: str, said: Said) -> None:
    """What issues and pull requests share, each where it is stated: title, body, labels, author, assignee."""
    if "title" in payload:
        said["title"] = need_text(payload, "title", where)
    if "body" in payload:
        said["body"] = maybe_text(payload, "body", where) or ""
    if "labels" in payload:
        said["labels"] = _labels(payload, where)
    author = maybe_object(payload, "user", where)
    if author is not None:
        said["author"] = person(author, f"{where}.user")
    if "assignee" in payload:
        assignee = maybe_object(payload, "assignee", where)
        said["assignee"] = None if assignee is None else need_text(assignee, "login", f"{where}.assignee")


def _labels(payload: Json, where: str) -> tuple[str, ...]:
    names = set()
    path = f"{where}.labels"
    for label in as_list(payload["labels"], path):
        if isinstance(label, str):  # REST allows a bare name
            names.add(as_text(label, path))
        else:
            names.add(need_text(as_object(label, path), "name", path))
    return tuple(sorted(names))


def issue_only(payload: Json, where: str, said: Said, spot: Spot | None, site: SiteView) -> None:
    """What an issue has and a pull request has not: its type, how it was closed, its parent.

    The parent is told by its address: in the same repository that is an identity, elsewhere a short form.
    """
    kind = maybe_object(payload, "type", where)
    if kind is not None:
        said["kind"] = Kind(level=Level.TICKET, type=need_text(kind, "name", f"{where}.type"))
    if "state" in payload:
        said["state"] = _issue_state(payload, where)
    if "parent_issue_url" in payload:
        url = maybe_text(payload, "parent_issue_url", where)
        named = None if url is None else _issue_at(url)
        said["parent"] = () if named is None else (_parent(*named, spot, site),)


def _parent(repository: str, number: str, spot: Spot | None, site: SiteView) -> Ref:
    if spot is not None and spot.id and spot.name and spot.name.casefold() == repository.casefold():
        return str(ItemId("github", site.name, f"{spot.id}#{number}"))
    return f"github:{repository}#{number}"


def _issue_state(payload: Json, where: str) -> State:
    if is_open(payload, where):
        return State(name="open", category="todo", done_at=None)
    if maybe_text(payload, "state_reason", where) in NOT_DONE:
        return State(name="closed", category="dropped", done_at=None)
    return State(name="closed", category="done", done_at=moment(payload, "closed_at", where))


def pull_state(payload: Json, where: str, merged: Millis | None) -> State:
    """Open is doing, merged is done, closed without a merge is dropped."""
    if is_open(payload, where):
        return State(name="open", category="doing", draft=flag(payload, "draft", where), done_at=None)
    if merged is not None:
        return State(name="merged", category="done", draft=False, done_at=merged)
    return State(name="closed", category="dropped", draft=False, done_at=None)


def is_open(payload: Json, where: str) -> bool:
    """GitHub knows two states, and any other is refused."""
    state = need_text(payload, "state", where)
    if state not in ("open", "closed"):
        raise Malformed(f"{where}.state: {state[:24]!r} is neither open nor closed")
    return state == "open"


def head_of(payload: Json, where: str, merged: bool) -> Head | None:
    """A commit that was only tried as a merge changes without notice, so it is told for merged ones only."""
    head, base = maybe_object(payload, "head", where), maybe_object(payload, "base", where)
    if head is None or base is None:
        return None
    source, target = maybe_object(head, "repo", f"{where}.head"), maybe_object(base, "repo", f"{where}.base")
    return Head(
        sha=need_text(head, "sha", f"{where}.head"),
        branch=need_text(head, "ref", f"{where}.head"),
        base=need_text(base, "ref", f"{where}.base"),
        fork=source is None or target is None or source.get("id") != target.get("id"),
        merge_sha=maybe_text(payload, "merge_commit_sha", where) if merged else None,
    )


def spot_of(repository: Json | None) -> Spot | None:
    """Where an item of this repository lies."""
    if repository is None:
        return None
    return Spot(maybe_id(repository, "id", "repository"), full_name(repository, "repository"))


def base_repository(payload: Json) -> Json | None:
    """The repository that a pull request wants to go into."""
    base = maybe_object(payload, "base", "pull_request")
    return None if base is None else maybe_object(base, "repo", "pull_request.base")


def spot_from_url(payload: Json, where: str) -> Spot | None:
    """An issue of a list may tell its repository by its address only: that gives a name and no id."""
    url = maybe_text(payload, "repository_url", where)
    parts = [] if url is None else _path(url)
    return Spot(None, "/".join(parts[-2:])) if len(parts) > 2 and parts[-3] == "repos" else None


def _issue_at(url: str) -> tuple[str, str] | None:
    """The `owner/name` and number that an API address names; the address is only read, never called."""
    parts = _path(url)
    if len(parts) < 5 or parts[-5] != "repos" or parts[-2] not in ("issues", "pulls"):
        return None
    return (f"{parts[-4]}/{parts[-3]}", parts[-1]) if is_number(parts[-1]) else None


def _path(url: str) -> list[str]:
    try:
        return urlsplit(url).path.strip("/").split("/")
    except ValueError:
        return []
