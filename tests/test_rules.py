"""An item and the catalogue give links, each with what made it."""

from collections.abc import Mapping
from typing import Any, get_args

import pytest
import scenarios as s

from linker import rules, tags
from linker.model import Facets, ItemId, ItemLink, Kind, Level, Millis
from linker.rules import Context, Linked, Passage, Subject

PULL, ISSUE, TICKET, EPIC = s.github_item(7), s.github_item(3), s.jira_item(10063), s.jira_item(10010)
KNOWN: dict[str, ItemId | None] = {
    "jira:PAY-12": TICKET,
    "jira:PAY-3": EPIC,
    "github:acme/pay#3": ISSUE,
    str(ISSUE): ISSUE,
    str(EPIC): EPIC,
    str(PULL): PULL,
}
CATALOGUE = s.catalogue()


def linked(
    *texts: tuple[str, str],
    own: ItemId = PULL,
    first: Mapping[tuple[str, str], Millis] | None = None,
    known: Any = CATALOGUE,
    **facets: Any,
) -> Linked:
    """What the rules say of texts by their field."""
    passages = []
    for field, text in texts:
        place = field if field in get_args(tags.Place) else {"commits": "commit"}.get(field, "body")
        passages.append(Passage(field, place, text, tags.read(text, place, s.words(known))))  # type: ignore[arg-type]  # a place
    facets = {"kind": Kind(level=Level.PULL_REQUEST, type="pull request")} | facets
    seen = first or {(field, code): s.at(0) for field, _ in texts for code in known.codes}
    subject = Subject(
        own, Level.PULL_REQUEST, Facets(**facets), tuple(passages), seen, {"kr:O1.KR1": "planner"}
    )
    return rules.apply_rules(subject, Context(known, {ref: KNOWN.get(ref) for ref in rules.named(subject)}))


def said(found: Linked) -> list[tuple[str, str, str, str]]:
    return [(link.kind, link.parent, link.why.rule, link.why.field) for link in found.links]


@pytest.mark.parametrize(
    ("field", "text", "rule", "shown"),
    [
        ("title", "O1.KR1: cache", "tag_in_text", "title"),
        ("title", "[O1.KR1] cache", "tag_in_text", "title (bracket)"),
        ("body", "KR: O1.KR1", "tag_in_text", "body (trailer)"),
        ("branch", "O1.KR1-cache", "tag_in_text", "branch"),
        ("commits", "Cache\n\nKR: O1.KR1", "tag_in_text", "commits (trailer)"),
        ("label", "kr:O1.KR1", "tag_in_label", "label"),
        ("field", "KR: O1.KR1", "tag_in_field", "field"),
    ],
)
def test_a_code_tags_wherever_people_write_it(field: str, text: str, rule: str, shown: str) -> None:
    assert said(linked((field, text))) == [("tag", "2026Q4/O1.KR1", rule, shown)]


def test_a_tag_tells_the_words_that_made_it() -> None:
    (link,) = linked(("title", "O1.KR1: cache")).links
    assert (link.why.span, link.why.text) == ((0, 6), "O1.KR1")
    (label,) = linked(("label", "kr:O1.KR1")).links
    assert (label.why.actor, label.why.text) == ("planner", "O1.KR1")


def test_verb_and_place_decide_what_a_key_does() -> None:
    found = linked(("title", "PAY-12 Cache"), ("body", "Refs PAY-3"))
    assert [(link.kind, link.parent) for link in found.links] == [
        ("delivers", str(TICKET)),
        ("contributes", str(EPIC)),
    ]


def test_a_key_of_a_ticket_that_is_not_held_links_nothing() -> None:
    assert linked(("title", "UTF-8 and PAY-99")).links == ()


def test_a_bare_number_is_one_of_the_same_repository() -> None:
    assert said(linked(("body", "Closes #3"))) == [("delivers", str(ISSUE), "github_reference", "body")]
    assert said(linked(("body", "Closes #3"), own=TICKET)) == []  # Jira has no numbers


def test_two_names_of_one_issue_in_one_text_are_one_link() -> None:
    found = linked(("body", "Closes #3, see acme/pay#3"))
    assert [(link.kind, link.parent) for link in found.links] == [("delivers", str(ISSUE))]


def test_nothing_links_to_itself() -> None:
    assert linked(("body", "Closes #7")).links == ()


def test_the_tracker_s_own_hierarchy_is_a_parent() -> None:
    found = linked(own=TICKET, parent=(str(EPIC), "jira:PAY-99"))
    assert said(found) == [("parent", str(EPIC), "parent", "parent")]


def test_only_the_one_that_is_blocked_has_a_blocking_link() -> None:
    blocked = ItemLink(type="blocks", outward=False, ref=str(EPIC))
    blocks = ItemLink(type="blocks", outward=True, ref=str(EPIC))
    assert [link.kind for link in linked(own=TICKET, links=(blocked,)).links] == ["blocks"]
    assert [link.kind for link in linked(own=TICKET, links=(blocks,)).links] == ["mentions"]


def test_a_code_means_what_it_meant_when_it_first_appeared() -> None:
    known = s.catalogue(s.kr("O1.KR1", "2026Q3"), s.kr("O1.KR1", "2026Q4"))
    summer = s.at(0) - 30 * 86_400_000
    for at, cycle in ((summer, "2026Q3"), (s.at(0), "2026Q4")):
        found = linked(("title", "O1.KR1: cache"), first={("title", "O1.KR1"): at}, known=known)
        assert found.tags == {f"{cycle}/O1.KR1"}


def findings(found: Linked) -> list[tuple[str, str]]:
    return [(finding.id, finding.subject) for finding in found.findings]


def test_an_unknown_code_is_reported_with_the_nearest() -> None:
    found = linked(("body", "KR: O1.KR7"))
    assert findings(found) == [("unknown_code", "O1.KR7")]
    assert "O1.KR" in found.findings[0].fix


def test_a_code_of_two_open_cycles_is_ambiguous_and_links_nothing() -> None:
    first, second = s.catalogue(s.kr("O1.KR1", "2026Q3")).cycles[0], s.catalogue(s.kr("O1.KR1")).cycles[0]
    both = type(CATALOGUE)((first.model_copy(update={"end": second.end}), second))
    found = linked(("title", "O1.KR1: cache"), known=both)
    assert (found.tags, findings(found)) == (frozenset(), [("ambiguous_code", "O1.KR1")])
    assert linked(("body", "KR: 2026Q4/O1.KR1"), known=both).tags == {"2026Q4/O1.KR1"}


def test_an_opt_out_needs_a_reason() -> None:
    assert linked(("body", "KR: none - ktlo")).optout == "ktlo"
    bare = linked(("body", "KR: none"))
    assert (bare.optout, findings(bare)) == ("none", [("optout_without_reason", "")])


def test_a_key_result_beats_an_opt_out_with_a_finding() -> None:
    found = linked(("title", "O1.KR1: cache"), ("body", "KR: none - ktlo"))
    assert found.tags == {"2026Q4/O1.KR1"}
    assert findings(found) == [("tag_and_optout", "2026Q4/O1.KR1")]


def test_branch_and_title_that_disagree_both_link_and_are_reported() -> None:
    found = linked(("title", "PAY-12 Cache"), ("branch", "PAY-3-cache"))
    assert [link.parent for link in found.links] == [str(TICKET), str(EPIC)]
    assert findings(found) == [("branch_title_disagree", "PAY-12, PAY-3")]
