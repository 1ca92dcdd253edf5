"""The table of commands."""

import typer

from webhooks.cli import (
    checkin,
    deciding,
    files,
    inboxes,
    planning,
    reading,
    service,
    syncing,
    tracing,
    verdict,
)

app = typer.Typer(
    name="sightline",
    help="A line of sight from every pull request to the key result it serves.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
okrs = typer.Typer(help="The catalogue of objectives and key results.", no_args_is_help=True)
graph = typer.Typer(help="The trace graph as a whole.", no_args_is_help=True)
deliveries = typer.Typer(help="The inbox: every fact that came in.", no_args_is_help=True)
app.add_typer(okrs, name="okrs")
app.add_typer(graph, name="graph")
app.add_typer(deliveries, name="deliveries")

app.command()(service.serve)
app.command()(service.worker)
app.command()(service.demo)
app.command()(files.validate)
okrs.command("load")(files.load)
app.command()(syncing.sync)
app.command()(reading.tags)
app.command()(tracing.why)
app.command()(deciding.link)
app.command()(deciding.unlink)
app.command()(deciding.exempt)
app.command()(deciding.undo)
app.command(context_settings=checkin.NEGATIVE)(checkin.checkin)
app.command()(verdict.verdict)
app.command()(planning.plan)
graph.command("hash")(tracing.hash_)
graph.command("export")(tracing.export)
deliveries.command("list")(inboxes.list_)
deliveries.command("show")(inboxes.show_)
deliveries.command("replay")(inboxes.replay)


def main() -> None:
    """Run the command line."""
    app()
