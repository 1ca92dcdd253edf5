"""How good and how fast suggestions are: the simulated quarter with links hidden, and real proposals.

    python -m bench.suggest [PATH OF kip_graph.shared.json]

Each item of the quarter is asked for as if nobody had linked it, in four ways:

hidden     what it serves is hidden, with all below it and, for a pull request, its tickets
forgotten  the same, and its parents are hidden too: a ticket without epic, a pull request without ticket
unspoken   as forgotten, and its title holds no stem of the keywords of what it serves
cold       as forgotten, on the first day: no item is known, only key results
harder     as hidden, with all siblings, their parent, and all below: the whole epic is not linked

An exemption is hidden as a link is. Weights and bounds were chosen on the seeds in TUNED and on no others.
"""

import gzip
import json
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from linker.config.yaml_lines import read_yaml
from linker.model import Cycle, KeyResult, Objective
from linker.okrs import Catalogue, parse
from linker.suggest import Asked, Corpus, Known, ranked, suggest
from linker.suggest.corpus import BELOW
from linker.suggest.words import stems
from webhooks.simulator import Quarter, quarter

Case = tuple[int, date | None]
TUNED: tuple[Case, ...] = ((1, None), (2, None), (3, date(2026, 10, 30)), (4, date(2026, 11, 13)))
HELD_OUT: tuple[Case, ...] = (
    *((31, None), (32, None), (33, date(2026, 10, 28)), (34, date(2026, 11, 9))),
    *((35, date(2026, 11, 18)), (36, date(2026, 12, 14))),
)
WAYS = ("hidden", "forgotten", "unspoken", "cold", "harder")
EPIC, TICKET, SUBTASK, PULL = "epic", "ticket", "sub-task", "pull request"
EVERYTHING = 1_000_000
_KEY = re.compile(r"\b(?:PAY|WEB)-\d+\b")
_NUMBER = re.compile(r"(?:#|/issues/)(\d+)")


class Work(NamedTuple):
    """The quarter as suggestions see it; `serves` are active key results; `skipped` is never asked for."""

    corpus: Corpus
    cold: Corpus  # the same key results, and no item
    level: Mapping[str, str]
    serves: Mapping[str, frozenset[str]]
    skipped: frozenset[str]
    keywords: Mapping[str, frozenset[str]]  # key result -> stems


class Tally:
    """Counts of one way of asking: hits among items that serve, suggestions for items that serve nothing."""

    def __init__(self) -> None:
        self.served = self.first = self.among = self.silent = self.nothing = self.wrong = 0

    def note(self, truth: frozenset[str], said: list[str]) -> None:
        """Count one item."""
        if not truth:
            self.nothing += 1
            self.wrong += bool(said)
            return
        self.served += 1
        self.first += bool(truth & set(said[:1]))
        self.among += bool(truth & set(said[:3]))
        self.silent += not said

    @property
    def hit(self) -> float:
        """Share of items that serve a key result for which it was among the first three."""
        return self.among / max(1, self.served)

    @property
    def false(self) -> float:
        """Share of items that serve nothing for which anything was said."""
        return self.wrong / max(1, self.nothing)

    def __str__(self) -> str:
        many = max(1, self.served)
        return (
            f"{self.served:6} {self.first / many:7.2f} {self.hit:7.2f} {self.silent / many:7.2f}"
            f" {self.nothing:9} {self.false:7.2f}"
        )


# --- the quarter ------------------------------------------------------------------------------------------


def catalogue_of(text: str) -> Catalogue:
    """okrs.yaml as the quarter has it."""
    found, problems = parse(read_yaml(text, "okrs.yaml")[0], lambda loc: None)
    assert found is not None, problems
    return found


