"""serve, worker, demo: what stays up."""

from datetime import date
from typing import Annotated

import typer

from linker.config import Config, read_catalogue
from linker.store import Store, facts
from linker.store.chain import text_hash
from webhooks import serve as serving
from webhooks.cli.demo import run as run_demo
from webhooks.cli.frame import DEFAULT, ConfigPath, Debug, configuration, fail, opened, out, plainly
from webhooks.inbox import Inbox, wall_clock
from webhooks.signin import Lockbox


@plainly
def serve(
    role: Annotated[
        str, typer.Option(help="all: receivers, pages and engine; web: without the engine")
    ] = "all",
    config: ConfigPath = DEFAULT,
    debug: Debug = False,
) -> None:
    """Receive deliveries, show pages, and fold; prints a one-time sign-in link.

    Example: sightline serve --config app.yaml
    """
    if role not in ("all", "web"):
        fail(f"{role} is not a role. Choose all or web.", 2)
    settings = configuration(config, service=True)
    serving.probe(settings.listen.host, settings.listen.port)
    with opened(settings) as store:
        _load_catalogue(settings, store)
        token = Lockbox(store, wall_clock).make()
    out.print(f"Sightline listens on http://{settings.listen.host}:{settings.listen.port}", markup=False)
    out.print(f"Sign in once within a day: {settings.url.rstrip('/')}/signin?token={token}", markup=False)
    dry = [site.name for site in settings.sites if site.dry]
    if dry:
        out.print(f"Dry: changes for {', '.join(dry)} are planned and shown, not sent.", markup=False)
    serving.serve(settings, engine=role == "all")


@plainly
def worker(config: ConfigPath = DEFAULT, debug: Debug = False) -> None:
    """Fold, settle and apply without receivers and pages; several can run, one of them leads.

    Example: sightline worker --config app.yaml
    """
    settings = configuration(config, service=True)
    with opened(settings) as store:
        _load_catalogue(settings, store)
    serving.run_worker(settings)


@plainly
def demo(
    port: Annotated[int, typer.Option(help="The port of the pages.", min=1024, max=65535)] = 8080,
    exit_: Annotated[bool, typer.Option("--exit", help="End when the quarter is folded.")] = False,
    today: Annotated[str | None, typer.Option(help="The day it is in the quarter, as 2026-11-25.")] = None,
    debug: Debug = False,
) -> None:
    """Send a simulated quarter as signed deliveries to a running service, and stay up.

    Example: sightline demo --port 8081
    """
    try:
        day = date.fromisoformat(today) if today else None
    except ValueError:
        fail(f"{today} is not a day. Write it as 2026-11-25.", 2)
    run_demo(port, day, stay=not exit_)


def _load_catalogue(settings: Config, store: Store) -> None:
    """`serve` and `worker` load okrs.yaml when it differs from the version that is held."""
    catalogue = read_catalogue(settings)
    with store.read() as connection:
        held = facts.newest_catalogue(connection)
    if held is None or held.digest != text_hash(catalogue.dump()):
        Inbox(store).load(catalogue)
