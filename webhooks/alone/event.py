"""The file at $GITHUB_EVENT_PATH: one event of GitHub, the same body as the webhook of that name."""

from pathlib import Path
from typing import NamedTuple

from linker.trackers.payload import (
    Json,
    Malformed,
    maybe_object,
    need_id,
    need_number,
    need_object,
    need_text,
)
from webhooks.body import read_object
from webhooks.github_asks import QUEUE

LARGEST = 25_000_000  # bytes; GitHub sends no larger body
NAMES = {  # events that tell of one pull request -> the webhook with the same body
    "pull_request": "pull_request",
    "pull_request_target": "pull_request",
    "merge_group": "merge_group",
}


class CannotRunError(Exception):
    """Nothing can be said, and why, in a line that says what to do next."""


class Event(NamedTuple):
    """An event about one pull request; `base` is the branch that it goes to."""

    name: str
    body: bytes
    repository: str
    repository_id: str
    number: int
    base: str

    @property
    def alias(self) -> str:
        """The pull request as people call it."""
        return f"{self.repository}#{self.number}"


def read_event(path: Path, name: str | None) -> Event:
    """The event in a file; `name` is what GitHub calls it, else its body tells."""
    body = read_bytes(path, "GitHub Actions names it in $GITHUB_EVENT_PATH.")
    try:
        payload = read_object(body)
        kind = _kind(payload, name)
        repository = need_object(payload, "repository", "event")
        known = need_text(repository, "full_name", "repository"), need_id(repository, "id", "repository")
        number, base = (_of_pull if kind == "pull_request" else _of_group)(payload)
    except Malformed as wrong:
        raise CannotRunError(f"{path}: {wrong.reason}. This is no event of GitHub.") from None
    return Event(kind, body, *known, number, base)


def read_bytes(path: Path, hint: str) -> bytes:
    """A file's bytes; CannotRunError with a line that says what is wrong with it."""
    try:
        if path.stat().st_size > LARGEST:
            raise CannotRunError(f"{path}: The file is larger than {LARGEST:,} bytes.")
        return path.read_bytes()
    except FileNotFoundError:
        raise CannotRunError(f"{path}: There is no such file. {hint}") from None
    except IsADirectoryError:
        raise CannotRunError(f"{path}: This is a folder, not a file. {hint}") from None
    except OSError as error:
        raise CannotRunError(f"{path}: The file cannot be read: {error.strerror or error}.") from None


def _kind(payload: Json, name: str | None) -> str:
    if name:
        if name not in NAMES:
            raise CannotRunError(f"The event {name} is of no pull request. Run on one of {', '.join(NAMES)}.")
        return NAMES[name]
    for known in ("merge_group", "pull_request"):
        if isinstance(payload.get(known), dict):
            return known
    raise CannotRunError(f"This event is of no pull request. Run on one of {', '.join(NAMES)}.")


def _of_pull(payload: Json) -> tuple[int, str]:
    pull = need_object(payload, "pull_request", "event")
    base = maybe_object(pull, "base", "pull_request") or {}
    return need_number(pull, "number", "pull_request"), str(base.get("ref") or "")


def _of_group(payload: Json) -> tuple[int, str]:
    """The queue's branch names the last pull request of the group."""
    group = need_object(payload, "merge_group", "event")
    found = QUEUE.fullmatch(need_text(group, "head_ref", "merge_group"))
    if found is None:
        raise CannotRunError("The branch of this merge group names no pull request.")
    return int(found[1]), str(group.get("base_ref") or "").removeprefix("refs/heads/")