def work_of(told: Quarter) -> Work:
    """All items of a quarter with what each serves in truth, and those of which the truth is no fair judge.

    Skipped are: what serves only inactive key results; tickets cut from their epic by mistake, which should
    serve; and what a person unlinked, since that word is kept and asked for (Asked.refused).
    """
    known = {item.id: (level, item) for level, item in items(told) if item.id in told.truth.serves}
    spared = {*told.truth.exempt, *told.truth.bots}
    corpus = Corpus(catalogue_of(told.okrs_yaml), told.today)
    for place, (_, item) in enumerate(known.values()):
        krs = told.truth.serves[item.id]
        corpus.add(item._replace(krs=krs, exempt=not krs and item.id in spared, at=place))
    odd = {
        *told.truth.planted.get("ticket without epic", ()),
        *told.truth.planted.get("our label removed by a person", ()),
    }
    idle = {name for name in known if not told.truth.serves[name]}
    odd |= {name for name in idle if odd & set(known[name][1].parents)}
    active = set(corpus.krs)
    serves = {name: frozenset(told.truth.serves[name]) & active for name in known}
    odd |= {name for name in known if told.truth.serves[name] and not serves[name]}
    level = {name: level for name, (level, _) in known.items()}
    cold = Corpus(catalogue_of(told.okrs_yaml), told.today)
    return Work(corpus, cold, level, serves, frozenset(odd), keywords_of(told))


def keywords_of(told: Quarter) -> dict[str, frozenset[str]]:
    """The stems of each key result's keywords."""
    krs = catalogue_of(told.okrs_yaml).krs
    return {name: frozenset(stems(" ".join(kr.keywords))) for name, kr in krs.items()}


def items(told: Quarter) -> Iterator[tuple[str, Known]]:
    """Each item as the trackers last told of it, in the order of first mention, without what it serves."""
    last: dict[tuple[str, str], dict[str, Any]] = {}
    above: dict[int, str] = {}
    for event in told.told:
        body = json.loads(event.body)
        if event.event.startswith("jira:issue"):
            last["issue", body["issue"]["id"]] = body["issue"]
        elif event.event == "pull_request":
            last["pull", f"{body['repository']['full_name']}#{body['number']}"] = body["pull_request"]
        elif event.event == "issues":
            last["number", str(body["issue"]["number"])] = body["issue"]
        elif event.event == "sub_issues" and body["action"].startswith("parent_issue"):
            child, parent = body["sub_issue"]["number"], body["parent_issue"]["number"]
            above[child] = _numbered(parent) if body["action"].endswith("added") else ""
    for (kind, name), told_of in last.items():
        yield {"issue": _jira, "pull": _pull, "number": _number}[kind](name, told_of, above)


def _jira(name: str, issue: dict[str, Any], above: Mapping[int, str]) -> tuple[str, Known]:
    fields, key = issue["fields"], issue["key"]
    parents = (f"jira:{fields['parent']['key']}",) if fields.get("parent") else ()
    level = {"Epic": EPIC, "Sub-task": SUBTASK}.get(fields["issuetype"]["name"], TICKET)
    project, body = fields["project"]["key"], fields["description"] or ""
    return level, Known(f"jira:{key}", fields["summary"], (), parents, project, body=body, name=key)


def _number(name: str, issue: dict[str, Any], above: Mapping[int, str]) -> tuple[str, Known]:
    parent = above.get(int(name))
    level = EPIC if "epic" in [label["name"] for label in issue["labels"]] else TICKET
    parents, body = (parent,) if parent else (), issue["body"] or ""
    return level, Known(
        _numbered(int(name)),
        issue["title"],
        (),
        parents,
        "northwind/platform",
        body=body,
        name=f"northwind/platform#{name}",
    )


def _pull(name: str, pull: dict[str, Any], above: Mapping[int, str]) -> tuple[str, Known]:
    title, body, branch = pull["title"], pull["body"] or "", pull["head"]["ref"]
    named = "" if title.startswith("Revert") else f"{title} {branch} {body}"  # a revert only mentions
    keys = [f"jira:{key}" for key in _KEY.findall(named)]
    parents = (*keys, *(_numbered(int(number)) for number in _NUMBER.findall(body)))
    repository = name.partition("#")[0]
    parents = tuple(dict.fromkeys(parents))
    return PULL, Known(f"github:{name}", title, (), parents, repository, branch, body=body, name=name)


def _numbered(number: int) -> str:
    return f"github:northwind/platform#{number}"


# --- asking -----------------------------------------------------------------------------------------------


