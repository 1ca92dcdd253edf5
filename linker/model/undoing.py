"""What is taken back: a word falls when one that stands undoes it, and an undo can be undone as well."""

from collections.abc import Mapping


def undone(undoes: Mapping[str, str]) -> frozenset[str]:
    """The ids that are taken back, given each undo's id and the id that it takes back.

    Of undos that undo each other in a circle none counts twice, so that the answer is the same in any order.
    """
    undone_by: dict[str, list[str]] = {}
    for own, other in undoes.items():
        undone_by.setdefault(other, []).append(own)

    def stands(own: str, seen: frozenset[str]) -> bool:
        undoing = (undo for undo in undone_by.get(own, ()) if undo not in seen)
        return not any(stands(undo, seen | {undo}) for undo in undoing)

    return frozenset(own for own in undone_by if not stands(own, frozenset({own})))
