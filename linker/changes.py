"""Desired minus current: which labels, checks and answers an item should have, and what to write; pure."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from linker import tags
from linker.model import CHECK, Change, ItemId, Level, Millis
from linker.verdict import (
    RETIRED,
    Advice,
    Conclusion,
    Mode,
    Rerun,
    Verdict,
    check,
    comment,
    retired,
    status,
)

CONTEXT = CHECK
COMMENT = "comment"
LATEST: Millis = 10_000_000_000_000  # later than any moment, for ranks
OPEN_CATEGORIES = frozenset({"todo", "doing"})


class Request(Protocol):
    """When a commit's check was asked for, and by what."""

    @property
    def at(self) -> Millis:
        """When."""

    @property
    def why(self) -> str:
        """rerun, more, queue or unqueue."""


class Plan(NamedTuple):
    """A change in the outbox: what it asks for, and whether it may have reached the tracker."""

    id: int
    desired: Mapping[str, Any]
    sent: bool  # sent, or being sent right now; else it waits or is only shown


class Surface(NamedTuple):
    """What is on the tracker as far as we know: labels, those that are ours, what we plan or sent."""

    labels: frozenset[str]
    ours: frozenset[str]
    told: frozenset[str]  # labels of which the tracker told who set and who removed them
    plans: Mapping[str, Plan]  # by surface


class Difference(NamedTuple):
    """What to plan, and the plans that are not wanted any more."""

    changes: tuple[Change, ...]
    moot: tuple[int, ...]


def labels(
    item: ItemId, level: int, category: str | None, codes: Collection[str], now: Surface
) -> list[Change]:
    """The label of each active key result on open tickets and pull requests; only ours are removed."""
    if level < Level.TICKET or category not in OPEN_CATEGORIES:
        return []
    desired = {tags.label_code(tags.label_for(code)): tags.label_for(code) for code in codes}
    there = {tags.label_code(label) for label in now.labels}
    sent = {
        surface.partition(":")[2]: bool(plan.desired.get("present"))
        for surface, plan in now.plans.items()
        if plan.sent and surface.startswith("label:")
    }
    add = {
        label for code, label in desired.items() if code not in there or sent.get(label) is False
    }  # one that we took away is there until the tracker says so
    ours = now.labels & now.ours
    ours |= {label for label, present in sent.items() if present and label not in now.told}
    remove = {label for label in ours if tags.label_code(label) not in desired}
    return [_label(item, label, True) for label in sorted(add)] + [
        _label(item, label, False) for label in sorted(remove)
    ]


class Terms(NamedTuple):
    """How strict the check is, how it ends where nothing can be said, where it is shown, and its page."""

    mode: Mode
    undecided: Conclusion
    shown: Literal["check", "status"]
    url: str
    comments: bool = False


class Pull(NamedTuple):
    """A pull request as its checks need it: what we say of it, by which terms, and which commits ask."""

    item: ItemId
    head: str | None
    category: str | None
    verdict: Verdict
    terms: Terms
    asked: Mapping[str, Request]  # `hand:<sha>` and `queue:<sha>`, of it and of its repository
    advice: Sequence[Advice] = ()


def checks(pull: Pull, now: Surface) -> list[Change]:
    """A check of the head and of what the merge queue asks for; one that nobody waits for is ended."""
    terms, live = pull.terms, pull.category in OPEN_CATEGORIES and pull.terms.mode != "off"
    heads = [pull.head] if pull.head and live else []
    queued = [_sha(place) for place, asked in pull.asked.items() if asked.why == "queue" and live]
    wanted = {sha: _check(pull, sha, sha not in heads) for sha in dict.fromkeys([*heads, *queued])}
    for surface, plan in now.plans.items():
        kind, _, sha = surface.partition(":")
        if kind == terms.shown and sha not in wanted and (_open(plan) or _asks(pull, sha, plan)):
            wanted[sha] = _retired(pull, sha)
    return [
        Change(item=pull.item, surface=f"{terms.shown}:{sha}", desired=desired)
        for sha, desired in wanted.items()
    ]


