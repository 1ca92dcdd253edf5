"""The planning page of a sprint, and the list of sprints: what they serve, before a team commits to it."""

import hashlib
import json
from typing import Any, NamedTuple

from flask import abort, current_app, flash, get_flashed_messages, redirect, request, url_for
from werkzeug.wrappers import Response

from linker import scope
from linker.planning import SprintKnown, sprints_known
from linker.planning.find import shown
from linker.scope import PARTS, Card
from linker.store import flow, meta
from reports import planning_acts as acts
from reports.coverage import day_of
from reports.frame import Frame, framed, render
from reports.person import may
from reports.plan import Draft, Sheet, look_of, sheet
from reports.plan_formats import FORMATS, PART_WORDS

TYPES = {"json": "application/json", "csv": "text/csv; charset=utf-8", "text": "text/plain; charset=utf-8"}
SHOWN = 12  # candidates to pull in
SITE = "site:"  # where it is kept that a site does not answer as it should


class Line(NamedTuple):
    """A sprint in the list of sprints."""

    known: SprintKnown
    teams: str


def sprints() -> str:
    """Every sprint: those that run and come, then those that are over."""
    with framed() as frame:
        look = look_of(frame)
        known = sprints_known(frame.connection, look)
        lines = [
            Line(one, ", ".join(team.name for team in look.teams(one.sprint.dates.board, one.containers)))
            for one in shown(known.values())
        ]
        return render("sprints.html", frame, lines=lines, day=day_of)


def plan(sprint: int) -> Response | str:
    """A sprint before and while a team works on it; `out` and `in` say what if."""
    with framed() as frame:
        tag = _version(frame, sprint)
        said = [str(text) for text in get_flashed_messages()]
        if not said and request.if_none_match.contains(tag):
            return Response(status=304, headers={"ETag": f'"{tag}"'})
        found = sheet(frame, sprint, drafted())
        if found is None:
            abort(404, description="No sprint has that number. The list of sprints shows those that are held")
        answer = current_app.make_response(_page(frame, found, said, tag))
        if not said:
            answer.set_etag(tag)
        return answer


def plan_as(sprint: int, form: str) -> Response:
    """The same as data, for scripts and spreadsheets."""
    if form not in FORMATS:
        abort(404, description=f"A plan is told as one of {', '.join(FORMATS)}")
    with framed() as frame:
        found = sheet(frame, sprint, drafted())
        if found is None:
            abort(404, description="No sprint has that number")
        answer = Response(FORMATS[form](found), content_type=TYPES[form])
        if form == "csv":
            answer.headers["Content-Disposition"] = f'attachment; filename="plan-{sprint}.csv"'
        return answer


def decide(sprint: int) -> Response:
    """One act of a planner: decide, undo, or change the what-if; then the page again, with what came."""
    with framed() as frame:
        found = sheet(frame, sprint, Draft(_rows(request.form.get("out")), _rows(request.form.get("in"))))
        if found is None:
            abort(404, description="No sprint has that number")
        done = acts.act(frame, found, request.form)
    services: Any = current_app.extensions["sightline"]
    services.inbox.decide(*done.decisions)
    if done.decisions and not acts.folded(services.store):
        flash("It is kept, and will show here as soon as deliveries are read.")
    flash(json.dumps(done.said))
    words: dict[str, Any] = _words(done.draft)
    return redirect(url_for("pages.plan", sprint=sprint, **words), code=303)


def drafted() -> Draft:
    """What if, as the address says it."""
    return Draft(_rows(request.args.get("out")), _rows(request.args.get("in")))


def _rows(text: str | None) -> tuple[int, ...]:
    found = [int(word) for word in (text or "").split(",") if word.isascii() and word.isdecimal()]
    return tuple(dict.fromkeys(row for row in found if row < 1 << 31))[:500]


def _words(draft: Draft) -> dict[str, str]:
    """The what-if as arguments of the address."""
    named = {"out": ",".join(map(str, draft.out)), "in": ",".join(map(str, draft.into))}
    return {name: value for name, value in named.items() if value}


def _page(frame: Frame, found: Sheet, said: list[str], tag: str) -> str:
    needy = sorted(
        (card for part in ("none", "inactive") for card in found.cards(part)),
        key=lambda card: (not card.is_open, -scope.worth(card), card.name),
    )
    return render(
        "plan.html",
        frame,
        sheet=found,
        zone=look_of(frame).zone_of(found.planned.teams, frame.zone_name),
        tag=tag,
        plan=found.plan,
        numbers=found.numbers,
        known=found.planned.known,
        parts=PARTS,
        words=PART_WORDS,
        shares=scope.shares(found.numbers.parts),
        day=day_of(found.planned.known.sprint, frame.now),
        needy=needy,
        good=found.cards("active"),
        exempt=found.cards("exempt"),
        candidates=found.candidates[:SHOWN],
        state=acts.state_of,
        sizes=frame.config.policy.planning.impact,
        size_of=lambda card, kr: acts.size_of(frame, card, kr),
        reasons=list(frame.config.policy.exemptions),
        said=[_told(text) for text in said],
        words_of=_words,
        why_not=lambda card: _why_not(frame, found, card),
        dry=_dry(frame, found),
        may_plan=may("planner"),
        held_up=_held_up(frame, found),
    )


def _told(text: str) -> dict[str, Any]:
    """A message, and the decisions that it offers to undo."""
    try:
        told: dict[str, Any] = json.loads(text)
    except ValueError:
        return {"text": text, "undo": ""}
    return told


def _why_not(frame: Frame, found: Sheet, card: Card) -> str:
    """Why a ticket serves no active key result, in a few words."""
    if card.krs:
        on = found.planned.on
        why = [frame.catalogue.why_inactive(kr, on, frame.grace) for kr in card.krs]
        return "; ".join(f"{frame.code(kr)}: {text}" for kr, text in zip(card.krs, why, strict=True))
    if card.unknown:
        return f"{card.unknown[0][0]} is in no cycle"
    return f"neither it nor {card.above.partition(':')[2]} names one" if card.above else "no epic, names none"


def _held_up(frame: Frame, found: Sheet) -> str:
    """Why its tracker takes nothing now; empty when it does."""
    tracker = "github" if found.planned.known.sprint.milestone else "jira"
    told = meta.beginning(frame.connection, SITE)
    names = [site.name for site in frame.config.sites if site.tracker == tracker]
    for site in names:
        if SITE + site in told:
            return f"{site}: {json.loads(told[SITE + site]).get('because', '')}".rstrip(": ")
    return ""


def _dry(frame: Frame, found: Sheet) -> bool:
    """Whether its tracker takes no writes from here."""
    tracker = "github" if found.planned.known.sprint.milestone else "jira"
    sites = [site for site in frame.config.sites if site.tracker == tracker]
    return bool(sites) and all(site.dry for site in sites)


def _version(frame: Frame, sprint: int) -> str:
    """What the page stands on, in short: while it is the same nobody needs the page again."""
    told = [sprint, request.query_string.decode(), flow.version(frame.connection), frame.inbox]
    told += [
        frame.today.isoformat(),
        frame.engine_silent,
        frame.now // 60_000,
        meta.beginning(frame.connection, SITE),
    ]
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:24]
