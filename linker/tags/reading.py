"""What the reader knows before it reads, and what it says after: plain values, no behaviour of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

Place = Literal["title", "body", "branch", "commit", "comment", "label"]
CodeKind = Literal["trailer", "line", "title", "bracket", "branch", "label", "command"]
KeyKind = Literal["delivers", "contributes", "mentions"]
Span = tuple[int, int]

DEFAULT_OPTOUTS: Mapping[str, str] = MappingProxyType(
    {"NO-JIRA": "ktlo", "NO-ISSUE": "ktlo", "MINOR": "ktlo"}
)
REASONS: frozenset[str] = frozenset({"ktlo", "debt", "incident", "spike", "upstream", "docs"})
GITHUB_HOSTS: frozenset[str] = frozenset({"github.com"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What may be read: the catalogue's codes and cycles, the trackers' projects and hosts, the opt-outs.

    Letter case is evened out here, and a full id among the codes gives its code and its cycle, so callers may
    pass what an operator wrote. `projects` and `hosts` are None where anything that looks right is accepted.
    """

    codes: frozenset[str] = frozenset()
    cycles: frozenset[str] = frozenset()
    projects: frozenset[str] | None = frozenset()
    hosts: frozenset[str] | None = frozenset()
    github_hosts: frozenset[str] = GITHUB_HOSTS
    optouts: Mapping[str, str] = field(default_factory=lambda: DEFAULT_OPTOUTS, hash=False)
    reasons: frozenset[str] = REASONS
    cycle_ids: Mapping[str, str] = field(init=False, repr=False, compare=False)
    heads: frozenset[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Even out letter case once, so that each reading only looks up."""
        written = [code.strip() for code in self.codes]
        cycles = self.cycles | {code.rpartition("/")[0] for code in written if "/" in code}
        codes = frozenset(code.rpartition("/")[2].upper() for code in written)
        fixed: dict[str, object] = {
            "codes": codes,
            "cycles": cycles,
            "cycle_ids": {cycle.upper(): cycle for cycle in cycles},
            "heads": frozenset(code.partition("-")[0] for code in codes),
            "github_hosts": frozenset(host.lower() for host in self.github_hosts),
            "reasons": frozenset(reason.lower() for reason in self.reasons),
        }
        if self.projects is not None:
            fixed["projects"] = frozenset(project.upper() for project in self.projects)
        if self.hosts is not None:
            fixed["hosts"] = frozenset(host.lower().rstrip("/") for host in self.hosts)
        for name, value in fixed.items():
            object.__setattr__(self, name, value)


class CodeSeen(NamedTuple):
    """A key result's code as found; one that the catalogue does not hold stands as written."""

    code: str
    cycle: str | None
    kind: CodeKind
    known: bool
    nearest: str | None
    lookalike: bool
    span: Span


class KeySeen(NamedTuple):
    """A ticket key as found, upper-case; `configured` is False for a project that we do not follow."""

    key: str
    kind: KeyKind
    span: Span
    configured: bool


class RefSeen(NamedTuple):
    """A GitHub issue or pull request as found; `closes` is what GitHub itself will do when it is merged."""

    repo: str | None
    number: int
    kind: KeyKind
    closes: bool
    span: Span


class OptOut(NamedTuple):
    """Work that says it serves no key result; `reason` is None where no reason code was given."""

    reason: str | None
    text: str
    span: Span


class Reading(NamedTuple):
    """All that one text says, each with its place in the text."""

    codes: tuple[CodeSeen, ...]
    keys: tuple[KeySeen, ...]
    refs: tuple[RefSeen, ...]
    trailers: tuple[tuple[str, str], ...]
    optout: OptOut | None
