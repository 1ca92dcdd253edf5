"""Errors of a pydantic model in plain words, with what its JSON Schema knows: keys, choices, examples."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from linker.okrs.problems import Loc, did_you_mean, nearest_name


def explain(
    error: ValidationError, schema: Mapping[str, Any], data: object = None
) -> Iterator[tuple[Loc, str]]:
    """Every error of a pydantic model, where it is and in plain words; `schema` is the model's JSON Schema.

    Where a union is told apart by a key, pydantic puts that key's value into the location; `data` shows
    which parts are really in the file.
    """
    details = [(_place(detail, data), detail) for detail in error.errors(include_url=False)]
    unknown = [(loc, detail) for loc, detail in details if detail["type"] == "extra_forbidden"]
    meant = {(*loc[:-1], nearest_name(str(loc[-1]), _keys(schema, loc[:-1], data))) for loc, _ in unknown}
    for loc, detail in details:
        if detail["type"] == "missing" and loc in meant:
            continue  # it is there, misspelled, and that line says so
        yield loc, _words(detail, schema, loc, data)


def _place(detail: Mapping[str, Any], data: object) -> Loc:
    kept: list[str | int] = []
    here = data
    for part in detail["loc"]:
        tagged = isinstance(here, Mapping) and part not in here and part == here.get("tracker")
        if tagged or part == "[key]":
            continue
        kept.append(part)
        here = _step(here, part)
    if detail["type"].startswith("union_tag"):
        kept.append("tracker")
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
    if kind == "union_tag_not_found":
        return "is missing. For example: tracker: github"
    if kind == "union_tag_invalid":
        return _one_of(detail["ctx"]["tag"], detail["ctx"]["expected_tags"])
    if kind == "missing":
        return "is missing." + _example(schema, loc, data)
    if kind == "extra_forbidden":
        return "is not a known key." + did_you_mean(str(loc[-1]), _keys(schema, loc[:-1], data))
    if kind in ("literal_error", "enum"):
        return _one_of(value, detail["ctx"]["expected"])
    words = _value_words(detail, kind, value)
    return words if "quotes" in words else words + _example(schema, loc, data)


def _value_words(detail: Mapping[str, Any], kind: str, value: object) -> str:
    if kind in _BOUNDS:
        words, bound = _BOUNDS[kind]
        return f"{words} {detail['ctx'][bound]:g}, and this is {_shown(value)}."
    if kind == "string_too_short":
        return "is empty."
    if kind == "string_too_long":
        return f"has {len(str(value))} characters, and at most {detail['ctx']['max_length']} are kept."
    wanted = _WANTED.get(kind, "")
    if not wanted:
        return f"{detail['msg']}, and this is {_shown(value)}."
    shown = "text" if isinstance(value, str) and kind in _SEVERAL else _shown(value)
    return f"needs {wanted}, and this is {shown}.{_quotes(kind, value)}"


_BOUNDS = {
    "less_than_equal": ("must be at most", "le"),
    "greater_than_equal": ("must be at least", "ge"),
}
_SEVERAL = {  # what stands there instead may be a secret, so it is not repeated
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "keys with values",
    "model_type": "keys with values",
    "model_attributes_type": "keys with values",
}
_WANTED = _SEVERAL | {
    "string_type": "text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
}


def _one_of(value: object, expected: str) -> str:
    known = [word.strip("' ") for word in expected.replace(" or ", ",").split(",")]
    near = nearest_name(str(value), known)
    return f"{_shown(value)} is not one of {', '.join(known)}." + (f" Did you mean '{near}'?" if near else "")


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
    nodes = [_resolved(node, schema) for node in _nodes(schema, loc, data)]
    nodes += [_resolved(branch, schema) for node in nodes for branch in node.get("anyOf", ())]
    return [key for node in nodes for key in node.get("properties", ())]


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
