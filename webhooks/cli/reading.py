"""tags: what the reader sees in texts, line by line."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from linker import tags as reader
from linker.config import Config, read_catalogue, vocabulary
from linker.okrs import Catalogue
from webhooks.cli.frame import DEFAULT, AsJson, ConfigPath, Debug, configuration, fail, plainly

PLACES = ("title", "body", "branch", "commit", "comment", "label")


@plainly
def tags(
    codes: Annotated[
        str | None, typer.Option(help="Codes in place of the catalogue's: O1.KR2,O2.KR1")
    ] = None,
    projects: Annotated[
        str | None, typer.Option(help="Projects in place of the configured ones: PAY,WEB; * for any")
    ] = None,
    config: ConfigPath = DEFAULT,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Read JSON lines on standard input and print what is seen in each: codes, keys, references, trailers.

    The answer is JSON lines with and without --json. With --codes and --projects no app.yaml is needed.

    Input: {"id": 1, "text": "PAY-12: faster", "kind": "title", "repo": "acme/pay"}

    Example: echo '{"id":1,"text":"PAY-12","kind":"title"}' | sightline tags --projects PAY
    """
    words = _vocabulary(config, codes, projects)
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            entry = _entry(line, number)
            seen = reader.read(entry["text"], entry["kind"], words, entry.get("repo"))
            print(json.dumps(reader.as_json(entry.get("id"), seen), ensure_ascii=False))


def _vocabulary(path: Any, codes: str | None, projects: str | None) -> reader.Vocabulary:
    """Options replace what app.yaml and okrs.yaml say; with both given no file is needed."""
    if codes is not None and projects is not None and not path.exists():
        base = reader.Vocabulary()
    else:
        settings: Config = configuration(path)
        base = vocabulary(settings, read_catalogue(settings) if codes is None else Catalogue(()))
    changes: dict[str, Any] = {}
    if codes is not None:
        changes["codes"] = frozenset(reader.canonical(code) for code in _split(codes))
    if projects is not None:
        any_project = projects.strip() == "*"
        changes["projects"] = None if any_project else frozenset(key.upper() for key in _split(projects))
        if any_project:
            changes["hosts"] = None
    return replace(base, **changes)


def _split(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _entry(line: str, number: int) -> Mapping[str, Any]:
    try:
        entry = json.loads(line)
    except ValueError:
        fail(
            f"Line {number} is not JSON. Write one object a line, for example "
            '{"id":1,"text":"PAY-12","kind":"title"}'
        )
    if not isinstance(entry, dict) or not isinstance(entry.get("text"), str):
        fail(f'Line {number} has no "text". Give it as a string.')
    if entry.get("kind") not in PLACES:
        fail(f'Line {number}: "kind" must be one of {", ".join(PLACES)}.')
    return entry
