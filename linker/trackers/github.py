"""GitHub's JSON as Facts: issues, pull requests, milestones and repositories, alike from webhooks and REST.

An item is its repository's id and its number, for issues and pull requests, so that a rename and the issue
shape of a pull request agree. Times are the item's own `updated_at`; `at` stands in where a body has none.
A body that does not give the repository's id tells no item apart: it is only asked to be read.
"""

from linker.model import (
    Facets,
    Facts,
    ItemId,
    Kind,
    Level,
    Millis,
    Observation,
    PlaceFacts,
    Ref,
    Relation,
    SprintDates,
)
from linker.trackers import SiteView
from linker.trackers.github_values import (
    Said,
    Spot,
    base_repository,
    full_name,
    head_of,
    is_open,
    issue_only,
    pull_state,
    spot_from_url,
    spot_of,
    text_and_people,
)
from linker.trackers.payload import (
    Json,
    Malformed,
    as_list,
    as_object,
    flag,
    maybe_object,
    maybe_text,
    moment,
    need_id,
    need_number,
    need_object,
    need_text,
)

PULL_REQUEST = Kind(level=Level.PULL_REQUEST, type="pull request")
ISSUE = Kind(level=Level.TICKET, type="issue")


def pull_request(
    payload: Json,
    site: SiteView,
    *,
    repository: Json | None = None,
    read_at: Millis | None = None,
    at: Millis | None = None,
) -> Facts:
    """A pull request as webhooks, lists and single reads give it; what a list leaves out is not stated."""
    where = "pull_request"
    spot = spot_of(repository) or spot_of(base_repository(payload))
    said: Said = {"kind": PULL_REQUEST}
    text_and_people(payload, where, said)
    if "state" in payload:
        merged = moment(payload, "merged_at", where)
        said["state"] = pull_state(payload, where, merged)
        head = head_of(payload, where, merged is not None)
        if head is not None:
            said["head"] = head
    sizes = [payload.get(name) for name in ("additions", "deletions")]
    if all(type(size) is int for size in sizes):
        said["size"] = sum(size for size in sizes if isinstance(size, int))
    return _item(payload, where, spot, said, site, at, read_at)


def issue(
    payload: Json,
    site: SiteView,
    *,
    repository: Json | None = None,
    read_at: Millis | None = None,
    at: Millis | None = None,
    where: str = "issue",
) -> Facts:
    """An issue; with a `pull_request` key it is the issue shape of a pull request, of the same identity.

    That shape tells neither head nor base, and a closed one without `merged_at` not whether it was merged.
    """
    spot = (
        spot_of(repository)
        or spot_of(maybe_object(payload, "repository", where))
        or spot_from_url(payload, where)
    )
    said: Said = {"kind": ISSUE}
    text_and_people(payload, where, said)
    pull = maybe_object(payload, "pull_request", where)
    if pull is None:
        issue_only(payload, where, said, spot, site)
    else:
        said["kind"] = PULL_REQUEST
        if "state" in payload and (payload["state"] == "open" or "merged_at" in pull):
            merged = moment(pull, "merged_at", f"{where}.pull_request")
            said["state"] = pull_state(payload, where, merged)
    return _item(payload, where, spot, said, site, at, read_at)


def repository(
    payload: Json, site: SiteView, at: Millis | None = None, *, read_at: Millis | None = None
) -> Facts:
    """A repository as a place: its name as alias, who may see it, and whether it is archived."""
    where = "repository"
    said: Said = {}
    name = full_name(payload, where)
    if name is not None:
        said["alias"] = name
    if "private" in payload:
        said["place"] = PlaceFacts(
            private=flag(payload, "private", where),
            archived=flag(payload, "archived", where),
            default_branch=maybe_text(payload, "default_branch", where),
        )
    item = repository_id(payload, site)
    return Facts(observations=(_observation(item, payload, where, said, at, read_at),))


def milestone(
    payload: Json, site: SiteView, at: Millis | None = None, *, read_at: Millis | None = None
) -> Facts:
    """A milestone as a sprint: active while it is open; its due date is the end."""
    return Facts(observations=(_milestone(payload, "milestone", site, at, read_at),))


def commits(pull: ItemId, payload: object, *, at: Millis, read_at: Millis | None = None) -> Facts:
    """The messages of a pull request's commits, in their order; `at` is the `updated_at` of what was read."""
    messages = []
    for index, entry in enumerate(as_list(payload, "commits")):
        where = f"commits[{index}]"
        commit = need_object(as_object(entry, where), "commit", where)
        messages.append(need_text(commit, "message", f"{where}.commit"))
    facets = Facets(commits=tuple(messages))
    return Facts(observations=(Observation(item=pull, at=at, facets=facets, read_at=read_at),))