def comments(pull: Pull, now: Surface, quiet: bool) -> list[Change]:
    """The one comment, where it is switched on: begun when there is something to do, then kept true."""
    begun = COMMENT in now.plans and now.plans[COMMENT].sent
    good = pull.verdict.word in ("serving", "exempt")
    if not pull.terms.comments or pull.category not in OPEN_CATEGORIES or pull.verdict.waits:
        return []
    if (good or quiet) and not begun:
        return []
    terms = pull.terms
    body = comment(pull.verdict, terms.mode, terms.url, pull.advice, terms.undecided)
    return [Change(item=pull.item, surface=COMMENT, desired={"body": body})]


def reactions(item: ItemId, answers: Mapping[str, str]) -> list[Change]:
    """One reaction to each comment that holds a command, and no text."""
    return [
        Change(item=item, surface=f"reaction:{own}", desired={"content": content})
        for own, content in sorted(answers.items())
    ]


def rank(required: bool, at: Millis) -> int:
    """The place in the queue: required checks first, then the newest; the lowest is sent first."""
    return (0 if required else LATEST) + LATEST - min(at, LATEST)


def _check(pull: Pull, sha: str, queued: bool) -> dict[str, Any]:
    terms = pull.terms
    if terms.shown == "status":
        state, text = status(pull.verdict, terms.mode, terms.undecided)
        return _status(state, text, terms.url)
    return check(
        pull.verdict,
        terms.mode,
        terms.url,
        undecided=terms.undecided,
        advice=pull.advice,
        item=str(pull.item),
        rerun=_rerun(pull, sha),
        queued=queued,
    )


def _retired(pull: Pull, sha: str) -> dict[str, Any]:
    head = pull.head if pull.category in OPEN_CATEGORIES and pull.head != sha else ""
    if pull.terms.shown == "status":
        return _status("success", RETIRED[0] if head else RETIRED[1], pull.terms.url)
    return retired(str(pull.item), pull.terms.url, head or "", _rerun(pull, sha))


def _status(state: str, text: str, url: str) -> dict[str, Any]:
    return {"state": state, "description": text, "context": CONTEXT, "target_url": url}


def _rerun(pull: Pull, sha: str) -> Rerun | None:
    asked = pull.asked.get(f"hand:{sha}")
    if asked is None:
        return None
    return Rerun("more" if asked.why == "more" else "rerun", asked.at)


def _open(plan: Plan) -> bool:
    """Whether a check that we told is still open there, or its end is on its way."""
    begun = plan.desired.get("status") == "in_progress" or plan.desired.get("state") == "pending"
    ending = plan.desired.get("title", plan.desired.get("description")) in RETIRED
    return (begun and plan.sent) or (ending and not plan.sent)


def _asks(pull: Pull, sha: str, plan: Plan) -> bool:
    """Whether a person asked for the check of an old commit once more, since it was last told."""
    rerun = _rerun(pull, sha)
    if rerun is None or pull.terms.shown != "check":
        return False
    return plan.desired.get("external_id") != f"{pull.item}@{rerun.at}" or not plan.sent


def _sha(place: str) -> str:
    return place.partition(":")[2]


def difference(wanted: Sequence[Change], plans: Mapping[str, Plan]) -> Difference:
    """Plan what is wanted and not planned or sent yet; what waits and is not wanted is moot.

    So a status of a head that was pushed over is never sent, nor a label of an item that is done by now.
    """
    surfaces = {change.surface for change in wanted}
    fresh = [
        change
        for change in wanted
        if change.surface not in plans or plans[change.surface].desired != change.desired
    ]
    moot = [plan.id for surface, plan in plans.items() if surface not in surfaces and not plan.sent]
    return Difference(tuple(fresh), tuple(sorted(moot)))


def _label(item: ItemId, label: str, present: bool) -> Change:
    return Change(item=item, surface=f"label:{label}", desired={"present": present})
