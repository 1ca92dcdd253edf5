"""serve, worker, demo: what stays up."""

import json
from datetime import date
from typing import Annotated

import typer

from linker.config import Config
from linker.store import Store
from webhooks import logs
from webhooks import serve as serving
from webhooks.cli.demo import run as run_demo
from webhooks.cli.frame import DEFAULT, AsJson, ConfigPath, Debug, configuration, fail, opened, plainly
from webhooks.inbox import Inbox
from webhooks.okrs_file import load_if_changed
from webhooks.signin import Lockbox


@plainly
def serve(
    role: Annotated[
        str, typer.Option(help="all: receivers, pages and engine; web: without the engine")
    ] = "all",
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Receive deliveries, show pages, and fold; prints a one-time sign-in link.

    What happens is logged on standard error, one JSON object a line.

    Example: sightline serve --config app.yaml
    """
    if role not in ("all", "web"):
        fail(f"{role} is not a role. Choose all or web.", 2)
    logs.speak_json()
    settings = configuration(config, service=True)
    serving.probe(settings.listen.host, settings.listen.port)
    with opened(settings) as store:
        _load(settings, store)
        token = Lockbox(store).make()
    where = f"http://{_host(settings.listen.host)}:{settings.listen.port}"
    signin = f"{settings.url.rstrip('/')}/signin?token={token}"
    dry = [site.name for site in settings.sites if site.dry]
    if as_json:
        print(json.dumps({"listens": where, "signin": signin, "dry": dry}), flush=True)
    else:
        print(f"Sightline listens on {where}")
        print(f"Sign in once within a day: {signin}", flush=True)
        if dry:
            said = f"Dry: changes for {', '.join(dry)} are planned and shown, not sent."
            print(f"{said} Their API tokens are not set.", flush=True)
    serving.serve(settings, engine=role == "all")


@plainly
def worker(config: ConfigPath = DEFAULT, as_json: AsJson = False, debug: Debug = False) -> None:
    """Fold, settle and apply without receivers and pages; several can run, one of them leads.

    What happens is logged on standard error, one JSON object a line, with and without --json.

    Example: sightline worker --config app.yaml
    """
    logs.speak_json()
    settings = configuration(config, service=True)
    with opened(settings) as store:
        _load(settings, store)
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
    if not run_demo(port, day, stay=not exit_):
        raise typer.Exit(1)


def _load(settings: Config, store: Store) -> None:
    """`serve` and `worker` load okrs.yaml when it differs from the version that is held."""
    load_if_changed(settings, store, Inbox(store))


def _host(name: str) -> str:
    return f"[{name}]" if ":" in name else name