def files(pull: ItemId, payload: object, *, at: Millis, read_at: Millis | None = None) -> Facts:
    """The paths that a pull request changes; of a renamed file both."""
    paths: dict[str, None] = {}
    for index, entry in enumerate(as_list(payload, "files")):
        where = f"files[{index}]"
        told = as_object(entry, where)
        paths[need_text(told, "filename", where)] = None
        before = maybe_text(told, "previous_filename", where)
        if before:
            paths[before] = None
    facets = Facets(paths=tuple(paths))
    return Facts(observations=(Observation(item=pull, at=at, facets=facets, read_at=read_at),))


def sub_issues(
    parent: ItemId, payload: object, site: SiteView, *, at: Millis, read_at: Millis | None = None
) -> Facts:
    """The list of an issue's sub-issues: each is observed, and hangs below `parent`.

    One whose repository is known by name only is asked to be read, and tells its parent itself.
    """
    observations: list[Observation] = []
    relations = []
    wanted: list[Ref] = []
    for index, entry in enumerate(as_list(payload, "sub_issues")):
        where = f"sub_issues[{index}]"
        facts = issue(as_object(entry, where), site, at=at, read_at=read_at, where=where)
        observations += facts.observations
        wanted += facts.wanted
        for child in facts.observations[-1:]:
            when = max(at, child.at)
            relations.append(
                Relation(
                    child=child.item, parent=parent, type="sub-issue", at=when, added=True, hierarchy=True
                )
            )
    return Facts(observations=tuple(observations), relations=tuple(relations), wanted=tuple(wanted))


def item_id(repository_id: str, number: int, site: SiteView) -> ItemId:
    """The identity of an issue or pull request."""
    return ItemId("github", site.name, f"{repository_id}#{number}")


def repository_id(payload: Json, site: SiteView) -> ItemId:
    """The identity of a repository."""
    return ItemId("github", site.name, f"repo:{need_id(payload, 'id', 'repository')}")


# --- parts of an item ---


def _item(
    payload: Json,
    where: str,
    spot: Spot | None,
    said: Said,
    site: SiteView,
    at: Millis | None,
    read_at: Millis | None,
) -> Facts:
    if spot is None:
        return Facts(ignored=f"{where}: the body names no repository, so no item can be told apart")
    if spot.id is None:
        return _named_only(payload, where, spot)
    number = need_number(payload, "number", where)
    if spot.name is not None:
        said["alias"] = f"{spot.name}#{number}"
    observations = []
    if "milestone" in payload:
        held = maybe_object(payload, "milestone", where)
        if held is None:
            said["sprints"] = ()
        else:
            sprint = _milestone(held, f"{where}.milestone", site, at, read_at)
            said["sprints"] = (str(sprint.item),)
            observations.append(sprint)
    own = item_id(spot.id, number, site)
    observations.append(_observation(own, payload, where, said, at, read_at))
    return Facts(observations=tuple(observations))


def _named_only(payload: Json, where: str, spot: Spot) -> Facts:
    number = payload.get("number")
    if spot.name is None or type(number) is not int:
        return Facts(ignored=f"{where}: the body gives no repository id, so no item can be told apart")
    return Facts(wanted=(f"github:{spot.name}#{number}",))


def _observation(
    item: ItemId, payload: Json, where: str, said: Said, at: Millis | None, read_at: Millis | None
) -> Observation:
    when = moment(payload, "updated_at", where)
    if when is None:
        when = read_at if at is None else at
    if when is None:
        raise Malformed(f"{where}.updated_at: missing")
    created = payload.get("created_at")  # a push gives its repository's as a number, which nobody needs
    born = moment(payload, "created_at", where) if isinstance(created, str) else None
    return Observation(item=item, at=when, facets=Facets(**said), created=born, read_at=read_at)


def _milestone(
    payload: Json, where: str, site: SiteView, at: Millis | None, read_at: Millis | None
) -> Observation:
    own = ItemId("github", site.name, f"milestone:{need_id(payload, 'id', where)}")
    said: Said = {}
    if "title" in payload:
        said["title"] = need_text(payload, "title", where)
    if "state" in payload:
        opened = is_open(payload, where)
        said["dates"] = SprintDates(
            state="active" if opened else "closed",
            end=moment(payload, "due_on", where),
            completed=None if opened else moment(payload, "closed_at", where),
        )
    return _observation(own, payload, where, said, at, read_at)
