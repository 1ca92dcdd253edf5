"""plan: what a sprint serves, what a person should look at, and what would be with other tickets."""

from typing import Annotated

import typer

from linker.planning import SprintKnown, sprints_known
from linker.planning.find import named, shown
from linker.store import Store, lookup
from reports import frame as frames
from reports.plan import Draft, look_of, sheet
from reports.plan_formats import FORMATS
from webhooks.cli.frame import DEFAULT, AsJson, ConfigPath, Debug, configuration, fail, opened, plainly
from webhooks.inbox import wall_clock

SprintName = Annotated[str, typer.Argument(help="A sprint: its title, or its number on the pages.")]
Out = Annotated[list[str] | None, typer.Option("--out", help="What if this ticket went? May be repeated.")]
Into = Annotated[list[str] | None, typer.Option("--in", help="What if this ticket came? May be repeated.")]
Format = Annotated[str, typer.Option("-f", "--format", help="text, json or csv.")]
MOST_LISTED = 8


@plainly
def plan(
    sprint: SprintName,
    form: Format = "text",
    out: Out = None,
    into: Into = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show what a sprint serves: findings, suggestions, budgets. Exit 1 when a finding is an error.

    Example: sightline plan "PAY Sprint 5" --out PAY-240 --in PAY-148
    """
    form = "json" if as_json else form
    if form not in FORMATS:
        fail(f"{form} is not a format. Choose one of {', '.join(FORMATS)}.", 2)
    loaded = configuration(config)
    with opened(loaded) as store:
        draft = Draft(_rows(store, out or []), _rows(store, into or []))
        with store.read() as connection:
            frame = frames.look(connection, loaded, wall_clock())
            row = _sprint(frame, sprint)
            found = sheet(frame, row, draft)
        assert found is not None
        left = set(draft.into) - set(found.draft.into)
        if left:
            fail("--in takes tickets of the team that nobody began and that are in no open sprint.", 2)
        if set(draft.out) - set(found.draft.out):
            fail(f"--out takes tickets that are in {found.plan.title}.", 2)
    print(FORMATS[form](found), end="" if form != "text" else "\n")
    if found.errors:
        raise typer.Exit(1)


def _sprint(frame: frames.Frame, name: str) -> int:
    known = sprints_known(frame.connection, look_of(frame))
    fit = named(known.values(), name)
    if len(fit) == 1:
        return fit[0].row
    if len(fit) > 1:
        fail(f"{name} names {len(fit)} sprints. Use a number: {_listed(fit)}.", 2)
    if not known:
        fail("No sprint is held yet. `sightline sync` reads them from Jira and GitHub.", 2)
    return fail(f"No sprint is called {name}. Known are {_listed(shown(known.values())[:MOST_LISTED])}.", 2)


def _listed(known: list[SprintKnown]) -> str:
    return ", ".join(f"{one.row} ({one.sprint.title})" for one in known)


def _rows(store: Store, names: list[str]) -> tuple[int, ...]:
    found = []
    with store.read() as connection:
        for name in names:
            rows = lookup.rows(connection, name)
            if len(rows) != 1:
                fail(f"{name} names {len(rows) or 'no'} items. Use its key, PAY-12 or acme/pay#7.", 2)
            found += list(rows)
    return tuple(found)
