"""The epics of the quarter, written by hand: how each names its key result, and what its tickets touch."""

from typing import NamedTuple


class EpicPlan(NamedTuple):
    """One epic: `how` is the place of its key result (label, line, field, bracket, ktlo, debt, none)."""

    team: str
    title: str
    how: str
    codes: tuple[str, ...]
    weight: int
    sprints: tuple[int, int]
    parts: tuple[str, ...]
    cycle: str = "2026Q4"


_WALLET = (
    "the wallet button",
    "the express sheet",
    "merchant validation",
    "the fallback to card entry",
    "button order per country",
)

EPICS = (
    EpicPlan(
        "payments", "Quote the whole basket in one call", "label", ("O1.KR1",), 5, (1, 4),
        (
            "the quote endpoint", "tax rates per basket", "voucher lookup", "shipping quotes",
            "the basket serializer", "price rounding", "the legacy quote path",
        ),
    ),
    EpicPlan(
        "payments", "Warm the price cache before peak hours", "line", ("O1.KR1",), 4, (2, 6),
        (
            "the price cache", "cache keys per market", "the warm-up job", "eviction after a price change",
            "the cache dashboard", "stale prices after midnight",
        ),
    ),
    EpicPlan(
        "payments", "Fewer database round trips in checkout", "field", ("O1.KR1",), 4, (1, 5),
        (
            "the order query", "address lookups", "the stock reservation", "connection pooling",
            "the checkout transaction", "N+1 reads of line items",
        ),
    ),
    EpicPlan("payments", "[O1.KR2] Wallets above the fold", "bracket", ("O1.KR2",), 4, (1, 6), _WALLET),
    EpicPlan(
        "payments", "Shorter address step", "line", ("O1.KR2",), 4, (2, 6),
        (
            "postcode completion", "the house number field", "saved addresses", "guest checkout",
            "the phone number prompt", "inline validation",
        ),
    ),
    EpicPlan(
        "payments", "Second acquirer for declined cards", "label", ("O1.KR3",), 3, (2, 6),
        (
            "routing by decline reason", "the acquirer adapter", "soft decline retries", "issuer timeouts",
            "the decline report", "idempotent authorisations",
        ),
    ),
    EpicPlan(
        "payments", "Book every capture exactly once", "field", ("O2.KR1",), 5, (1, 5),
        (
            "capture events", "the outbox of the ledger", "duplicate callbacks", "partial captures",
            "the booking consumer", "late settlements",
        ),
    ),
    EpicPlan(
        "payments", "Explain each ledger difference to finance", "line", ("O2.KR1",), 4, (2, 6),
        (
            "the difference report", "currency conversion entries", "fee postings", "the reconciliation job",
            "unmatched bank lines", "the monthly statement",
        ),
    ),
    EpicPlan(
        "payments", "Refunds without a call to support", "label", ("O2.KR3",), 3, (1, 3),
        ("the refund form", "refund reasons", "partial refunds", "the refund mail", "refund limits"),
    ),
    EpicPlan(
        "payments", "Keep payment providers current", "ktlo", (), 2, (1, 6),
        (
            "provider certificates", "the sandbox accounts", "webhook endpoints of the provider",
            "the client library", "test cards",
        ),
    ),
    EpicPlan(
        "payments", "Export evidence for disputes", "none", (), 1, (2, 5),
        ("the dispute export", "delivery proofs", "the evidence template", "dispute deadlines"),
    ),
    EpicPlan(
        "web", "Images that are there before the shopper scrolls", "label", ("O3.KR2",), 5, (1, 4),
        (
            "image sizes per breakpoint", "lazy loading below the fold", "the image proxy",
            "placeholder colours", "hero images", "the gallery",
        ),
    ),
    EpicPlan(
        "web", "Render product pages at the edge", "field", ("O3.KR2",), 4, (1, 5),
        (
            "the edge renderer", "cache tags per product", "price hydration", "stock badges",
            "the fallback to origin", "variant pages",
        ),
    ),
    EpicPlan(
        "web", "Drop unused scripts from product pages", "line", ("O3.KR2",), 4, (2, 6),
        (
            "the tag container", "the review widget", "polyfills", "the chat loader", "font loading",
            "the consent banner",
        ),
    ),
    EpicPlan(
        "web", "App onboarding in three screens", "label", ("O3.KR3",), 4, (1, 5),
        (
            "the welcome screen", "guest mode", "permission prompts", "the sign-in sheet", "the size profile",
            "deep links",
        ),
    ),
    EpicPlan(
        "web", "Baskets follow the shopper into the app", "field", ("O3.KR3",), 4, (2, 6),
        ("basket sync", "merge of two baskets", "the basket badge", "sold-out items", "offline edits"),
    ),
    EpicPlan(
        "web", "Push messages that respect quiet hours", "label", ("O3.KR3",), 3, (3, 6),
        ("quiet hours", "topic settings", "delivery receipts", "the message centre", "token refresh"),
    ),
    EpicPlan("web", "[O1.KR2] Wallets on the storefront", "bracket", ("O1.KR2",), 3, (2, 6), _WALLET),
    EpicPlan(
        "web", "One basket drawer for every page", "line", ("O1.KR2", "O3.KR2"), 3, (1, 6),
        (
            "the basket drawer", "upsell slots", "quantity steppers", "focus order in the drawer",
            "the empty basket",
        ),
    ),
    EpicPlan(
        "web", "Pay off the style sheet debt", "debt", (), 2, (1, 6),
        (
            "legacy colour tokens", "the grid mixins", "unused icons", "print styles",
            "the old button component",
        ),
    ),
    EpicPlan(
        "web", "Seasonal landing pages", "none", (), 2, (3, 6),
        ("the winter landing page", "the gift finder", "campaign teasers", "the countdown"),
    ),
    EpicPlan(
        "platform", "One pipeline for every service", "label", ("O4.KR3",), 5, (1, 6),
        (
            "the shared pipeline template", "the ledger service", "the mail service", "the stock service",
            "build caching", "service manifests", "the release step",
        ),
    ),
    EpicPlan(
        "platform", "A preview for each pull request", "line", ("O4.KR1",), 4, (1, 5),
        (
            "preview namespaces", "preview addresses", "seed data", "clean-up of old previews",
            "the preview comment",
        ),
    ),
    EpicPlan(
        "platform", "Test runs under ten minutes", "label", ("O4.KR1",), 4, (1, 4),
        (
            "test sharding", "the container image", "integration fixtures", "the browser tests",
            "dependency downloads",
        ),
    ),
    EpicPlan(
        "platform", "Deploy in small steps and roll back alone", "line", ("O4.KR2",), 4, (2, 6),
        (
            "canary weights", "rollback on error budget", "the deploy gate", "database migrations",
            "deploy markers",
        ),
    ),
    EpicPlan(
        "platform", "Find flaky tests before they block", "label", ("O4.KR2",), 3, (2, 6),
        (
            "the flaky test list", "quarantine rules", "retry statistics", "test ownership",
            "time-dependent tests",
        ),
    ),
    EpicPlan(
        "platform", "Secrets leave the repositories", "line", ("O5.KR1",), 3, (1, 5),
        (
            "the secret scanner", "deploy keys", "the vault sidecar", "rotation of database passwords",
            "log redaction",
        ),
    ),
    EpicPlan(
        "platform", "Restore drills for tier one services", "label", ("O5.KR2",), 2, (2, 4),
        ("the restore script", "backup checks", "the drill calendar", "snapshot retention"),
    ),
    EpicPlan(
        "platform", "On-call hygiene", "ktlo", (), 2, (1, 6),
        ("alert thresholds", "the on-call handbook", "disk alarms", "certificate renewals", "node upgrades"),
    ),
    EpicPlan(
        "payments", "Move checkout off the old cluster", "label", ("O1.KR1",), 0, (0, 0),
        (
            "session storage", "the checkout deployment", "traffic switching", "the old ingress",
            "health probes",
        ),
        "2026Q3",
    ),
    EpicPlan(
        "web", "Retire the old search", "label", ("O3.KR1",), 0, (0, 0),
        (
            "the search index", "redirects of old queries", "the suggest box", "synonym lists",
            "the search log",
        ),
        "2026Q3",
    ),
)  # fmt: skip

