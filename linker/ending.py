"""What a fold writes when all is decided: items, links with their log, findings, standing."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from linker import rules
from linker.batch import Batch, as_id
from linker.held import Held
from linker.linking import Reader, Relinked, Traced, candidates, container, finding_rows
from linker.model import Finding, Level, Link, Millis
from linker.past import true_spans
from linker.resolve import alias_of
from linker.spans import Key, LogRow, Span, difference, told
from linker.store import items, links, work
from linker.trace import Trace

IDLE = "idle_parent"


def write_rows(batch: Batch, found: Collection[Relinked]) -> None:
    """Save the items that deliveries or links touched, with what they name."""
    own = {one.held.row: one.own.dump() for one in found}
    linked = [{**item_row(batch, batch.rows[row]), "own": own[row]} for row in sorted(own)]
    others = [item_row(batch, batch.rows[row]) for row in sorted(batch.touched - own.keys())]
    items.save(batch.connection, linked)
    items.save(batch.connection, others)
    for row in batch.renamed:
        home = batch.rows[row]
        batch.dirty |= items.rename(batch.connection, home.id, home.value("alias") or "?")
    items.add_candidates(batch.connection, {one.held.row: candidates(one) for one in found})


def item_row(batch: Batch, item: Held) -> dict[str, Any]:
    """An item as its row: the columns that pages ask for, and all that is held of it."""
    kind, state, head = item.value("kind") or {}, item.value("state") or {}, item.value("head") or {}
    points = item.value("points")
    return {
        "id": item.row,
        "tracker": item.id.tracker,
        "site": item.id.site,
        "tid": item.id.id,
        "held": item.seen,
        "deleted": item.deleted,
        "level": kind.get("level"),
        "type": (kind.get("type") or "")[:64] or None,
        "alias": _alias(batch, item),
        "container": container(batch, item),
        "title": item.value("title") or "",
        "category": state.get("category"),
        "state": (state.get("name") or "")[:128] or None,
        "points": str(Decimal(points)) if points is not None else None,
        "head": head.get("sha"),
        "created": item.created,
        "at": max((facet.at for facet in item.facets.values()), default=0),
        "done_at": state.get("done_at"),
        "doc": item.dump(),
    }


def _alias(batch: Batch, item: Held) -> str | None:
    """How people call it: the key, or owner/name#n under the repository's present name."""
    if item.id.tracker == "github" and item.id.place is None:
        return f"{container(batch, item) or '?'}#{item.id.id.partition('#')[2]}"
    alias: str | None = item.value("alias")
    return alias


def write_links(batch: Batch, reader: Reader, found: Collection[Relinked]) -> None:
    """Bring the links of each item up to date, and append what changed to the log."""
    known = links.links_of(batch.connection, [one.held.row for one in found])
    gone: list[tuple[int, str, str]] = []
    rows: list[dict[str, Any]] = []
    logged: list[dict[str, Any]] = []
    for one in found:
        row, before = one.held.row, known.get(one.held.row, {})
        if _is_checked(one.held):
            batch.dirty.add(row)  # a code that nobody knows makes no link, and yet a verdict
        now: dict[Key, Link] = {(link.parent, link.kind): link for link in one.linked.links}
        if before.keys() == now.keys() and row not in batch.late and len(batch.times.get(row, ())) < 2:
            starts = {key: old["valid_from"] for key, old in before.items()}
        else:
            log, starts = _log(batch, reader, one, before, now)
            logged += [_log_row(batch, row, entry) for entry in log]
        ended = [(row, *key) for key in before.keys() - now.keys()]
        gone += ended
        if ended:
            batch.dirty.add(row)
            batch.moved.add(row)
        for key, link in now.items():
            fresh = _link_row(batch, row, link, starts[key])
            old = before.get(key)
            if old is None or any(old[name] != value for name, value in fresh.items()):
                rows.append(fresh)
                batch.dirty.add(row)
                batch.moved |= {row} if old is None else set()
    links.save_links(batch.connection, gone, rows)
    links.log(batch.connection, logged)


def _is_checked(item: Held) -> bool:
    """Whether it is an open pull request."""
    kind, state = item.value("kind") or {}, item.value("state") or {}
    return kind.get("level") == Level.PULL_REQUEST and state.get("category") == "doing"


