"""Read YAML with the line of every key: words stay words (`off`, `on`, dates), and a key stands once."""

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import yaml

from linker.okrs import Loc, Problem, key_path

LONGEST = 8_000_000  # characters; a catalogue of 5,000 key results has about 2,000,000
MOST_NODES = 300_000  # aliases count each time they are used


@dataclass
class Lines:
    """The line on which each location begins; what is missing stands where its parent does."""

    at: dict[Loc, int] = field(default_factory=dict)

    def locate(self, loc: Loc) -> int | None:
        """The line of a location, or of the nearest one around it."""
        while loc and loc not in self.at:
            loc = loc[:-1]
        return self.at.get(loc)


def read_yaml(text: str, file: str) -> tuple[object, Lines, list[Problem]]:
    """Data, lines and mistakes of the writing itself; data is None when the text is no YAML."""
    if len(text) > LONGEST:
        text_too_long = f"has {len(text):,} characters; the bound is {LONGEST:,}."
        return None, Lines(), [Problem(file=file, line=None, key="", text=text_too_long)]
    try:
        root = yaml.compose(text, Loader=_Loader)
        reader = _Reader(file)
        data = None if root is None else reader.value(root, ())
    except yaml.MarkedYAMLError as error:
        return None, Lines(), [_syntax(error, file)]
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        words = f"holds the character {error.character:#x}, which YAML does not allow. Save it as UTF-8."
        return None, Lines(), [Problem(file=file, line=line, key="", text=words)]
    except (RecursionError, _TooMuchError):
        words = "is nested too deeply, or its aliases repeat too much."
        return None, Lines(), [Problem(file=file, line=None, key="", text=words)]
    return data, reader.lines, reader.problems


class _TooMuchError(Exception):
    pass


class _Loader(yaml.SafeLoader):
    """YAML's own scanner with the plain words of YAML 1.2: null, true, false and numbers, nothing else.

    Not libyaml's, four times as fast: deep nesting makes that one overflow its stack and end the process.
    """


_Loader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"[-+]?[0-9]{1,18}", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]{1,30}|[0-9]{1,30}(?:\.[0-9]{0,30})?)(?:[eE][-+]?[0-9]{1,3})?",
        list("-+.0123456789"),
    ),
    ("merge", "<<", ["<"]),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first)


_READ = {
    "tag:yaml.org,2002:null": lambda text: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": float,
    "tag:yaml.org,2002:str": str,
}


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.lines = Lines()
        self.problems: list[Problem] = []
        self.nodes = 0

    def value(self, node: yaml.Node, loc: Loc) -> object:
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise _TooMuchError
        self.lines.at.setdefault(loc, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, loc)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*loc, index)) for index, item in enumerate(node.value)]
        return self.scalar(node, loc)

    def scalar(self, node: yaml.Node, loc: Loc) -> object:
        read: Any = _READ.get(node.tag)
        try:
            if read is not None:
                return read(node.value)
        except ValueError:
            pass
        shown = node.tag.replace("tag:yaml.org,2002:", "!!")
        self.note(node, loc, f"The tag {shown} is not read here. Write the value plain or in quotes.")
        return node.value

    def mapping(self, node: yaml.MappingNode, loc: Loc) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, item in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                self.note(key_node, loc, "Merge keys (<<) are not read here. Write the keys out.")
                continue
            key = self.value(key_node, (*loc, "\0key"))
            if not isinstance(key, Hashable) or isinstance(key, bool) or key is None:
                self.note(key_node, loc, "A key is text. Put it in quotes.")
                continue
            name = str(key)
            place = (*loc, name)
            if name in found:
                first = self.lines.at[place]
                self.note(key_node, place, f"stands twice; the first is on line {first}. Keep one.")
                continue
            self.lines.at[place] = key_node.start_mark.line + 1
            found[name] = self.value(item, place)
        self.lines.at.pop((*loc, "\0key"), None)
        return found

    def note(self, node: yaml.Node, loc: Loc, text: str) -> None:
        line = node.start_mark.line + 1
        self.problems.append(Problem(file=self.file, line=line, key=key_path(loc), text=text))


def _syntax(error: yaml.MarkedYAMLError, file: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    said = " ".join(part for part in (error.problem, error.context) if part)
    hint = " Indent with blanks, not tabs." if "\\t" in said else ""
    return Problem(
        file=file,
        line=mark.line + 1 if mark else None,
        key="",
        text=f"This is not YAML: {said}.{hint} Look at this line and the one above it.",
    )
