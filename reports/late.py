"""Links that were made only after the merge, from rows of the store to what is late."""

from linker.model import Decision, Millis
from linker.optouts import Late, Merged, late
from linker.spans import Span
from linker.store import optouts
from reports.frame import Frame


def late_pulls(frame: Frame, start: Millis | None = None, end: Millis | None = None) -> list[Late]:
    """Merged pull requests, of a time or of all time, that were linked only afterwards; the newest first."""
    merged = optouts.perhaps_late(frame.connection, start, end)
    logs: dict[int, list[tuple[str, Span, str]]] = {}
    for row in optouts.logs(frame.connection, merged):
        span = Span(row.parent, row.kind, row.valid_from, row.valid_to)
        logs.setdefault(row.child, []).append((row.op, span, row.field))
    said: dict[int, list[Decision]] = {}
    for item, content in optouts.decided(frame.connection, merged):
        said.setdefault(item, []).append(Decision.model_validate(content))
    return late(
        Merged(item, at, tuple(logs.get(item, ())), tuple(said.get(item, ()))) for item, at in merged.items()
    )