def _log(
    batch: Batch, reader: Reader, one: Relinked, before: dict[Key, Any], now: dict[Key, Link]
) -> tuple[list[LogRow], dict[Key, Millis]]:
    """What to append, and from when each present link holds.

    The usual case, one newest state after another, needs no look at the past.
    """
    row, times = one.held.row, batch.times.get(one.held.row, set())
    if row not in batch.late and len(times) == 1:
        (at,) = times
        start = at
        if row in batch.born and one.held.created is not None:
            start = min(at, one.held.created)
        ended = [
            LogRow("retract", Span(*key, before[key]["valid_from"], at), None)
            for key in sorted(before.keys() - now.keys())
        ]
        begun = [
            LogRow("assert", Span(*key, start, None), now[key].why)
            for key in sorted(now.keys() - before.keys())
        ]
        starts = {key: before[key]["valid_from"] if key in before else start for key in now}
        return ended + begun, starts
    true, refs = true_spans(batch, reader, one.held, one.ours)
    items.add_candidates(batch.connection, {row: {alias_of(ref) for ref in refs - one.refs}})
    log = difference(told(_told_rows(batch, row)), true)
    starts = {(span.parent, span.kind): span.start for span in true if span.end is None}
    return log, {key: starts.get(key, one.held.created or 0) for key in now}


def _told_rows(batch: Batch, row: int) -> list[tuple[str, Span]]:
    return [
        (entry["op"], Span(entry["parent"], entry["kind"], entry["valid_from"], entry["valid_to"]))
        for entry in links.log_of(batch.connection, row)
    ]


def _log_row(batch: Batch, row: int, entry: LogRow) -> dict[str, Any]:
    return {
        "op": entry.op,
        "child": row,
        "parent": entry.span.parent,
        "kind": entry.span.kind,
        "valid_from": entry.span.start,
        "valid_to": entry.span.end,
        "why": entry.why.model_dump(mode="json", exclude_defaults=True) if entry.why else {},
        "rules": rules.VERSION,
        "delivery": batch.makers.get(row, 0),
        "recorded_at": batch.now,
    }


def _link_row(batch: Batch, row: int, link: Link, start: Millis) -> dict[str, Any]:
    target = as_id(link.parent) if link.kind != "tag" else None
    return {
        "child": row,
        "parent": link.parent,
        "kind": link.kind,
        "parent_item": batch.held[target].row if target else None,
        "valid_from": start,
        "why": link.why.model_dump(mode="json", exclude_defaults=True),
    }


def write_standing(batch: Batch, trace: Trace, traced: Traced) -> None:
    """Keep what each changed item serves, and mark what must be judged again."""
    serves = {row: trace.serves(row) for row in traced.changed}
    sets = links.kr_set_ids(batch.connection, {one.krs for one in serves.values()})
    links.save_standing(
        batch.connection,
        [
            {"item": row, "kr_set": sets[one.krs], "exemption": one.exemption}
            for row, one in sorted(serves.items())
        ],
    )
    below = links.open_below(batch.connection, batch.moved)  # their checks tell how far the way goes
    work.mark_dirty(batch.connection, traced.changed | batch.dirty | below, batch.now)


def write_findings(batch: Batch, trace: Trace, traced: Traced, found: Collection[Relinked]) -> None:
    """Keep what was found; idle hierarchy is a finding of each item of a circle, whichever closed it."""
    own = {one.held.row: one.linked.findings for one in found}
    others = traced.idle | links.children_of(batch.connection, traced.levels)
    links.set_findings(
        batch.connection, {row: finding_rows([*said, *_idle(trace, row)]) for row, said in own.items()}
    )
    links.set_findings(
        batch.connection,
        {row: finding_rows(_idle(trace, row)) for row in others - own.keys()},
        only=IDLE,
    )


def _idle(trace: Trace, row: int) -> list[Finding]:
    """Hierarchy that serves nothing because it goes up or in a circle."""
    if not any(edge.kind == "parent" for edge in trace.graph.idle_links(row)):
        return []
    return [
        Finding(
            id=IDLE,
            severity="warning",
            subject="",
            text="Its parent is not above it (same level, lower, or a circle), so nothing is inherited.",
            fix="Give it a parent of a higher level in the tracker.",
        )
    ]