def ask_all(work: Work, way: str, into: Tally, every: int = 1) -> None:
    """Ask for every item in one way, and count; of those that serve only each n-th, when `every` is n."""
    serving = [name for name, truth in work.serves.items() if truth][::every]
    for name in (*serving, *(name for name, truth in work.serves.items() if not truth)):
        item, truth = work.corpus.items[name], work.serves[name]
        if name in work.skipped or (way == "unspoken" and leaks(work, name)):
            continue
        corpus = work.cold if way == "cold" else work.corpus
        held = [] if way == "cold" else [corpus.items[known] for known in _hidden(work, item, way)]
        for known in held:
            corpus.add(known._replace(krs=(), exempt=False))
        parents = item.parents if way in ("hidden", "harder") else ()
        asked = Asked(item.id, item.title, item.body, parents, item.container, item.branch)
        into.note(truth, [found.kr for found in suggest(asked, corpus)])
        for known in held:
            corpus.add(known)


def leaks(work: Work, name: str) -> bool:
    """Whether a title or branch holds a stem of the keywords of what the item serves."""
    item = work.corpus.items[name]
    said = set(stems(f"{item.title} {item.branch}"))
    return any(said & work.keywords[kr] for kr in work.serves[name])


def _hidden(work: Work, item: Known, way: str) -> set[str]:
    """The items of which nothing is known while one is asked for."""
    low = work.level[item.id] in (PULL, SUBTASK)
    tops = [item.id, *(name for name in item.parents if low and work.level.get(name) == TICKET)]
    if way == "harder":
        tops += _above(work, item)
    found: set[str] = set()
    while tops:
        name = tops.pop()
        if name in work.corpus.items and name not in found:
            found.add(name)
            tops += [child.id for child in work.corpus.newest(BELOW + name, most=EVERYTHING)]
    return found


def _above(work: Work, item: Known) -> Iterator[str]:
    for parent in item.parents:
        if parent in work.corpus.items:
            yield parent
            yield from _above(work, work.corpus.items[parent])


def evaluate(cases: Iterable[Case], ways: Iterable[str] = WAYS, every: int = 1) -> dict[str, Tally]:
    """Each way of asking over some seeds and days."""
    found = {way: Tally() for way in ways}
    for seed, today in cases:
        work = work_of(quarter(seed, today))
        for way, tally in found.items():
            ask_all(work, way, tally, every)
    return found


# --- real proposals ---------------------------------------------------------------------------------------


