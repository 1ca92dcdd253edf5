"""How single values of the two files are read: each refuses with words that show what to write instead."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from linker.okrs.problems import did_you_mean


def day(value: object) -> object:
    """A calendar day, written year-month-day; never a number of seconds."""
    if type(value) is date:
        return value
    if isinstance(value, str) and len(value) == 10:
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"{value!r} is not a date. Write year-month-day, such as 2026-10-01.")


def number(value: object) -> object:
    """A finite number; 45 and 45.0 are one and the same, so that a catalogue has one form."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{_said(value)} is not a number. Write it plain, such as 45 or 0.5.")
    try:
        exact = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number. Write 45, and put the unit in unit.") from None
    if not exact.is_finite() or abs(exact.adjusted()) > 30:
        raise ValueError(f"{value} is not a number that can be reached. Write it plain, such as 45 or 0.5.")
    return Decimal(f"{exact.normalize():f}")


def zone(value: object) -> object:
    """A time zone by its IANA name."""
    if isinstance(value, str):
        try:
            return ZoneInfo(value).key
        except (KeyError, ValueError, OSError):  # no such name, a path, a folder of names
            pass
    hint = did_you_mean(value, available_timezones()) if isinstance(value, str) else ""
    hint = hint if hint.startswith(" Did") else " Write an IANA name, such as Europe/Berlin."
    raise ValueError(f"{value!r} is not a time zone.{hint}")


def cycle_id(value: object) -> object:
    """The name of a cycle as it stands before the slash of a full id."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and 0 < len(text) <= 20 and _plain(text):
        return text
    raise ValueError(f"{value!r} is not a cycle id. Use letters, digits, . and -, such as 2026Q4.")


def objective_code(value: object) -> object:
    """The code of an objective: letters and digits, with `.` and `-` between."""
    if isinstance(value, str) and 0 < len(value) <= 40 and _plain(value):
        return value
    raise ValueError(f"{value!r} is not a code. Use letters and digits with . or - between, such as O1.")


def sources(value: object) -> object:
    """Where a value comes from, as words: numbers are taken as text."""
    if isinstance(value, Mapping):
        return {
            key: str(item) if isinstance(item, int | float) and not isinstance(item, bool) else item
            for key, item in value.items()
        }
    return value


def _plain(text: str) -> bool:
    parts = text.replace("-", ".").split(".")
    return text.isascii() and all(part.isalnum() for part in parts)


def _said(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else "this"


Day = Annotated[date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})]
Number = Annotated[Decimal, BeforeValidator(number), WithJsonSchema({"type": "number"})]
Zone = Annotated[str, BeforeValidator(zone), WithJsonSchema({"type": "string"})]
CycleId = Annotated[str, BeforeValidator(cycle_id), WithJsonSchema({"type": ["string", "integer"]})]
ObjectiveCode = Annotated[str, BeforeValidator(objective_code), WithJsonSchema({"type": "string"})]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Source = Annotated[dict[str, str], BeforeValidator(sources)]


def example(text: Any) -> dict[str, Any]:
    """Keyword arguments of a Field that show one example, to editors and in messages."""
    return {"examples": [text]}
