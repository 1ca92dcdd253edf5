"""Problems: each mistake in a file is one line that names the place, what is wrong and what to write."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import ValidationError

from linker.model import Noun

Loc = tuple[str | int, ...]
Locate = Callable[[Loc], int | None]


class Problem(Noun):
    """One mistake: file and line, the key as a path, and words that say what to do."""

    file: str
    line: int | None
    key: str
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


def key_path(loc: Loc) -> str:
    """A location as people write it: `cycles[0].objectives[1].code`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'owner'?`, else the known names, else nothing."""
    names = sorted(set(known))
    folded = {name.lower(): name for name in names}
    near = get_close_matches(word.lower(), list(folded), n=1, cutoff=0.6)
    if near:
        return f" Did you mean '{folded[near[0]]}'?"
    if not names:
        return ""
    more = ", ..." if len(names) > 20 else ""
    return f" Known: {', '.join(names[:20])}{more}."


def explain(
    error: ValidationError, schema: Mapping[str, Any], file: str, locate: Locate, data: object = None
) -> list[Problem]:
    """Every error of a pydantic model in plain words; `schema` is the model's JSON Schema.

    Where a union is told apart by a key, pydantic puts that key's value into the location; `data` shows
    which parts are really in the file.
    """
    found = []
    for detail in error.errors(include_url=False):
        loc = _in_file(detail["loc"], data)
        found.append(
            Problem(file=file, line=locate(loc), key=key_path(loc), text=_words(detail, schema, loc, data))
        )
    return found


def _in_file(loc: Loc, data: object) -> Loc:
    kept: list[str | int] = []
    here = data
    for part in loc:
        if isinstance(here, Mapping) and part not in here and part == here.get("tracker"):
            continue
        kept.append(part)
        here = _step(here, part)
    return tuple(kept)


def _step(here: object, part: str | int) -> object:
    if isinstance(here, Mapping):
        return here.get(part)
    if isinstance(here, list) and isinstance(part, int) and 0 <= part < len(here):
        return here[part]
    return None


def _words(detail: Mapping[str, Any], schema: Mapping[str, Any], loc: Loc, data: object) -> str:
    kind: str = detail["type"]
    value = detail["input"]
    if kind == "value_error":
        return str(detail["ctx"]["error"])
    if kind == "missing":
        return "is missing." + _example(schema, loc, data)
    if kind == "extra_forbidden":
        return "is not a known key." + did_you_mean(str(loc[-1]), _keys(schema, loc[:-1], data))
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        known = _choices(detail["ctx"].get("expected") or detail["ctx"]["expected_tags"])
        return f"{_shown(value)} is not one of {', '.join(known)}.{_only_near(str(value), known)}"
    if kind == "union_tag_not_found":
        return "needs the key tracker: github or jira."
    wanted = _WANTED.get(kind)
    if wanted:
        return (
            f"needs {wanted}, and this is {_shown(value)}.{_quotes(kind, value)}{_example(schema, loc, data)}"
        )
    return f"{detail['msg']}, and this is {_shown(value)}."


_WANTED = {
    "string_type": "text",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "decimal_type": "a number",
    "decimal_parsing": "a number",
}


def _choices(expected: str) -> list[str]:
    return [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]


def _only_near(word: str, known: Iterable[str]) -> str:
    hint = did_you_mean(word, known)
    return hint if hint.startswith(" Did") else ""


def _quotes(kind: str, value: object) -> str:
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return f" Put it in quotes: '{value}'." if kind == "string_type" and plain else ""


def _shown(value: object) -> str:
    """A value in words, short, since it is printed; a value may be a secret typed in the wrong place."""
    match value:
        case None:
            return "empty"
        case bool():
            return str(value).lower()
        case str():
            return f"'{value}'" if len(value) <= 40 else f"'{value[:37]}...'"
        case int() | float():
            return str(value)
        case list():
            return "a list"
        case _:
            return "a set of keys"


def _example(schema: Mapping[str, Any], loc: Loc, data: object) -> str:
    for node in _nodes(schema, loc, data):
        for example in node.get("examples", ()):
            return (
                f" For example: {loc[-1]}: {example}"
                if isinstance(loc[-1], str)
                else f" For example: {example}"
            )
    return ""


def _keys(schema: Mapping[str, Any], loc: Loc, data: object) -> list[str]:
    return [
        key for node in _nodes(schema, loc, data) for key in _resolved(node, schema).get("properties", ())
    ]


def _nodes(schema: Mapping[str, Any], loc: Loc, data: object) -> list[Mapping[str, Any]]:
    """The schema nodes that stand at a location, all branches of a union that the data may take."""
    nodes: list[Mapping[str, Any]] = [schema]
    here = data
    for part in loc:
        here = _step(here, part)
        nodes = [below for node in nodes for below in _below(node, part, schema, here)]
    return nodes


def _below(
    node: Mapping[str, Any], part: str | int, schema: Mapping[str, Any], here: object
) -> Iterator[Mapping[str, Any]]:
    node = _resolved(node, schema)
    for branch in node.get("anyOf", ()):
        yield from _below(branch, part, schema, here)
    if isinstance(part, int):
        items = node.get("items")
        if isinstance(items, Mapping):
            yield from _branches(items, here)
        return
    found = node.get("properties", {}).get(part)
    if found is None and isinstance(node.get("additionalProperties"), Mapping):
        found = node["additionalProperties"]
    if found is not None:
        yield found


def _branches(node: Mapping[str, Any], here: object) -> Iterator[Mapping[str, Any]]:
    by_tag = node.get("discriminator", {}).get("mapping")
    if by_tag is None:
        yield node
    elif isinstance(here, Mapping) and str(here.get("tracker")) in by_tag:
        yield {"$ref": by_tag[str(here.get("tracker"))]}


def _resolved(node: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    ref = node.get("$ref")
    if not isinstance(ref, str):
        return node
    target: Mapping[str, Any] = schema["$defs"][ref.rsplit("/", 1)[-1]]
    return target
