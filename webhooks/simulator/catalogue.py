"""The company's objectives and key results over two cycles, as okrs.yaml stood on any day."""

from datetime import date
from typing import NamedTuple

from webhooks.simulator.weeks import CYCLES, PREVIOUS, RUNNING, TIMEZONE

AMENDED_ON = date(2026, 10, 26)


class Change(NamedTuple):
    """A key result changed its state on a day."""

    state: str
    on: date
    reason: str


class KeyResultPlan(NamedTuple):
    """One key result; `shape` is the known truth of its readings (see readings.SHAPES)."""

    code: str
    title: str
    metric: str
    unit: str
    baseline: float
    target: float
    comparator: str
    team: str
    owner: str
    kind: str
    shape: str
    keywords: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    first_target: float | None = None
    guards: str = ""
    opened: Change | None = None

    def target_on(self, day: date) -> float:
        """The target that held on a day; an amendment changes it once."""
        return self.first_target if self.first_target is not None and day < AMENDED_ON else self.target

    def states(self, begin: date, day: date) -> list[Change]:
        """Each state up to a day; `begin` is when its cycle began, and most are agreed by then."""
        first = [Change("proposed", begin, "Drafted."), self.opened] if self.opened else []
        first = first or [Change("open", begin, "Agreed.")]
        return [change for change in (*first, *self.changes) if change.on <= day]


class ObjectivePlan(NamedTuple):
    """One objective with its key results."""

    code: str
    title: str
    owner: str
    why_now: str
    driver: str
    key_results: tuple[KeyResultPlan, ...]


_DROPPED = Change("dropped", date(2026, 11, 3), "The refund service is bought instead of built.")
_DEFERRED = Change("deferred", date(2026, 11, 10), "The second data centre opens in January.")
_AGREED = Change("open", date(2026, 10, 20), "Agreed once the search log could tell sessions apart.")
_CLOSED = Change("closed", date(2026, 9, 30), "The quarter ended and the target was met.")

OBJECTIVES = {
    RUNNING: (
        ObjectivePlan("O1", "Checkout never makes a customer wait", "head-of-payments",
            "One basket in five is left while prices load, and the winter peak is close.", "revenue", (
                KeyResultPlan("O1.KR1", "Checkout p95 latency from 900 ms to 300 ms", "checkout p95 latency",
                    "ms", 900, 300, "from_to",
                    "payments", "staff-engineer-payments", "committed", "moved with work",
                    ("checkout", "latency", "quote", "price cache", "round trips", "slow")),
                KeyResultPlan("O1.KR2", "Checkout conversion from 61 % to 66 %", "checkout conversion", "%",
                    61, 66, "from_to",
                    "payments", "product-owner-payments", "aspirational", "work without movement",
                    ("conversion", "wallet", "address", "guest checkout", "express")),
                KeyResultPlan("O1.KR3", "Payment error rate stays below 0.4 %", "payment error rate", "%",
                    0.25, 0.4, "maintain_below",
                    "payments", "staff-engineer-payments", "guardrail", "guardrail breached",
                    ("declined", "acquirer", "error rate", "retries", "issuer"), guards="O1.KR2"))),
        ObjectivePlan("O2", "Every payment is booked once and explained", "head-of-finance-systems",
            "The auditors asked twice about differences that nobody could explain.", "risk", (
                KeyResultPlan("O2.KR1", "Ledger differences found per week from 42 to 5",
                    "ledger differences per week", "differences", 42, 5,
                    "from_to", "payments", "staff-engineer-ledger", "committed", "moved with work",
                    ("ledger", "booking", "capture", "reconciliation", "difference")),
                KeyResultPlan("PAY.O2.KR2", "Month-end close takes at most 2 days", "days to close a month",
                    "days", 6, 2, "at_most",
                    "payments", "controller", "committed", "stalled", ("month end", "closing", "statement")),
                KeyResultPlan("O2.KR3", "Refund handling time from 5 days to 1 day", "refund handling time",
                    "days", 5, 1, "from_to",
                    "payments", "product-owner-payments", "committed", "dropped", ("refund", "refund form",
                        "refund mail"),
                    (_DROPPED,)))),
        ObjectivePlan("O3", "Shoppers find what they came for", "head-of-storefront",
            "Traffic grows on small phones, where pages are slowest.", "revenue", (
                KeyResultPlan("O3.KR1", "Search sessions that end on a product from 48 % to 60 %",
                    "search success", "%", 48, 60, "from_to",
                    "web", "product-owner-web", "aspirational", "moved without tracked work", ("search",
                        "spelling", "filters", "synonyms"), opened=_AGREED),
                KeyResultPlan("O3.KR2", "Product page LCP p75 from 4.1 s to 2.5 s", "product page LCP p75",
                    "s", 4.1, 2.5, "from_to",
                    "web", "staff-engineer-web", "committed", "moved with work",
                    ("LCP", "images", "edge", "scripts", "product page", "rendering"), first_target=2.0),
                KeyResultPlan("O3.KR3", "Share of orders placed in the app from 22 % to 30 %",
                    "app order share", "%", 22, 30, "from_to",
                    "web", "product-owner-app", "committed", "stale", ("app", "onboarding", "push",
                        "basket sync")))),
        ObjectivePlan("O4", "Teams ship small and safely", "head-of-platform",
            "Releases wait four days and one in five is rolled back.", "cost", (
                KeyResultPlan("O4.KR1", "Lead time for changes from 4.5 days to 1.5 days",
                    "lead time for changes", "days", 4.5, 1.5, "from_to",
                    "platform", "staff-engineer-platform", "committed", "moved with work", ("lead time",
                        "preview", "test run", "sharding")),
                KeyResultPlan("O4.KR2", "Change failure rate at most 10 %", "change failure rate", "%", 18,
                    10, "at_most",
                    "platform", "staff-engineer-platform", "committed", "work without movement",
                    ("rollback", "canary", "flaky", "change failure")),
                KeyResultPlan("O4.KR3", "Services on the shared pipeline from 7 to 20 of 24",
                    "services on the shared pipeline", "services", 7, 20,
                    "ratio", "platform", "product-owner-platform", "aspirational", "moved with work",
                    ("pipeline", "service manifest", "build")))),
        ObjectivePlan("O5", "Customers can trust us with their data", "head-of-platform",
            "Two large customers ask for proof before they renew.", "retention", (
                KeyResultPlan("O5.KR1", "No secret is found in any repository", "secrets found per week",
                    "secrets", 9, 0, "zero",
                    "platform", "security-engineer", "committed", "moved with work", ("secret", "vault",
                        "rotation", "deploy keys")),
                KeyResultPlan("O5.KR2", "The restore drill passes for every tier one service",
                    "restore drill passed", "", 0, 1, "boolean",
                    "platform", "staff-engineer-platform", "committed", "deferred", ("restore", "backup",
                        "drill"), (_DEFERRED,)))),
    ),
    PREVIOUS: (
        ObjectivePlan("O1", "Checkout runs on the new cluster", "head-of-payments",
            "The old cluster's contract ends.", "cost", (
            KeyResultPlan("O1.KR1", "Share of checkout traffic on the new cluster from 10 % to 100 %",
                "traffic on the new cluster", "%", 10, 100,
                "from_to", "payments", "staff-engineer-payments", "committed", "moved with work", ("cluster",
                    "traffic", "ingress")),
            KeyResultPlan("O1.KR2", "Checkout cost per order from 3.1 ct to 2.0 ct", "cost per order", "ct",
                3.1, 2.0, "from_to",
                "payments", "controller", "aspirational", "stalled", ("cost", "order")))),
        ObjectivePlan("O2", "Nights without alarms", "head-of-platform",
            "Three of five on-call engineers asked to leave the rota.", "retention", (
            KeyResultPlan("O2.KR1", "Alarms at night from 31 to 8 a week", "alarms at night", "alarms", 31, 8,
                "from_to",
                "platform", "staff-engineer-platform", "committed", "moved with work", ("alarm", "on-call"),
                (_CLOSED,)),)),
        ObjectivePlan("O3", "One search for web and app", "head-of-storefront",
            "Two searches gave two answers.", "revenue", (
            KeyResultPlan("O3.KR1", "Share of searches answered by the new search from 20 % to 100 %",
                "new search share", "%", 20, 100,
                "from_to", "web", "staff-engineer-web", "committed", "moved with work", ("search index",
                    "redirects")),)),
    ),
}  # fmt: skip


