"""One item: what it serves and why, what was found on it, who decided what, and what we wrote."""

from typing import Any, NamedTuple
from urllib.parse import quote

from flask import abort, redirect, url_for
from werkzeug.wrappers import Response

from linker.model import Level
from linker.store import advice, commands, counts, flow, lists, lookup, sprints, work
from linker.store.items import by_rows
from linker.store.up import Step
from linker.verdict import Verdict
from linker.why import Path, Why, short, why
from reports import decided, wording
from reports.frame import Frame, framed, render


class Answer(NamedTuple):
    """What an item serves, in words: the largest line of its page, and what mends it, the shortest first."""

    word: str
    title: str
    text: str
    fixes: tuple[str, ...] = ()
    looked: tuple[tuple[str, str], ...] = ()  # where the check looked, and what it found there
    notes: tuple[str, ...] = ()


class Node(NamedTuple):
    """A place on a path, and the link that leads on from it; the last one is a key result."""

    name: str
    title: str
    kind: str
    to: str  # address of its page
    link: Step | None
    delivery: int | None
    decided: dict[str, Any] | None  # a person's word, where it is that which leads on


def item(name: str) -> str | Response:
    """An item by any name that people use for it."""
    with framed() as frame:
        rows = {} if "\0" in name else lookup.rows(frame.connection, name.strip())
        if not rows:
            abort(404, description=f"Nothing is called {name[:80]}")
        if len(rows) > 1:
            known = by_rows(frame.connection, list(rows))
            return render("which.html", frame, name=name, rows=known, ids=rows)
        row = next(iter(rows))
        return _page(frame, row)


def _page(frame: Frame, row: int) -> str | Response:
    found = why(frame.connection, row)
    if found.row["level"] is None and not found.row["held"]:
        return render("unread.html", frame, row=found.row, name=short(found.row))
    if found.row["level"] is None:
        sprint = found.row["tid"].startswith(("sprint:", "milestone:"))
        if sprint:
            return redirect(url_for("pages.plan", sprint=row))
        abort(404, description="This is a project, board or repository; it has no page of its own")
    makers = flow.makers(frame.connection, list(found.rows))
    doc = found.row["doc"].get("f", {})
    below = lists.Wanted(below=row)
    changes = flow.changes_of(frame.connection, row)
    return render(
        "item.html",
        frame,
        row=found.row,
        name=short(found.row),
        answer=answer(frame, found),
        paths=[_chain(frame, found, path, makers) for path in found.paths],
        findings=flow.findings_on(frame.connection, row),
        decisions=decided.decided(frame, found.row),
        beside=flow.beside(frame.connection, row, ("blocks", "mentions")),
        labels=_labels(found.row),
        changes=changes,
        named=decided.names_in(frame.connection, changes),
        written=flow.written_on(frame.connection, row),
        sprints=sprints.titles(frame.connection, row),
        head=_value(doc, "head") or {},
        parents=[step for step in found.rows.values() if step["id"] != row],
        children=lists.page(frame.connection, below, 0, 20),
        children_total=lists.count(frame.connection, below),
        sets=counts.kr_sets(frame.connection),
        outside=_outside(frame, found.row),
        unsettled=found.row["doc"].get("u", []),
        suggested=_suggested(frame, row),
        commands=commands.on_items(frame.connection, [row]).get(row, []),
    )


def answer(frame: Frame, found: Why) -> Answer:
    """The verdict of a pull request as the check says it, the standing of anything else."""
    if found.row["deleted"]:
        return Answer("dropped", "Deleted in the tracker", "It serves nothing and counts nowhere.")
    if found.row["level"] == Level.PULL_REQUEST:
        return _judged(frame, found)
    live = [kr for kr in found.krs if kr in frame.active]
    codes = wording.listed([frame.code(kr) for kr in live])
    if live:
        titles = [kr.title for one in live if (kr := frame.kr(one)) is not None]
        return Answer("serving", f"Serves {codes}", "; ".join(titles))
    if found.exemption not in (None, "none"):
        reason = wording.EXEMPTIONS.get(found.exemption or "", found.exemption or "")
        return Answer("exempt", f"Exempt: {reason}", "It serves no key result on purpose.")
    if found.krs:
        codes = wording.listed([frame.code(kr) for kr in found.krs])
        because = _why_inactive(frame, found.krs[0])
        fix = "Link it, or its epic, to a key result of the running cycle."
        title = f"Serves only inactive key results: {codes}"
        return Answer("inactive", title, f"{codes}: {because}.", (fix,))
    if found.exemption == "none":
        text = "It says that it serves no key result, and gives no reason code."
        fix = "Write `KR: none - ktlo`, for example."
        return Answer("unlinked", "Opted out without a reason", text, (fix,))
    fix = "Write a line like `KR: O1.KR2` in its text or in that of its epic."
    text = "Neither its own text nor anything above it names a key result."
    return Answer("unlinked", "Serves no key result", text, (fix,))


