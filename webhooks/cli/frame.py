"""What all commands share: the configuration, the store, exit codes, and errors without tracebacks."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn, ParamSpec, TypeVar

import structlog
import typer
from rich.console import Console

from linker.config import Config, ConfigError, load_config, validate_text
from linker.config.process import environment
from linker.store import Store, StoreError, open_store
from webhooks import logs
from webhooks.engine import is_led
from webhooks.serve import PortTakenError

P = ParamSpec("P")
R = TypeVar("R")

ConfigPath = Annotated[Path, typer.Option("--config", help="Where app.yaml is.", envvar="SIGHTLINE_CONFIG")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for scripts.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show a traceback when something goes wrong.")]
DEFAULT = Path("app.yaml")
log = structlog.get_logger()
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Failure(Exception):  # noqa: N818 - an answer to the user, not an error of ours
    """What went wrong in a sentence, and the exit code."""

    def __init__(self, text: str, code: int = 1) -> None:
        super().__init__(text)
        self.code = code


def fail(text: str, code: int = 1) -> NoReturn:
    """End the command with a sentence that says what to do next."""
    raise Failure(text, code)


def plainly(command: Callable[P, R]) -> Callable[P, R]:
    """Failures are told in a sentence and an exit code; a traceback only with --debug."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        logs.speak_plainly()
        try:
            found = command(*args, **kwargs)
            sys.stdout.flush()  # a reader that left is noticed here and not at the interpreter's end
            return found
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader left, as it may
            raise typer.Exit(0) from None
        except (typer.Exit, typer.Abort):
            raise
        except KeyboardInterrupt:
            raise typer.Exit(130) from None
        except Exception as error:
            if kwargs.get("debug"):
                raise
            err.print(told(error), markup=False)
            raise typer.Exit(getattr(error, "code", 1) if isinstance(error, Failure) else 1) from None

    return run


def configuration(path: Path, *, service: bool = False) -> Config:
    """app.yaml with the environment; every problem at once otherwise.

    A service tells warnings in its log, a command in words. Only a service looks at okrs.yaml: what else is
    asked is answered from the store, and a file that somebody is writing must not stand in its way.
    """
    config = load_config(path, environment(), catalogue=service, service=service)
    for warning in config.warnings:
        if service:
            log.warning("configuration", problem=str(warning))
        else:
            err.print(str(warning), markup=False)
    return config


@contextmanager
def opened(config: Config) -> Iterator[Store]:
    """The store at the newest schema."""
    store = open_store(config.store_url.get_secret_value())
    try:
        store.create()
        yield store
    finally:
        store.close()


def show(data: Any, text: str, as_json: bool) -> None:
    """The same answer for a script or a person; not by rich, which ends the process when the reader left."""
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str) if as_json else text)


def when_folded(store: Store) -> str:
    """When what a command kept will count: at once, or when somebody starts an engine."""
    if is_led(store):
        return "The running service folds it within seconds."
    return "No engine runs now: it will be folded when `sightline serve` or `sightline worker` starts."


def told(error: Exception) -> str:
    """An error in words, without its insides."""
    if isinstance(error, ConfigError):
        return validate_text(error.problems)
    if isinstance(error, (Failure, StoreError, PortTakenError)):
        return str(error)
    words = str(error).splitlines()[0] if str(error) else "no more is known"
    return (
        f"Something went wrong here: {type(error).__name__}: {words}. Run it again with --debug to see where."
    )
