"""sync: backfill and reconcile from the trackers, page by page; an interrupted run goes on where it was."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from linker.config import Config
from linker.store import Store
from webhooks.cli.frame import (
    DEFAULT,
    AsJson,
    ConfigPath,
    Debug,
    configuration,
    err,
    fail,
    opened,
    plainly,
    show,
    when_folded,
)
from webhooks.syncing import Scope, scopes, sync_scope


@plainly
def sync(
    since: Annotated[
        str | None, typer.Option(help="Only what changed since this day, as 2026-10-01.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be read.")] = False,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Read projects and repositories from the trackers; the running service folds what comes.

    Example: sightline sync --since 2026-10-01
    """
    settings = configuration(config)
    start = _day(since)
    found = scopes(settings)
    if not found:
        fail("No site has credentials. Set the environment variables that `token` names in app.yaml.")
    if dry_run:
        show([f"{s.site}: {s.name}" for s in found], "\n".join(f"{s.site}: {s.name}" for s in found), as_json)
        return
    with opened(settings) as store:
        read, failed = _run(settings, store, found, start)
        when = when_folded(store)
    data = {"scopes": len(found), "read": read, "failed": failed, "note": when}
    show(data, _told(found, read, failed, when), as_json)
    if failed:
        raise typer.Exit(1)


class Rate(ProgressColumn):
    """How many a second, over the last minute or so."""

    def render(self, task: Task) -> Text:
        """`12/s`, or nothing while it is not known."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:,.0f}/s" if speed else "")


def _run(settings: Config, store: Store, found: list[Scope], start: int | None) -> tuple[int, dict[str, str]]:
    failed: dict[str, str] = {}
    read = 0
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        Rate(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[error]}", markup=False),
    )
    with Progress(*columns, console=err) as bar:
        for scope in found:
            own = 0
            task: TaskID = bar.add_task(f"{scope.site} {scope.name}", total=None, error="")
            for step in sync_scope(settings, store, scope, start):
                own = step.done
                bar.update(task, completed=step.done, total=step.total, error=step.error or "")
                if step.error:
                    failed[f"{scope.site} {scope.name}"] = step.error
            read += own
    return read, failed


def _told(found: list[Scope], read: int, failed: dict[str, str], when: str) -> str:
    whole = f"{len(found) - len(failed)} of {len(found)} projects and repositories read, {read:,} items."
    lines = [f"{whole} {when}"]
    again = "Run `sightline sync` again; it goes on where it was."
    lines += [f"Skipped {name}: {error} {again}" for name, error in failed.items()]
    return "\n".join(lines)


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        fail(f"{text} is not a day. Write it as 2026-10-01.", 2)