def _judged(frame: Frame, found: Why) -> Answer:
    """What the check says, as it was said last."""
    said = work.verdicts_of(frame.connection, [found.row["id"]]).get(found.row["id"])
    if said is None or said["content"] is None:
        return Answer("undecided", "Not judged yet", "The engine judges it in a moment.")
    verdict = Verdict.model_validate(said["content"])
    live = [kr for kr in found.krs if kr in frame.active]
    titles = "; ".join(kr.title for one in live if (kr := frame.kr(one)) is not None)
    text = titles or verdict.text.replace("**", "")
    return Answer(verdict.word, verdict.title, text, verdict.fixes, verdict.looked, verdict.notes)


def _why_inactive(frame: Frame, kr: str) -> str:
    return frame.catalogue.why_inactive(kr, frame.today, frame.grace)


def _suggested(frame: Frame, row: int) -> list[tuple[str, list[str]]]:
    """Key results that it may serve, as its check suggested them: full ids with reasons."""
    kept = advice.kept(frame.connection, [row]).get(row)
    return [(kr, reasons) for kr, reasons in kept.content if kr in frame.active] if kept else []


def _chain(frame: Frame, found: Why, path: Path, makers: dict[tuple[int, str, str], int]) -> list[Node]:
    """A path as nodes from the item up to the key result; each holds the link to the next."""
    nodes = []
    at = found.row["id"]
    for step in path.steps:
        maker = makers.get((step.child, step.target, step.kind))
        nodes.append(_node(found.rows[step.child], step, maker, None))
        at = step.parent if step.parent is not None else at
    if path.decided:
        nodes.append(_node(found.rows[at], None, None, _decision(found.rows[at], path.kr)))
    kr = frame.kr(path.kr)
    title = kr.title if kr else "The catalogue does not hold it any more"
    to = url_for("pages.kr", kr=path.kr)
    nodes.append(Node(frame.code(path.kr), title, "key result", to, None, None, None))
    return nodes


def _node(row: Any, step: Step | None, maker: int | None, decided: dict[str, Any] | None) -> Node:
    kind = row["type"] if row["level"] is not None else "not read yet"
    to = url_for("pages.item", name=short(row))
    return Node(short(row), row["title"], kind or "", to, step, maker, decided)


def _decision(row: Any, kr: str) -> dict[str, Any]:
    """The latest word of a person that links an item to a key result."""
    said = [one for one in row["doc"].get("d", ()) if one.get("kind") == "link" and one.get("kr") == kr]
    return said[-1] if said else {}


def _labels(row: Any) -> list[dict[str, Any]]:
    """The labels on the item; of ours and of `kr:` ones also who set them, and when."""
    facet = row["doc"].get("f", {}).get("labels")
    acts = row["doc"].get("a", {})
    found = []
    for label in facet[3] or () if facet else ():
        added = [act for act in acts.get(label, ()) if act[1]]
        at, _, ours, actor = added[-1] if added else (None, True, False, "")
        found.append({"label": label, "at": at, "ours": ours, "actor": actor})
    return found


def _value(doc: dict[str, Any], name: str) -> Any:
    facet = doc.get(name)
    return facet[3] if facet else None


def _outside(frame: Frame, row: Any) -> str:
    """Its address at the tracker, made from the configuration and its name."""
    site = frame.config.site(row["tracker"], row["site"])
    if site is None or not row["alias"]:
        return ""
    if row["tracker"] == "jira":
        return f"{site.url}/browse/{quote(row['alias'])}"
    repository, _, number = row["alias"].partition("#")
    place = "pull" if row["level"] == Level.PULL_REQUEST else "issues"
    return f"{site.url}/{quote(repository)}/{place}/{quote(number)}"
