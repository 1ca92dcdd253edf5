"""sync: backfill and reconcile from the trackers, page by page; an interrupted run goes on where it was."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

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
        failed = _run(settings, store, found, start)
    show({"read": len(found) - len(failed), "failed": failed}, _told(found, failed), as_json)
    if failed:
        raise typer.Exit(1)


def _run(settings: Config, store: Store, found: list[Scope], start: int | None) -> dict[str, str]:
    failed: dict[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err) as bar:
        for scope in found:
            task: TaskID = bar.add_task(f"{scope.site} {scope.name}", total=None)
            for step in sync_scope(settings, store, scope, start):
                bar.update(task, completed=step.done, total=step.total)
                if step.error:
                    failed[f"{scope.site} {scope.name}"] = step.error
    return failed


def _told(found: list[Scope], failed: dict[str, str]) -> str:
    lines = [f"{len(found) - len(failed)} of {len(found)} projects and repositories read."]
    again = "Run `sightline sync` again; it goes on where it was."
    lines += [f"{name}: {error} {again}" for name, error in failed.items()]
    return "\n".join(lines)


def _day(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        fail(f"{text} is not a day. Write it as 2026-10-01.", 2)