#: What people do to a part; `{}` is the part.
VERBS = (
    "Add metrics for {}", "Cache {}", "Cover {} with contract tests", "Cut {} out of the request path",
    "Document {}", "Fix {} on slow connections", "Handle timeouts in {}", "Load {} only when needed",
    "Make {} configurable per market", "Measure {} in production", "Migrate {}", "Move {} behind a flag",
    "Remove dead code around {}", "Retry {} with back-off", "Rework {}", "Roll out {} to ten percent",
    "Show {} to support staff", "Simplify {}", "Split {} into two steps", "Validate input of {}",
    "Write down the limits of {}", "Batch {}", "Log why {} was skipped", "Test {} under load",
)  # fmt: skip

BUGS = (
    "Stale values in {} after a reload", "Orders above 999 items break {}", "Wrong time zone in {}",
    "Crash in {} without any input", "Slow answers of {} for returning customers", "Wrong language in {}",
    "Lost state in {} after a retry", "Double entries in {} after a timeout",
)  # fmt: skip

#: Titles of work that has no ticket: what people do on the side.
SIDE_WORK = (
    "Tidy the readme", "Pin the build image", "Sort imports", "Delete commented-out code",
    "Raise the lint level", "Rename a confusing variable", "Fix a typo in the error text",
    "Update the code owners", "Speed up local setup", "Accept UTF-8 names in fixtures",
    "Follow ISO-8601 in log lines", "Drop Python 3.10 from the matrix", "Silence a noisy log line",
    "Bump the parser past CVE-2026-1042", "Use SHA-256 for cache keys", "Move scripts into one folder",
    "Add an editor config", "Follow PEP-8 in the scripts", "Replace the deprecated flag",
    "Make the smoke test less chatty",
)  # fmt: skip

DEPENDENCIES = (
    ("flask", "3.1"), ("react", "19.2"), ("kotlin-stdlib", "2.3"), ("grpc-go", "1.77"), ("vite", "7.2"),
    ("sqlalchemy", "2.1"), ("requests", "2.33"), ("coil", "3.3"), ("eslint", "9.40"),
    ("golang.org/x/net", "0.48"), ("pydantic", "2.13"), ("typescript", "5.9"),
)  # fmt: skip

WHY = (
    "Seen in the weekly review of slow requests.", "Asked for by customer support.",
    "Found while reading the error log.", "Agreed in planning.", "Follow-up of the last sprint.",
    "The numbers are in the dashboard.", "Small step, can be released alone.",
    "Needs a look at the metrics after release.",
)  # fmt: skip