def all_key_results() -> list[tuple[str, KeyResultPlan]]:
    """Each key result with the id of its cycle."""
    return [
        (cycle, kr)
        for cycle, objectives in OBJECTIVES.items()
        for objective in objectives
        for kr in objective.key_results
    ]


def okrs_yaml(today: date) -> str:
    """The catalogue file as it stood on a day: later amendments and drops are not in it yet."""
    lines = ["cycles:"]
    for cycle, objectives in OBJECTIVES.items():
        start, end = CYCLES[cycle]
        lines += [
            f"  - id: {cycle}",
            f"    start: {start}",
            f"    end: {end}",
            f"    timezone: {TIMEZONE}",
            "    objectives:",
        ]
        for objective in objectives:
            lines += [
                f"      - code: {objective.code}",
                f"        title: {objective.title}",
                f"        owner: {objective.owner}",
            ]
            lines += [
                f"        why_now: {_text(objective.why_now)}",
                f"        driver: {objective.driver}",
                "        key_results:",
            ]
            for kr in objective.key_results:
                lines += _key_result(kr, cycle, today)
    return "\n".join(lines) + "\n"


def versions(today: date) -> list[tuple[date, str]]:
    """Each version of the catalogue file up to a day, with the day it was written."""
    days = {CYCLES[PREVIOUS][0], CYCLES[RUNNING][0], AMENDED_ON}
    days |= {change.on for _, kr in all_key_results() for change in (*kr.changes, kr.opened) if change}
    return [(day, okrs_yaml(day)) for day in sorted(days) if day <= today]


def _key_result(kr: KeyResultPlan, cycle: str, today: date) -> list[str]:
    at = "            "
    begin = CYCLES[cycle][0]
    changes = kr.states(begin, max(begin, today))
    lines = [
        f"          - code: {kr.code}", f"{at}title: {_text(kr.title)}", f"{at}metric: {kr.metric}",
        f"{at}unit: {_text(kr.unit)}",
        f"{at}baseline: {kr.baseline:g}", f"{at}target: {kr.target_on(today):g}",
        f"{at}comparator: {kr.comparator}", f"{at}owner: {kr.owner}",
        f"{at}team: {kr.team}", f"{at}source: {{ type: manual }}", f"{at}kind: {kr.kind}",
        f"{at}state: {changes[-1].state}",
    ]  # fmt: skip
    if len(changes) > 1:
        lines.append(f"{at}history:")
        lines += [
            f"{at}  - {{ state: {held.state}, on: {held.on}, reason: {_text(held.reason)} }}"
            for held in changes
        ]
    lines.append(f"{at}keywords: [{', '.join(kr.keywords)}]")
    return lines + ([f"{at}guards: {kr.guards}"] if kr.guards else [])


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
