"""deliveries list, show, replay: what came in, what became of it, and folding it once more."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from linker.store import deliveries as rows
from webhooks.cli.frame import (
    DEFAULT,
    AsJson,
    ConfigPath,
    Debug,
    configuration,
    fail,
    opened,
    plainly,
    show,
    when_folded,
)

Number = Annotated[int, typer.Argument(help="The number of a delivery, as `deliveries list` shows it.")]
STATES = {name: state for state, name in rows.STATES.items()}


@plainly
def list_(
    state: Annotated[str | None, typer.Option(help="waiting, done, ignored or dead")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Show the newest deliveries and what became of them.

    Example: sightline deliveries list --state dead
    """
    if state is not None and state not in STATES:
        fail(f"{state} is not a state. Choose one of {', '.join(STATES)}.", 2)
    with opened(configuration(config)) as store, store.read() as connection:
        found = rows.newest(connection, STATES[state] if state else None, limit)
        counts = rows.counts(connection)
    total = ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or "nothing yet"
    lines = [f"{total}."] + [_line(row) for row in found]
    show({"counts": counts, "deliveries": found}, "\n".join(lines), as_json)


@plainly
def show_(
    number: Number, config: ConfigPath = DEFAULT, as_json: AsJson = False, debug: Debug = False
) -> None:
    """Show one delivery with its headers and body.

    Example: sightline deliveries show 12
    """
    with opened(configuration(config)) as store, store.read() as connection:
        found = rows.one(connection, number)
        state = rows.state_of(connection, number)
    if found is None:
        fail(f"There is no delivery {number}. `sightline deliveries list` shows the newest.", 2)
    body = found.body.decode("utf-8", "replace")
    data = {**found._asdict(), **state, "body": body}
    text = f"{_line(data)}\n\n" + "\n".join(f"{k}: {v}" for k, v in found.headers.items()) + f"\n\n{body}"
    show(data, text, as_json)


@plainly
def replay(
    numbers: Annotated[list[int] | None, typer.Argument(help="Numbers of deliveries.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every delivery that is kept.")] = False,
    dead: Annotated[bool, typer.Option("--dead", help="All dead letters.")] = False,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Fold deliveries once more; what was done already changes nothing.

    Example: sightline deliveries replay --dead
    """
    if not numbers and not everything and not dead:
        fail("Say which: numbers, --dead, or --all.", 2)
    with opened(configuration(config)) as store:
        with store.write() as connection:
            chosen = [*(numbers or []), *(rows.ids_in(connection, rows.DEAD) if dead else [])]
            count = rows.again(connection, None if everything else chosen)
        when = when_folded(store)
    if numbers and not count:
        fail("There is no such delivery. `sightline deliveries list` shows the newest.", 2)
    what = f"{count} {'delivery' if count == 1 else 'deliveries'} to fold again. {when if count else ''}"
    show({"replayed": count, "note": when}, what.rstrip(), as_json)


def _line(row: Any) -> str:
    at = datetime.fromtimestamp(row["received_at"] / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    reason = f"  {row['reason']}" if row.get("reason") else ""
    return f"{row['id']:>7}  {at}  {row['source']:<9} {row['event']:<16} {row['state_name']}{reason}"
