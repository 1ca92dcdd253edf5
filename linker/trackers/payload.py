"""A tracker's JSON is read one checked value at a time; a wrong type names its place and what was expected.

`need_*` refuse a missing value, `maybe_*` give None for a missing or null one. `where` is the path of the
object that is read (`issue.fields`). Times are epoch milliseconds.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from linker.model import Millis

Json = Mapping[str, object]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
LATEST: Millis = 253_402_300_800_000  # the year 10000; more is no time and does not fit a date
LONGEST_ID = 128


class Malformed(ValueError):  # noqa: N818 - the word of the house for such a body
    """A body that no tracker sends: `reason` says where and what was expected instead."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def wrong(path: str, expected: str, found: object) -> Malformed:
    """The one wording for a value of the wrong type."""
    return Malformed(f"{path}: expected {expected}, found {_kind(found)}")


def as_object(value: object, path: str) -> Json:
    """The value itself, when it is an object."""
    if isinstance(value, dict):
        return value
    raise wrong(path, "an object", value)


def as_list(value: object, path: str) -> list[object]:
    """The value itself, when it is a list."""
    if isinstance(value, list):
        return value
    raise wrong(path, "a list", value)


def as_text(value: object, path: str) -> str:
    """The value itself, when it is text; what no store can hold is replaced by U+FFFD.

    That is U+0000 and half of a surrogate pair. Trackers do hold such texts, and a read of one must not stop
    a backfill; a delivery with one is refused before it comes here (webhooks/body.py).
    """
    if not isinstance(value, str):
        raise wrong(path, "text", value)
    if unstorable(value):
        return value.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def unstorable(text: str) -> bool:
    """Whether a text holds U+0000 or half of a surrogate pair."""
    if "\x00" in text:
        return True
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def as_number(value: object, path: str) -> int:
    """A whole number from 0 to 2**53, the largest that JSON carries safely."""
    if type(value) is not int:
        raise wrong(path, "a whole number", value)
    if not 0 <= value <= 1 << 53:
        raise Malformed(f"{path}: {str(value)[:24]} is out of range")
    return value


def as_id(value: object, path: str) -> str:
    """An immutable id as text: a number, or a short text without blanks, `:` and `#`."""
    if type(value) is int:
        return str(as_number(value, path))
    text = as_text(value, path)
    if not text or len(text) > LONGEST_ID or any(c in ":#" or c.isspace() for c in text):
        raise Malformed(f"{path}: {text[:40]!r} is no id")
    return text


def is_number(text: str) -> bool:
    """Whether a text is a number in plain digits, as trackers write their ids."""
    return text.isascii() and text.isdigit()


def need_object(parent: Json, key: str, where: str) -> Json:
    """The object under `key`."""
    return as_object(_present(parent, key, where), f"{where}.{key}")


def maybe_object(parent: Json, key: str, where: str) -> Json | None:
    """The object under `key`, None when it is missing or null."""
    value = parent.get(key)
    return None if value is None else as_object(value, f"{where}.{key}")


def need_list(parent: Json, key: str, where: str) -> list[object]:
    """The list under `key`."""
    return as_list(_present(parent, key, where), f"{where}.{key}")


def objects(parent: Json, key: str, where: str) -> Iterator[tuple[Json, str]]:
    """Each object of the list under `key` with its path; none when the list is missing or null."""
    value = parent.get(key)
    if value is None:
        return
    for index, entry in enumerate(as_list(value, f"{where}.{key}")):
        path = f"{where}.{key}[{index}]"
        yield as_object(entry, path), path


def need_text(parent: Json, key: str, where: str) -> str:
    """The text under `key`."""
    return as_text(_present(parent, key, where), f"{where}.{key}")


def maybe_text(parent: Json, key: str, where: str) -> str | None:
    """The text under `key`, None when it is missing or null."""
    value = parent.get(key)
    return None if value is None else as_text(value, f"{where}.{key}")


def need_number(parent: Json, key: str, where: str) -> int:
    """The whole number under `key`."""
    return as_number(_present(parent, key, where), f"{where}.{key}")


def need_id(parent: Json, key: str, where: str) -> str:
    """The id under `key`, as text."""
    return as_id(_present(parent, key, where), f"{where}.{key}")


def maybe_id(parent: Json, key: str, where: str) -> str | None:
    """The id under `key` as text, None when it is missing or null."""
    value = parent.get(key)
    return None if value is None else as_id(value, f"{where}.{key}")


def flag(parent: Json, key: str, where: str) -> bool:
    """The truth value under `key`; False when it is missing or null."""
    value = parent.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    raise wrong(f"{where}.{key}", "true or false", value)


def moment(parent: Json, key: str, where: str) -> Millis | None:
    """The time under `key`; None when it is missing, null, or a text that names no time (`a minute ago`)."""
    text = maybe_text(parent, key, where)
    return None if text is None else millis(text)


def millis(text: str) -> Millis | None:
    """An ISO 8601 time with its zone (`2026-10-05T09:00:00.123+0200`, `..Z`); None for anything else."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if when.tzinfo is None else (when - EPOCH) // MILLISECOND


def stamp(parent: Json, key: str, where: str) -> Millis | None:
    """The time under `key`, given as epoch milliseconds; None when missing or a text that is no number."""
    value = parent.get(key)
    if isinstance(value, str):
        value = int(value) if is_number(value) and len(value) < 16 else None
    if value is None:
        return None
    if type(value) is not int:
        raise wrong(f"{where}.{key}", "a time in milliseconds", value)
    if not 0 <= value < LATEST:
        raise Malformed(f"{where}.{key}: {str(value)[:24]} is out of range")
    return value


def _present(parent: Json, key: str, where: str) -> object:
    try:
        return parent[key]
    except KeyError:
        raise Malformed(f"{where}.{key}: missing") from None


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "an object"
    return type(value).__name__
