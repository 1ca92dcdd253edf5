"""What processes say while they work: JSON lines of what happens for services, warnings in words for people.

Everything goes to standard error. No bodies and no secrets are given to a log by anybody; line breaks and
control characters of names that came from outside are escaped, so that nobody can forge a line.
"""

import logging
import sys
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,  # a plain traceback: a rich one would show what variables hold
)
HIDDEN = ("level", "timestamp", "exception", "event")

# granian would configure loggers of its own that write to standard output.
GRANIAN: dict[str, Any] = {
    "version": 1,
    "incremental": False,
    "disable_existing_loggers": False,
    "formatters": {},
    "handlers": {},
    "loggers": {"_granian": {"handlers": [], "propagate": True}},
}


def speak_json() -> None:
    """For what stays up: one JSON object a line, from info on."""
    _configure(logging.INFO, structlog.processors.JSONRenderer(ensure_ascii=True, default=str))


def speak_plainly() -> None:
    """For commands: warnings only, each a line that a person can read."""
    _configure(logging.WARNING, _in_words)


def speak_never() -> None:
    """For the demo, which prints its own lines: only what should never happen."""
    _configure(logging.ERROR, _in_words)


def _configure(level: int, renderer: Processor) -> None:
    structlog.configure(
        processors=[*SHARED, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # as it is when something is said
        cache_logger_on_first_use=False,
    )
    foreign = logging.StreamHandler(sys.stderr)
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [foreign]
    root.setLevel(max(level, logging.WARNING))  # libraries at info tell addresses that were called


def _in_words(_logger: WrappedLogger, _name: str, event: EventDict) -> str:
    rest = ", ".join(f"{name}: {_one_line(value)}" for name, value in event.items() if name not in HIDDEN)
    line = _one_line(event.get("event", "")) + (f" ({rest})" if rest else "")
    return "\n".join([line, event["exception"]] if event.get("exception") else [line])


def _one_line(value: object) -> str:
    """Control characters are shown by their escapes."""
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "backslashreplace").decode()
        for char in str(value)
    )
