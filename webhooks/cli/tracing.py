"""why, graph hash and graph export: what an item serves and through whom; the graph as a whole."""

from pathlib import Path
from typing import Annotated, Any

import typer

from linker import why as whys
from linker.store import Store, exports, lookup
from linker.why import Why
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
)

ItemName = Annotated[str, typer.Argument(help="An item: PAY-12, jira:PAY-12, acme/pay#7 or an item id.")]


def find(store: Store, name: str) -> int:
    """The row of an item by any of its names; a clear failure when there is none or more than one."""
    with store.read() as connection:
        found = lookup.rows(connection, name)
    if not found:
        fail(
            f"No item {name} is held. Check the name, or run `sightline sync` to read it from the tracker.", 2
        )
    if len(found) > 1:
        fail(f"{name} names {len(found)} items. Use an item id: {', '.join(found.values())}.", 2)
    return next(iter(found))


@plainly
def why(item: ItemName, config: ConfigPath = DEFAULT, as_json: AsJson = False, debug: Debug = False) -> None:
    """Show every path from an item to a key result, and what made each link.

    Example: sightline why acme/pay#7
    """
    with opened(configuration(config)) as store:
        row = find(store, item)
        with store.read() as connection:
            found = whys.why(connection, row)
    show(whys.as_json(found), told(found), as_json)


def told(found: Why) -> str:
    """The answer in words."""
    name = whys.short(found.row)
    if found.exemption and not found.krs:
        return f"{name} serves no key result on purpose: {found.exemption}."
    if not found.krs:
        hint = f"Put a ticket key or a code in its title, or link it: sightline link {name} CODE"
        return f"{name} serves no key result. {hint}"
    lines = [f"{name} serves {', '.join(found.krs)}."]
    for path in found.paths:
        lines.append("")
        lines += [whys.words(found, path, step) for step in path.steps]
        if path.decided:
            lines.append(f"  {path.kr}: linked by a person's decision")
    return "\n".join(lines)


@plainly
def hash_(config: ConfigPath = DEFAULT, as_json: AsJson = False, debug: Debug = False) -> None:
    """Print a SHA-256 over items, links and standing: equal whatever the order of arrival.

    Example: sightline graph hash
    """
    with opened(configuration(config)) as store, store.read() as connection:
        own = exports.graph_hash(connection)
    show({"sha256": own}, own, as_json)


@plainly
def export(
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="A file; standard output without.")
    ] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Write items, links and standing as JSON lines; with --json and -o the count of lines is JSON too.

    Example: sightline graph export -o graph.jsonl
    """
    with opened(configuration(config)) as store, store.read() as connection:
        lines: Any = exports.lines(connection)
        if output is None:
            for line in lines:
                print(line)
            return
        try:
            with output.open("w", encoding="utf-8") as file:
                count = sum(1 for line in lines if file.write(line + "\n"))
        except OSError as error:
            fail(f"{output} cannot be written: {error.strerror}.")
    show({"file": str(output), "lines": count}, f"{output}: {count} lines.", as_json)
