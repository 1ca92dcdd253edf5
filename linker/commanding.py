"""A command of a person becomes decisions, once it is known what the person may do; pure."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple, cast, get_args

from linker import tags
from linker.model import Decision, DecisionKind, ItemId, Millis, Reason
from linker.okrs import Catalogue
from linker.tags import Commanded
from linker.verdict.markdown import code, listed

MAY_WRITE = frozenset({"write", "maintain", "admin"})
DONE, NOT_ALLOWED, NOT_UNDERSTOOD = "+1", "-1", "confused"  # reactions
HELP = "Write `/kr O1.KR2`, `/kr remove O1.KR2`, `/kr none ktlo` with a reason, or `/kr why`"


class Answer(NamedTuple):
    """The decisions that a command comes to, the reaction to it, and why it was not done where it was not."""

    decisions: tuple[Decision, ...]
    reaction: str
    text: str = ""


def obey(
    own: str,
    item: ItemId,
    said: Mapping[str, Any],
    permission: str,
    catalogue: Catalogue,
    earlier: Collection[Decision] = (),
) -> Answer:
    """What a command does: `said` is the command as it was kept, `permission` what the tracker's API told.

    `earlier` are the decisions of older versions of the same comment: editing it takes them back.
    """
    if permission not in MAY_WRITE:
        return Answer((), NOT_ALLOWED)
    lines = [tags.commanded(line) for line in said["lines"]]
    bound, refused = _bound(lines, catalogue, said["at"])
    if refused:
        return Answer((), NOT_UNDERSTOOD, refused)
    base = Decision(
        id=own, item=item, kind="link", actor=said["actor"], at=said["at"], order=said["answer"],
        permission=permission,
    )  # fmt: skip
    made = [one.model_copy(update={"id": f"{own}:undo:{one.id}"[:200]}) for one in _undone(base, earlier)]
    for number, (line, krs) in enumerate(zip(lines, bound, strict=True)):
        made += _decided(base, line, krs, number)
    return Answer(tuple(made), DONE)


def _bound(lines: list[Commanded], catalogue: Catalogue, at: Millis) -> tuple[list[list[str]], str]:
    """The key results of each line, or why one of them cannot be: all of a comment is done, or nothing."""
    found: list[list[str]] = []
    for line in lines:
        if line.verb == "odd":
            return [], f"{code('/kr ' + line.text)} is no command. {HELP}."
        krs = []
        for written in line.codes:
            cycle, slash, bare = written.rpartition("/")
            bound = catalogue.bind(bare, cycle if slash else None, at)
            if bound.kr is None:
                return [], _unbound(written, bound.candidates, catalogue)
            krs.append(bound.kr)
        found.append(krs)
    return found, ""


def _unbound(written: str, candidates: Collection[str], catalogue: Catalogue) -> str:
    if candidates:
        return f"{code(written)} could be {listed(map(code, candidates), joint='or')}. Write the full id."
    near = tags.nearest(written.rpartition("/")[2], catalogue.codes)
    hint = f" The nearest is {code(near)}." if near else ""
    return f"The catalogue holds no {code(written)}.{hint}"


def _decided(base: Decision, line: Commanded, krs: list[str], number: int) -> list[Decision]:
    if line.verb == "exempt" and line.reason in get_args(Reason):
        update = {"id": f"{base.id}:{number}", "kind": "exempt", "reason": line.reason, "why": line.why}
        return [base.model_copy(update=update)]
    return [
        base.model_copy(
            update={
                "id": f"{base.id}:{number}.{place}",
                "kind": cast(DecisionKind, line.verb),
                "kr": kr,
                "why": line.why,
            }
        )
        for place, kr in enumerate(krs)
    ]


def _undone(base: Decision, earlier: Collection[Decision]) -> list[Decision]:
    undone = {one.undoes for one in earlier if one.undoes}
    standing = [one for one in earlier if one.undoes is None and one.id not in undone]
    return [
        base.model_copy(update={"id": one.id, "kind": one.kind, "kr": one.kr, "undoes": one.id})
        for one in standing
    ]
