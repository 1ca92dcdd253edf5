"""A Jira sprint, as the object of today or as the old string, is the same sprint."""

import re
from typing import Any

from linker.model import Facets, ItemId, Millis, Observation, SprintDates
from linker.trackers import SiteView
from linker.trackers.payload import (
    Json,
    Malformed,
    as_list,
    as_object,
    as_text,
    maybe_id,
    maybe_text,
    moment,
    need_id,
    wrong,
)

STATES = ("future", "active", "closed")
BOARDS = ("originBoardId", "boardId", "rapidViewId")
OLD_START, OLD_END = "com.atlassian.greenhopper.service.sprint.Sprint@", "]"
OLD_KEY = re.compile(
    r"(?:^|,)(id|rapidViewId|state|name|goal|startDate|endDate|completeDate|activatedDate|sequence"
    r"|autoStartStop|synced|incompleteIssuesDestinationId)="
)
FREE = ("name", "goal")  # what people write, which can look like anything


def sprint_of(
    payload: Json, site: SiteView, at: Millis, where: str = "sprint", *, read_at: Millis | None = None
) -> Observation:
    """A sprint with its name, state, dates and board; a body without a state says no dates."""
    item = ItemId("jira", site.name, f"sprint:{need_id(payload, 'id', where)}")
    said: dict[str, Any] = {}
    name = maybe_text(payload, "name", where)
    if name is not None:
        said["title"] = name
    state = maybe_text(payload, "state", where)
    if state is not None:
        said["dates"] = _dates(payload, state.lower(), where, site)
    return Observation(item=item, at=at, facets=Facets(**said), read_at=read_at)


def sprint_values(value: object, path: str) -> list[Json]:
    """The sprints in a sprint field: a list of objects or old strings, or nothing."""
    if value is None or value == "":
        return []
    entries = as_list(value, path) if isinstance(value, list) else [value]
    return [_sprint_value(entry, f"{path}[{index}]") for index, entry in enumerate(entries)]


def looks_like_sprints(value: object) -> bool:
    """Whether a field holds sprints by its shape alone, for a site whose fields are not discovered yet."""
    first = value[0] if isinstance(value, list) and value else None
    if isinstance(first, str):
        return first.startswith(OLD_START)
    return isinstance(first, dict) and {"id", "name", "state", "boardId"} <= first.keys()


def _dates(payload: Json, state: str, where: str, site: SiteView) -> SprintDates:
    if state not in STATES:
        raise Malformed(f"{where}.state: {state[:24]!r} is none of {', '.join(STATES)}")
    board = next((found for key in BOARDS if (found := maybe_id(payload, key, where))), None)
    return SprintDates.model_validate(
        {
            "state": state,
            "start": moment(payload, "startDate", where),
            "end": moment(payload, "endDate", where),
            "completed": moment(payload, "completeDate", where),
            "board": None if board is None else str(ItemId("jira", site.name, f"board:{board}")),
            "goal": maybe_text(payload, "goal", where) or None,
        }
    )


def _sprint_value(value: object, path: str) -> Json:
    if isinstance(value, str):
        return _old_sprint(as_text(value, path), path)
    if isinstance(value, dict):
        return as_object(value, path)
    raise wrong(path, "a sprint", value)


def _old_sprint(text: str, path: str) -> Json:
    """`..Sprint@1f[id=7,state=CLOSED,name=a, b=c [x],goal=..,startDate=..]`, in any order of its keys.

    A name or goal may hold what looks like another key: such a key counts where it stands first when that
    is before them, else where it stands last.
    """
    head, bracket, inner = text.partition("[")
    if not head.startswith(OLD_START) or not bracket or not inner.endswith(OLD_END):
        raise Malformed(f"{path}: expected a sprint, found {text[:40]!r}")
    inner = inner.removesuffix(OLD_END)
    hits = list(OLD_KEY.finditer(inner))
    free_from = next((index for index, hit in enumerate(hits) if hit[1] in FREE), len(hits))
    chosen: dict[str, re.Match[str]] = {}
    for index, hit in enumerate(hits):
        if index <= free_from:
            chosen.setdefault(hit[1], hit)
    fixed = {hit[1] for hit in chosen.values()}
    for hit in hits[free_from + 1 :]:
        if hit[1] not in fixed:
            chosen[hit[1]] = hit
    ordered = sorted(chosen.values(), key=lambda hit: hit.start())
    ends = [hit.start() for hit in ordered[1:]] + [len(inner)]
    values = {hit[1]: inner[hit.end() : end] for hit, end in zip(ordered, ends, strict=True)}
    return {key: value for key, value in values.items() if value != "<null>"}
