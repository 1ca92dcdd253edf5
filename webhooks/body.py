"""Bytes become one JSON object, or Malformed with the reason: what two readers could read apart is refused.

Refused are bytes that are no UTF-8, no JSON or no object, NaN and Infinity, an object with the same key twice
(readers disagree which one counts), more than 100 levels, and texts with U+0000 or half of a surrogate pair,
which no store holds. The form that GitHub can be set to (`payload=<JSON>`) is unwrapped.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import unquote_to_bytes

from linker.trackers.payload import Json, Malformed, unstorable

FORM = "application/x-www-form-urlencoded"
FORM_START = b"payload="
DEEPEST = 100
TOO_DEEP = f"the body is more than {DEEPEST} levels deep"

# How JSON writes U+0000 and half of a surrogate pair; whole pairs, as every emoji is one, are passed over.
ODD = re.compile(
    rb"\\u(?:0000"
    rb"|[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2}\\u)[dD][c-fC-F])"
)

Container = dict[str, object] | list[object]


def read_object(body: bytes, content_type: str = "") -> Json:
    """The JSON object that a body holds, plain or as the `payload` of a form."""
    if content_type.startswith(FORM) or body.startswith(FORM_START):
        body = _unwrapped(body)
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_constant)
    except Malformed:
        raise
    except UnicodeDecodeError as bad:
        raise Malformed(f"the body is not UTF-8 at byte {bad.start}") from None
    except RecursionError:
        raise Malformed(TOO_DEEP) from None
    except ValueError as bad:  # JSONDecodeError, and a number of more digits than Python reads
        raise Malformed(f"the body is not JSON: {str(bad)[:120]}") from None
    if not isinstance(value, dict):
        raise Malformed("the body is not a JSON object")
    _measure(value)
    if ODD.search(body):
        _refuse_unstorable(value)
    return value


def header(headers: Mapping[str, str], name: str) -> str:
    """A header's value, whatever the case of its name; empty when there is none."""
    value = headers.get(name)
    if value is not None:
        return value
    folded = name.lower()
    return next((value for key, value in headers.items() if key.lower() == folded), "")


def _unwrapped(body: bytes) -> bytes:
    for field in body.split(b"&"):
        if field.startswith(FORM_START):
            return unquote_to_bytes(field.removeprefix(FORM_START).replace(b"+", b" "))
    raise Malformed("the form has no field named payload")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        counts = Counter(key for key, _ in pairs)
        twice = next(key for key, count in counts.items() if count > 1)
        raise Malformed(f"duplicate key {twice[:60]!r}")
    return found


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is not a JSON number")


def _measure(value: dict[str, object]) -> None:
    """Level by level, since what is deep enough to exhaust a recursion must not meet one."""
    level: list[Container] = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise Malformed(TOO_DEEP)


def _refuse_unstorable(value: dict[str, object]) -> None:
    """Only on suspicion, since it looks at every text."""
    left: list[tuple[object, str]] = [(value, "body")]
    while left:
        found, path = left.pop()
        if isinstance(found, dict):
            left += [(key, f"{path}, a key") for key in found]
            left += [(inner, f"{path}.{key}") for key, inner in found.items()]
        elif isinstance(found, list):
            left += [(inner, f"{path}[{index}]") for index, inner in enumerate(found)]
        elif isinstance(found, str) and unstorable(found):
            what = "U+0000" if "\x00" in found else "half of a surrogate pair"
            raise Malformed(f"{path}: holds {what}")
