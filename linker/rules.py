"""RULES: an item and the catalogue give links, each with what made it; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from linker import tags
from linker.model import Facets, Finding, ItemId, Level, Link, LinkKind, Millis, Provenance
from linker.okrs import Catalogue

VERSION = 1  # raise it when a rule changes what it says; it is recorded with each link

Place = Literal["title", "body", "branch", "commit", "comment", "label"]
BLOCKED_BY = "blocks"  # Jira's own link type; inward it reads "is blocked by"
STRENGTH: dict[str, int] = {"parent": 4, "delivers": 3, "contributes": 2, "blocks": 1, "mentions": 0}


class Passage(NamedTuple):
    """One text of an item and what was read in it."""

    field: str
    place: Place
    text: str
    reading: tags.Reading


class Subject(NamedTuple):
    """All that the rules look at of one item."""

    id: ItemId
    level: Level
    facets: Facets
    passages: tuple[Passage, ...]
    first: Mapping[tuple[str, str], Millis]  # (field, code) -> when the code first appeared there
    actors: Mapping[str, str]  # label -> who set it


class Context(NamedTuple):
    """What the rules look things up in: the catalogue, and the items that references name."""

    catalogue: Catalogue
    resolve: Mapping[str, ItemId | None]


class Linked(NamedTuple):
    """What follows from one item: links, own tags and opt-out, findings, and what to watch for."""

    links: tuple[Link, ...]
    tags: frozenset[str]  # full KR ids
    optout: str | None  # a reason code, or `none` when none was given
    findings: tuple[Finding, ...]


Rule = Callable[[Subject, Context], Iterator[Link]]


def tag_in_text(subject: Subject, context: Context) -> Iterator[Link]:
    """A KR code in a `KR:` line or trailer, title, brackets or branch tags the item."""
    yield from _tags(subject, context, lambda passage: passage.field not in ("label", "field"), "tag_in_text")


def tag_in_label(subject: Subject, context: Context) -> Iterator[Link]:
    """A `kr:` label that a person set tags the item; one that we set never does."""
    yield from _tags(subject, context, lambda passage: passage.field == "label", "tag_in_label")


def tag_in_field(subject: Subject, context: Context) -> Iterator[Link]:
    """The key result field of a Jira ticket tags it."""
    yield from _tags(subject, context, lambda passage: passage.field == "field", "tag_in_field")


def ticket_key(subject: Subject, context: Context) -> Iterator[Link]:
    """A ticket key in a text links to the ticket; verb and place decide the kind."""
    for passage in subject.passages:
        seen = [(f"jira:{key.key}", key.kind, key.span) for key in passage.reading.keys]
        yield from _named(subject, context, passage, seen, "ticket_key")


def github_reference(subject: Subject, context: Context) -> Iterator[Link]:
    """`#7`, `owner/name#7` and GitHub addresses link to the issue; GitHub's closing keywords deliver."""
    for passage in subject.passages:
        seen = [
            (ref, found.kind, found.span)
            for found in passage.reading.refs
            if (ref := _github_ref(subject, found)) is not None
        ]
        yield from _named(subject, context, passage, seen, "github_reference")


def parent(subject: Subject, context: Context) -> Iterator[Link]:
    """The tracker's own hierarchy: parent, epic link, sub-issue."""
    for ref in subject.facets.parent:
        target = context.resolve.get(ref)
        if target is not None and target != subject.id:
            why = Provenance(rule="parent", field="parent", text=ref)
            yield Link(child=subject.id, parent=str(target), kind="parent", why=why)


def tracker_link(subject: Subject, context: Context) -> Iterator[Link]:
    """A relation that the tracker holds: `is blocked by` blocks, all others mention."""
    for link in subject.facets.links:
        target = context.resolve.get(link.ref)
        if target is not None and target != subject.id:
            blocked = link.type.lower() == BLOCKED_BY and not link.outward
            kind: LinkKind = "blocks" if blocked else "mentions"
            why = Provenance(rule="tracker_link", field="links", text=link.type)
            yield Link(child=subject.id, parent=str(target), kind=kind, why=why)


RULES: tuple[Rule, ...] = (
    tag_in_text,
    tag_in_label,
    tag_in_field,
    ticket_key,
    github_reference,
    parent,
    tracker_link,
)


def apply_rules(subject: Subject, context: Context) -> Linked:
    """Run all rules over one item; the first rule that says (child, parent, kind) is its provenance."""
    links: dict[tuple[str, str], Link] = {}
    for rule in RULES:
        for link in rule(subject, context):
            links.setdefault((link.parent, link.kind), link)
    own = frozenset(link.parent for link in links.values() if link.kind == "tag")
    optout = _optout(subject)
    return Linked(tuple(links.values()), own, optout, tuple(_findings(subject, context, own, optout)))


def named(subject: Subject) -> frozenset[str]:
    """Every reference that the rules will look up for this item."""
    refs = set(subject.facets.parent) | {link.ref for link in subject.facets.links}
    for passage in subject.passages:
        refs |= {f"jira:{seen.key}" for seen in passage.reading.keys}
        refs |= {ref for seen in passage.reading.refs if (ref := _github_ref(subject, seen)) is not None}
    return frozenset(refs)


