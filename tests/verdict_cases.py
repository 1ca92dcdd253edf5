"""Pull requests of every kind, as a verdict looks at them; each has its golden text in golden/verdicts."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import scenarios as s
from hypothesis import strategies as st
from nasty import texts

from linker.model import Cycle, KeyResult, Objective
from linker.okrs import Catalogue
from linker.verdict import (
    Advice,
    Ambiguous,
    Conclusion,
    Judged,
    Mode,
    Named,
    Place,
    Rerun,
    Unknown,
    Unread,
    Verdict,
    judge,
)

ON, GRACE = date(2026, 11, 24), 14
ITEM, PAGE = "github:github.com:4711#7", "https://sightline.example.com/items/github:acme/pay%237"
KR1, KR2, PAID = "2026Q4/O1.KR1", "2026Q4/O1.KR2", "2026Q4/PAY.O2.KR1"
DROPPED, OVER, COMING = "2026Q4/O1.KR9", "2026Q3/O1.KR2", "2027Q1/O1.KR4"


class Case(NamedTuple):
    """What is looked at, what is suggested, and how strict the check is."""

    seen: Judged
    advice: Sequence[Advice] = ()
    mode: Mode = "advisory"
    undecided: Conclusion = "neutral"
    rerun: Rerun | None = None

    def verdict(self) -> Verdict:
        return judge(self.seen, active, why_inactive)


def _cycle(name: str, start: date, end: date, *krs: KeyResult) -> Cycle:
    objective = Objective(code="O1", title="Objective 1", cycle=name, key_results=krs)
    return Cycle(id=name, start=start, end=end, objectives=(objective,))


CATALOGUE = Catalogue(
    (
        _cycle("2026Q3", date(2026, 7, 1), date(2026, 9, 30), s.kr("O1.KR2", "2026Q3")),
        _cycle(
            "2026Q4", date(2026, 10, 1), date(2026, 12, 31),
            s.kr("O1.KR1"), s.kr("O1.KR2"), s.kr("PAY.O2.KR1"), s.dropped("O1.KR9", date(2026, 11, 3)),
        ),
        _cycle("2027Q1", date(2027, 1, 1), date(2027, 3, 31), s.kr("O1.KR4", "2027Q1")),
    )
)  # fmt: skip


def active(kr: str) -> bool:
    return kr in CATALOGUE.krs and CATALOGUE.active(kr, ON, GRACE)


def why_inactive(kr: str) -> str:
    return CATALOGUE.why_inactive(kr, ON, GRACE).partition(": ")[0]


def places(*, commits: bool = True, **found: str) -> list[Place]:
    """The four places of a pull request; `found` says what stands in one, the rest hold nothing."""
    names = ("branch", "title", "description", "commits")
    known = {name: (found[name],) if name in found else () for name in names}
    return [Place(name, known[name], commits or name != "commits") for name in names]


def case(*advice: Advice, mode: Mode = "advisory", undecided: Conclusion = "neutral", **seen: Any) -> Case:
    seen.setdefault("places", places())
    return Case(Judged(**seen), advice, mode, undecided)


IN_TITLE = places(title="PAY-12")
TICKET = Named("PAY-12", "delivers", (), ("PAY-3",))
SERVES = Named("PAY-12", "delivers", (KR1,), ("PAY-3",))
LONELY = Named("PAY-12", "delivers")
BEST = Advice("O1.KR1", ("3 of 4 siblings in PAY-3 serve it", "shares: refund, chargeback"))
SECOND = Advice("PAY.O2.KR1", ("9 of the last 20 items in acme/pay serve it",))
BOUND = (
    "`O1.KR2` means `2026Q4/O1.KR2` here, since it stands in the title since 6 October 2026 and a code "
    "means the cycle of that day. For another cycle write the full id, `KR: 2026Q3/O1.KR2`."
)
BEFORE = (
    "`O1.KR2` means `2026Q3/O1.KR2` here, since it stands in the title since 28 September 2026 and a code "
    "means the cycle of that day. For another cycle write the full id, `KR: 2026Q4/O1.KR2`."
)

CASES: dict[str, Case] = {
    "serving-direct": case(krs=(KR1,), places=places(description="KR: O1.KR1")),
    "serving-through": case(krs=(KR1,), path=("PAY-12", "PAY-3"), places=IN_TITLE, named=(SERVES,)),
    "serving-several": case(
        krs=(KR1, KR2, PAID), places=places(description="KR: O1.KR1, O1.KR2, PAY.O2.KR1")
    ),
    "serving-several-through": case(
        krs=(KR1, KR2), path=("PAY-12", "PAY-3"), places=IN_TITLE,
        named=(SERVES, Named("WEB-4", "contributes", (KR2,))),
    ),
    "serving-decided": case(krs=(KR1,), decided=True),
    "serving-decided-above": case(
        krs=(KR1,), path=("PAY-12", "PAY-3"), decided=True, places=IN_TITLE, named=(SERVES,)
    ),
    "serving-bound": case(krs=(KR2,), places=places(title="O1.KR2"), notes=(BOUND,)),
    "exempt-text": case(
        exemption="ktlo", because="its own text says so", places=places(description="KR: none - ktlo")
    ),
    "exempt-rule": case(exemption="ktlo", because="by rule: author `renovate[bot]`"),
    "exempt-person": case(exemption="incident", because="a person decided so"),
    "exempt-inherited": case(exemption="debt", because="inherited from `PAY-12`", places=IN_TITLE),
    "undecided-reading": case(
        unread=(Unread("PAY-99", "waiting"), Unread("its commits", "waiting")),
        places=places(commits=False, title="PAY-99"),
    ),
    "undecided-reading-required": case(
        unread=(Unread("PAY-99", "waiting"),), places=places(title="PAY-99"), mode="required"
    ),
    "undecided-away": case(unread=(Unread("PAY-99", "away"),), places=places(title="PAY-99")),
    "undecided-away-required": case(
        unread=(Unread("PAY-99", "away"),), places=places(title="PAY-99"),
        mode="required", undecided="failure",
    ),
    "inactive-dropped": case(
        krs=(DROPPED,), path=("PAY-12", "PAY-3"), places=IN_TITLE,
        named=(Named("PAY-12", "delivers", (DROPPED,), ("PAY-3",)),),
    ),
    "inactive-over": case(krs=(OVER,), places=places(title="O1.KR2"), notes=(BEFORE,)),
    "inactive-coming": case(krs=(COMING,), places=places(description="KR: O1.KR4")),
    "inactive-several": case(krs=(OVER, DROPPED, COMING), places=places(title="O1.KR2, O1.KR9, O1.KR4")),
    "unknown-nearest": case(unknown=(Unknown("O1.KR22", "O1.KR2"),), places=places(title="O1.KR22")),
    "unknown-nothing-near": case(unknown=(Unknown("GROWTH-2"),), places=places(description="GROWTH-2")),
    "unknown-suggested": case(
        BEST, unknown=(Unknown("O1.KR22", "O1.KR2"),), places=places(title="O1.KR22"), mode="required"
    ),
    "unknown-lookalike": case(
        unknown=(Unknown("O1.\u041aR2", "O1.KR2", lookalike=True),), places=places(title="O1.\u041aR2")
    ),
    "unknown-ambiguous": case(
        ambiguous=(Ambiguous("O1.KR2", ("2026H2/O1.KR2", KR2)),), places=places(title="O1.KR2")
    ),
    "unlinked-optout": case(exemption="none", places=places(description="KR: none")),
    "unlinked-removed": case(removed=(KR1,), places=places(description="KR: O1.KR1")),
    "unlinked-epic": case(places=IN_TITLE, named=(TICKET,)),
    "unlinked-epic-suggested": case(BEST, SECOND, places=IN_TITLE, named=(TICKET,), mode="required"),
    "unlinked-ticket": case(places=IN_TITLE, named=(LONELY,)),
    "unlinked-tickets": case(
        places=places(title="PAY-12, WEB-4"), named=(LONELY, Named("WEB-4", "delivers"))
    ),
    "unlinked-gone": case(places=places(title="PAY-99"), unread=(Unread("PAY-99", "gone"),)),
    "unlinked-refused": case(places=places(title="HR-5"), unread=(Unread("HR-5", "refused"),)),
    "unlinked-mentions": case(
        places=places(description="PAY-12"), named=(Named("PAY-12", "mentions", (KR1,)),)
    ),
    "unlinked-mentions-in-vain": case(
        places=places(description="PAY-12"), named=(Named("PAY-12", "mentions"),)
    ),
    "unlinked-command-not-done": case(undone="`/kr plums` is no command. Write `/kr O1.KR2`, or `/kr why`."),
    "unlinked-nothing": case(),
    "unlinked-nothing-required": case(mode="required"),
    "unlinked-suggested": case(BEST, SECOND),
    "unlinked-more": case(BEST, SECOND, mode="required")._replace(rerun=Rerun("more", 1764000000000)),
}  # fmt: skip


# --- by chance, and whatever people may have written

ids = st.lists(st.sampled_from([KR1, KR2, DROPPED, "2025Q1/GONE"]), max_size=4)
every_judged = st.builds(
    Judged,
    krs=ids,
    exemption=st.sampled_from([None, "none", "ktlo", "docs"]),
    path=st.lists(texts, max_size=3),
    decided=st.booleans(),
    unknown=st.lists(st.builds(Unknown, texts, st.sampled_from([None, "O1.KR1"]), st.booleans()), max_size=4),
    ambiguous=st.lists(st.builds(Ambiguous, texts, ids.map(tuple)), max_size=2),
    unread=st.lists(
        st.builds(Unread, texts, st.sampled_from(["waiting", "away", "gone", "refused"])), max_size=3
    ),
    places=st.lists(
        st.builds(Place, st.sampled_from(["branch", "title"]), st.lists(texts).map(tuple), st.booleans()),
        max_size=4,
    ),
    named=st.lists(
        st.builds(
            Named, texts, st.sampled_from(["delivers", "contributes", "mentions"]), ids.map(tuple),
            st.lists(texts, max_size=2).map(tuple),
        ),
        max_size=4,
    ),
    removed=ids,
    because=st.just(""),  # these three are sentences of ours
    notes=st.just(()),
    undone=st.just(""),
)  # fmt: skip