def proposals(oracle: Path, with_tickets: bool) -> tuple[Corpus, list[Known]]:
    """Kafka's commits as known items, its proposals (KIPs) as key results without any words of their own."""
    graph = json.loads(oracle.read_text(encoding="utf-8"))["graph"]
    serves: dict[int, list[str]] = defaultdict(list)
    for code, found in graph.items():
        for number in found["prs"]:
            serves[number].append(f"all/{code}")
    krs = tuple(KeyResult(code=code, title=code, cycle="all", objective="O1") for code in graph)
    whole = Objective(code="O1", title="", cycle="all", key_results=krs)
    cycle = Cycle(id="all", start=date(2000, 1, 1), end=date(2099, 1, 1), objectives=(whole,))
    corpus = Corpus(Catalogue((cycle,)), date(2024, 1, 1))
    with gzip.open(oracle.parents[1] / "corpus" / "kafka.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    for place, row in enumerate(sorted(rows, key=lambda row: str(row["date"]))):
        if row["pr_number"] is None:
            continue
        title = re.sub(r"(?i)\bKIP[- ]?\d+", " ", row["title"])
        parents = tuple(row["jira_keys_in_title"]) if with_tickets else ()
        krs_of = tuple(serves.get(row["pr_number"], ()))
        corpus.add(Known(f"#{row['pr_number']}", title, krs_of, parents, "apache/kafka", at=place))
    return corpus, [item for item in corpus.items.values() if item.krs]


def leave_one_out(corpus: Corpus, known: list[Known]) -> Tally:
    """Ask for each pull request of a proposal that has another one, without any bound."""
    found, many = Tally(), Counter(kr for item in known for kr in item.krs)
    for item in known:
        truth = frozenset(kr for kr in item.krs if many[kr] > 1)
        if truth:
            corpus.remove(item.id)
            asked = Asked(item.id, item.title, "", item.parents, item.container)
            found.note(truth, [held.kr for held in ranked(asked, corpus)])
            corpus.add(item)
    return found


# --- figures ----------------------------------------------------------------------------------------------


def large(count: int, krs: int = 50) -> tuple[Corpus, list[Known], float]:
    """A corpus of invented titles with so many key results, and the seconds that it took to build."""
    told = quarter(7)
    base = [item for _, item in items(told)]
    codes = [f"O{1 + place // 4}.KR{1 + place % 4}" for place in range(krs)]
    source = list(catalogue_of(told.okrs_yaml).krs.values())
    made = tuple(
        KeyResult(code=code, title=held.title, cycle="c", objective="O1", keywords=held.keywords)
        for code, held in zip(codes, source * 9, strict=False)
    )
    whole = Objective(code="O1", title="Checkout never makes a customer wait", cycle="c", key_results=made)
    cycle = Cycle(id="c", start=date(2026, 1, 1), end=date(2026, 12, 31), objectives=(whole,))
    known = [
        base[place % len(base)]._replace(
            id=f"item:{place}", krs=(f"c/{codes[place * 7 % krs]}",) if place % 3 else (), at=place,
            title=f"{base[place % len(base)].title} {base[place * 31 % len(base)].title.split()[-1]}",
        )
        for place in range(count)
    ]  # fmt: skip
    started = time.perf_counter()
    corpus = Corpus(Catalogue((cycle,)), date(2026, 6, 1), known)
    return corpus, known, time.perf_counter() - started


def print_speed() -> None:
    """Milliseconds of a suggestion and of a change, and seconds of a build."""
    corpus, known, _ = large(2000)
    asked = [Asked(k.id, k.title, k.body, k.parents, k.container, k.branch) for k in known[::4]]
    took = []
    for one in asked:  # processor time, since others share the machine
        started = time.thread_time_ns()
        suggest(one, corpus)
        took.append((time.thread_time_ns() - started) / 1e6)
    took.sort()
    begun = time.thread_time_ns()
    for item in known[:500]:
        corpus.add(item)
    change = (time.thread_time_ns() - begun) / 500 / 1e6
    print("\nspeed, 50 key results")
    print(f"  a suggestion among 2,000 items    p50 {took[len(took) // 2]:.2f} ms, p99 {took[-5]:.2f} ms")
    print(f"  a changed item taken in again     {change:.3f} ms")
    print(f"  a corpus of 10,000 items built in {large(10_000)[2]:.2f} s")


def print_quarter(title: str, cases: Iterable[Case]) -> None:
    """One row for each way of asking."""
    print(f"\n{title}\n{'':12} items   hit@1   hit@3  silent   nothing   wrong")
    for way, tally in evaluate(cases).items():
        print(f"{way:12}{tally}")


def print_leaks(cases: Iterable[Case]) -> None:
    """How many titles hold a keyword of what they serve."""
    held = whole = 0
    for seed, today in cases:
        work = work_of(quarter(seed, today))
        names = [name for name, truth in work.serves.items() if truth]
        whole += len(names)
        held += sum(leaks(work, name) for name in names)
    print(f"\ntitles with a stem of their key result's keywords: {held} of {whole} ({held / whole:.0%})")


def print_proposals(oracle: Path) -> None:
    """Leave-one-out on Kafka's proposals, on titles alone and with tickets as parents."""
    print(f"\nKafka's proposals, no bound\n{'':12} items   hit@1   hit@3  silent")
    for name, with_tickets in (("titles", False), ("and tickets", True)):
        corpus, known = proposals(oracle, with_tickets)
        print(f"{name:12}{str(leave_one_out(corpus, known))[:30]}")


def main(arguments: list[str]) -> None:
    """Print every table; the proposals only when their oracle is named."""
    print_quarter("the quarter, seeds on which weights were chosen", TUNED)
    print_quarter("the quarter, held-out seeds and days", HELD_OUT)
    print_leaks(HELD_OUT)
    for oracle in arguments:
        print_proposals(Path(oracle))
    print_speed()


if __name__ == "__main__":
    main(sys.argv[1:])