def _github_ref(subject: Subject, seen: tags.RefSeen) -> str | None:
    """A bare #7 is one of the same repository, by its id, whatever that is called; in Jira it is none."""
    if seen.repo is not None:
        return f"github:{seen.repo}#{seen.number}"
    if subject.id.tracker != "github":
        return None
    return str(subject.id._replace(id=f"{subject.id.id.partition('#')[0]}#{seen.number}"))


def _tags(subject: Subject, context: Context, wanted: Callable[[Passage], bool], rule: str) -> Iterator[Link]:
    for passage in filter(wanted, subject.passages):
        for seen in passage.reading.codes:
            first = subject.first.get((passage.field, seen.code), 0)
            bound = context.catalogue.bind(seen.code, seen.cycle, first) if seen.known else None
            if bound is not None and bound.kr is not None:
                actor = subject.actors.get(passage.text, "") if passage.field == "label" else ""
                span = None if passage.field == "label" else seen.span
                why = Provenance(
                    rule=rule,
                    field=passage.field
                    if seen.kind == passage.field or passage.field == "field"
                    else f"{passage.field} ({seen.kind})",
                    span=span,
                    text=passage.text[slice(*seen.span)][:80],
                    actor=actor,
                )
                yield Link(child=subject.id, parent=bound.kr, kind="tag", why=why)


def _shown(field: str, kind: str) -> str:
    """The field, and how the code stands in it where it can stand in several ways."""
    return field if kind == field or field == "field" else f"{field} ({kind})"


def _named(
    subject: Subject,
    context: Context,
    passage: Passage,
    seen: Sequence[tuple[str, LinkKind, tuple[int, int]]],
    rule: str,
) -> Iterator[Link]:
    """One link to each item that a text names, however often and by however many names: the strongest."""
    best: dict[ItemId, tuple[LinkKind, tuple[int, int]]] = {}
    for ref, kind, span in seen:
        target = context.resolve.get(ref)
        if target is not None and target != subject.id:
            held = best.get(target)
            if held is None or STRENGTH[kind] > STRENGTH[held[0]]:
                best[target] = (kind, span)
    for target, (kind, span) in best.items():
        why = Provenance(rule=rule, field=passage.field, span=span, text=passage.text[slice(*span)][:80])
        yield Link(child=subject.id, parent=str(target), kind=kind, why=why)


def _optout(subject: Subject) -> str | None:
    for passage in subject.passages:
        if passage.reading.optout is not None:
            return passage.reading.optout.reason or "none"
    return None


def _findings(
    subject: Subject, context: Context, own: frozenset[str], optout: str | None
) -> Iterator[Finding]:
    for passage in subject.passages:
        for seen in passage.reading.codes:
            yield from _code_findings(subject, context, passage, seen)
    if optout == "none":
        yield Finding(
            id="optout_without_reason",
            severity="warning",
            subject="",
            text="It says that it serves no key result, without a reason code.",
            fix="Write `KR: none - ktlo` or another reason: " + ", ".join(tags.REASONS) + ".",
        )
    if optout and own:
        yield Finding(
            id="tag_and_optout",
            severity="note",
            subject=", ".join(sorted(own)),
            text="It names a key result and opts out as well; the key result counts.",
            fix="Remove one of the two.",
        )
    yield from _disagreement(subject, context)


def _code_findings(
    subject: Subject, context: Context, passage: Passage, seen: tags.CodeSeen
) -> Iterator[Finding]:
    if not seen.known:
        near = f" Did you mean {seen.nearest}?" if seen.nearest else ""
        look = " It holds letters that only look like Latin ones." if seen.lookalike else ""
        yield Finding(
            id="lookalike_code" if seen.lookalike else "unknown_code",
            severity="warning",
            subject=seen.code,
            text=f"{seen.code} in the {passage.field} is not in the catalogue.{look}",
            fix=f"Correct the code.{near}",
        )
        return
    first = subject.first.get((passage.field, seen.code), 0)
    bound = context.catalogue.bind(seen.code, seen.cycle, first)
    if bound.kr is None and len(bound.candidates) > 1:
        yield Finding(
            id="ambiguous_code",
            severity="warning",
            subject=seen.code,
            text=f"{seen.code} in the {passage.field} could be {' or '.join(bound.candidates)}.",
            fix=f"Write the full id, for example {bound.candidates[0]}.",
        )


def _disagreement(subject: Subject, context: Context) -> Iterator[Finding]:
    """Only tickets count: a branch `patch-1` or `orders-above-999` names none."""
    delivered: dict[str, set[str]] = {}
    for passage in subject.passages:
        if passage.field in ("title", "branch"):
            delivered[passage.field] = {
                seen.key
                for seen in passage.reading.keys
                if seen.kind == "delivers" and (seen.configured or context.resolve.get(f"jira:{seen.key}"))
            }
    branch, title = delivered.get("branch", set()), delivered.get("title", set())
    if branch and title and not branch & title:
        yield Finding(
            id="branch_title_disagree",
            severity="note",
            subject=", ".join(sorted(branch | title)),
            text=f"The branch says {', '.join(sorted(branch))}, the title {', '.join(sorted(title))}.",
            fix="Correct the title if only one of them is meant; both links stand.",
        )
