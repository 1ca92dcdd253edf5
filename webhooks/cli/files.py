"""validate and okrs load: the files that people edit."""

from pathlib import Path

import typer

from linker.config import check, read_catalogue, validate_text
from linker.config.process import environment
from webhooks.cli.frame import (
    DEFAULT,
    AsJson,
    ConfigPath,
    Debug,
    configuration,
    opened,
    plainly,
    show,
    when_folded,
)
from webhooks.inbox import Inbox
from webhooks.okrs_file import load_if_changed


@plainly
def validate(config: ConfigPath = DEFAULT, as_json: AsJson = False, debug: Debug = False) -> None:
    """Check app.yaml and okrs.yaml: every problem at once, with file and line.

    Exit code 0 when there is no error, 1 otherwise. Example: sightline validate --config app.yaml
    """
    problems = check(config, environment())
    data = [{**problem.model_dump(), "message": str(problem)} for problem in problems]
    show(data, validate_text(problems), as_json)
    if any(problem.severity == "error" for problem in problems):
        raise typer.Exit(1)


@plainly
def load(config: ConfigPath = DEFAULT, as_json: AsJson = False, debug: Debug = False) -> None:
    """Store okrs.yaml as a new version of the catalogue; what changed is linked again.

    Example: sightline okrs load
    """
    settings = configuration(config)
    catalogue = read_catalogue(settings)
    with opened(settings) as store:
        loaded = load_if_changed(settings, store, Inbox(store))
        when = when_folded(store)
    where = Path(settings.okrs).name
    text = f"{where}: {len(catalogue.krs)} key results in {len(catalogue.cycles)} cycles. "
    text += f"Kept. {when}" if loaded else "This version is held already."
    show({"key_results": len(catalogue.krs), "loaded": loaded}, text, as_json)
