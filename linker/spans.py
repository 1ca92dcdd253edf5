"""When each link of an item held, from the item's whole history: (parent, kind) with valid from and to."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from linker.model import Link, Millis, Provenance

Key = tuple[str, str]  # parent, kind of link


class Span(NamedTuple):
    """A link held from `start` (inclusive) until `end` (exclusive; None: it still does)."""

    parent: str
    kind: str
    start: Millis
    end: Millis | None


class LogRow(NamedTuple):
    """One row to append: a link begins (`assert`), or what was asserted ended or never was (`retract`)."""

    op: str
    span: Span
    why: Provenance | None


def spans(versions: Iterable[tuple[Millis, Sequence[Link]]]) -> dict[Span, Provenance]:
    """Spans from the states of an item in order of time; each state holds until the next."""
    running: dict[Key, tuple[Millis, Provenance]] = {}
    found: dict[Span, Provenance] = {}
    for at, links in versions:
        now = {(link.parent, link.kind): link.why for link in links}
        for key in [key for key in running if key not in now]:
            start, why = running.pop(key)
            if at > start:
                found[Span(*key, start, at)] = why
        for key, why in now.items():
            running.setdefault(key, (at, why))
    for key, (start, why) in running.items():
        found[Span(*key, start, None)] = why
    return found


def difference(told: Iterable[Span], true: dict[Span, Provenance]) -> list[LogRow]:
    """What to append so that the log says what is true: retracts first, then asserts.

    A span that merely ended is retracted with its end; one that never held with an end equal to its start.
    """
    known = set(told)
    rows = []
    for span in sorted(known - set(true), key=_order):
        end = next((s.end for s in true if s[:3] == span[:3] and s.end is not None), span.start)
        rows.append(LogRow("retract", span._replace(end=end), None))
    for span in sorted(set(true) - known, key=_order):
        if span.end is None or not any(s[:3] == span[:3] for s in known):
            rows.append(LogRow("assert", span, true[span]))
    return rows


def told(rows: Iterable[tuple[str, Span]]) -> set[Span]:
    """What the log says now: asserted spans, as ended or voided by later rows."""
    held: dict[tuple[str, str, Millis], Span] = {}
    for op, span in rows:
        key = (span.parent, span.kind, span.start)
        if op == "assert":
            held[key] = span
        elif span.end == span.start:
            held.pop(key, None)
        else:
            held[key] = span
    return set(held.values())


def _order(span: Span) -> tuple[str, str, Millis, Millis]:
    return span.parent, span.kind, span.start, span.end if span.end is not None else 1 << 62
