"""Home: what needs a person, what the running sprints serve, what serves each key result, what came in."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, NamedTuple

from linker import scope
from linker.model import KeyResult, Level, Objective
from linker.okrs import Catalogue
from linker.scope import PARTS, Parts
from linker.store import counts, flow, lists, readings
from reports import wording
from reports.coverage import SprintParts, coverage
from reports.frame import Frame, framed, render

OPEN = ("todo", "doing")


class Need(NamedTuple):
    """Something that a person should look at: how many, where the list is, and what to do."""

    severity: str
    text: str
    number: int | None
    to: tuple[str, dict[str, Any]] | None  # endpoint and its arguments
    fix: str


class Work(NamedTuple):
    """Tickets and pull requests that serve a key result, open and done."""

    open_tickets: int = 0
    done_tickets: int = 0
    open_pulls: int = 0
    done_pulls: int = 0


class Row(NamedTuple):
    """A key result in the table of home."""

    kr: KeyResult
    state: str  # active, or the state that keeps it from being active
    why: str
    work: Work
    points: Fraction  # in the running sprints
    tickets: int


def home() -> str:
    """What needs a person, what the running sprints serve, and what came in."""
    with framed() as frame:
        if not frame.inbox and not counts.any_items(frame.connection):
            return render("empty.html", frame, sites=frame.config.sites)
        sprints = coverage(frame)
        whole = scope.add([one.parts for one in sprints])
        return render(
            "home.html",
            frame,
            needs=list(_needs(frame, sprints, whole)),
            sprints=sprints,
            whole=whole,
            shares=scope.shares(whole),
            objectives=list(_objectives(frame, whole)),
            newest=flow.page_of_deliveries(frame.connection, None, 0, 5),
            changes=flow.change_counts(frame.connection),
            parts=PARTS,
            measured=readings.any_readings(frame.connection),
        )


def work_by_kr(frame: Frame, kr: str | None = None) -> dict[str, Work]:
    """Open and done work of every key result, or of one, from `standing`."""
    sets = counts.kr_sets(frame.connection)
    found: dict[str, list[int]] = {}
    for row in counts.by_set(frame.connection, kr):
        place = (0 if row.level < Level.PULL_REQUEST else 2) + (row.category == "done")
        if row.category in (*OPEN, "done"):
            for served in sets.get(row.kr_set, ()):
                found.setdefault(served, [0, 0, 0, 0])[place] += row.number
    return {served: Work(*numbers) for served, numbers in found.items()}


def _needs(frame: Frame, sprints: list[SprintParts], whole: Parts) -> Iterator[Need]:
    if frame.engine_silent:
        fix = "Look at the service's log, then start `sightline serve` or `sightline worker` again."
        yield Need("error", "Deliveries are kept, but nothing reads them", None, None, fix)
    if not frame.catalogue.cycles:
        fix = "Write okrs.yaml, then run `sightline okrs load`."
        yield Need("error", "No key results are loaded", None, None, fix)
    elif not frame.cycles:
        fix = "Add the running cycle to okrs.yaml, then run `sightline okrs load`."
        yield Need("error", "No cycle holds today", None, None, fix)
    if frame.inbox.get("dead"):
        fix = "Read the reason of each, then `sightline deliveries replay`."
        to = ("pages.inbox", {"state": "dead"})
        yield Need("error", "Deliveries that could not be read", frame.inbox["dead"], to, fix)
    refused = flow.change_counts(frame.connection).get("refused", 0)
    if refused:
        fix = "The tracker said no; the reason stands beside each."
        yield Need(
            "error", "Changes refused by a tracker", refused, ("pages.changes", {"state": "refused"}), fix
        )
    yield from _scope_needs(whole)
    yield from _pull_needs(frame)
    for row in counts.found(frame.connection):
        to = ("pages.items", {"q": f"finding:{row.finding}"})
        yield Need(row.severity, wording.finding(row.finding), row.number, to, _first_sentence(row.fix))
    named = lists.dangling(frame.connection)
    if named:
        to = ("pages.items", {"q": f"finding:{lists.DANGLING}"})
        fix = "Correct the key, or let Sightline's account see it."
        yield Need("note", wording.finding(lists.DANGLING), named, to, fix)


def _scope_needs(whole: Parts) -> Iterator[Need]:
    words = {"none": "that serve no key result", "inactive": "that serve only inactive key results"}
    fixes = {
        "none": "Give each, or its epic, a key result, or say why it needs none.",
        "inactive": "Move each to a key result of the running cycle, or out of the sprint.",
    }
    for part in ("none", "inactive"):
        if whole.tickets[part]:
            to = ("pages.items", {"q": f"sprint:running counted {part}"})
            yield Need("warning", f"Sprint tickets {words[part]}", whole.tickets[part], to, fixes[part])


def _pull_needs(frame: Frame) -> Iterator[Need]:
    verdicts = counts.open_pulls(frame.connection)
    words = {
        "unlinked": ("that serve no key result", "Put a ticket key at the start of the title."),
        "unknown": ("that name an unknown key result", "Correct the code in the title or body."),
        "inactive": ("that serve only inactive key results", "Link the ticket to the running cycle."),
        "undecided": ("that wait for a ticket to be read", "Nothing, unless it stays so for hours."),
    }
    for word, (text, fix) in words.items():
        if verdicts.get(word):
            to = ("pages.items", {"q": f"verdict:{word} open", "level": "pull"})
            severity = "note" if word == "undecided" else "warning"
            yield Need(severity, f"Open pull requests {text}", verdicts[word], to, fix)


def _objectives(frame: Frame, whole: Parts) -> Iterator[tuple[Objective, list[Row]]]:
    work = work_by_kr(frame)
    for cycle in frame.cycles:
        for objective in cycle.objectives:
            yield (
                objective,
                [
                    Row(
                        kr,
                        state_of(frame.catalogue, kr.id, frame),
                        frame.catalogue.why_inactive(kr.id, frame.today, frame.grace),
                        work.get(kr.id, Work()),
                        whole.krs.get(kr.id, Fraction(0)),
                        whole.serving.get(kr.id, 0),
                    )
                    for kr in objective.key_results
                ],
            )


def state_of(catalogue: Catalogue, kr_id: str, frame: Frame) -> str:
    """`active`, else the state, else `inactive` when only its cycle is over or to come."""
    if catalogue.active(kr_id, frame.today, frame.grace):
        return "active"
    state = catalogue.state_on(kr_id, frame.today)
    return "inactive" if state == "open" else state


def _first_sentence(text: str) -> str:
    return f"{text.partition('. ')[0].rstrip('.')}."
