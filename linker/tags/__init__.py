"""How a KR code, ticket key, label, trailer or closing keyword is spelled: the regexes of the house.

The reader is pure: text in, what it says out. From the ground up: `reading` (the values), `spelling` (codes,
labels, keys), `inline` and `markdown` (what is hidden), `trailers`, `links`, `codes`, `lines`, `kinds`,
`keys`, `refs`, `optouts`, `page` (one text laid out), `tagged` (codes against a catalogue), `commanded`,
`reader`.
"""

from linker.tags.commanded import Commanded, command_lines, commanded
from linker.tags.reader import as_json, candidate_codes, read
from linker.tags.reading import (
    DEFAULT_OPTOUTS,
    GITHUB_HOSTS,
    REASONS,
    CodeKind,
    CodeSeen,
    KeyKind,
    KeySeen,
    OptOut,
    Place,
    Reading,
    RefSeen,
    Vocabulary,
)
from linker.tags.spelling import (
    CODE_PATTERN,
    LABEL_PREFIX,
    canonical,
    is_code,
    is_distinct,
    is_ticket_key,
    label_code,
    label_for,
    looks_like_jira_key,
    nearest,
)
from linker.tags.trailers import Trailer, trailers

__all__ = [
    "CODE_PATTERN",
    "DEFAULT_OPTOUTS",
    "GITHUB_HOSTS",
    "LABEL_PREFIX",
    "REASONS",
    "CodeKind",
    "CodeSeen",
    "Commanded",
    "KeyKind",
    "KeySeen",
    "OptOut",
    "Place",
    "Reading",
    "RefSeen",
    "Trailer",
    "Vocabulary",
    "as_json",
    "candidate_codes",
    "canonical",
    "command_lines",
    "commanded",
    "is_code",
    "is_distinct",
    "is_ticket_key",
    "label_code",
    "label_for",
    "looks_like_jira_key",
    "nearest",
    "read",
    "trailers",
]
