"""The tables; times are epoch milliseconds, and append-only tables carry seq, prev_hash and row_hash."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from linker.store.schema import RowId, chained, metadata

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# --- the inbox --------------------------------------------------------------------------------------------

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("source", String(16), nullable=False),  # github, jira, read, person, reading, catalogue
    Column("site", String(128), nullable=False),
    Column("guid", String(200), nullable=False),
    Column("event", String(128), nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("digest", String(64), nullable=True),  # of the body, from the fold on; so bodies can be pruned
    Column("size", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False, default=0),  # 0 new, 1 done, 2 ignored, 3 dead
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("reason", Text, nullable=True),
    Column("done_at", BigInteger, nullable=True),
    UniqueConstraint("source", "site", "guid"),
    Index(None, "state", "id"),
    sqlite_autoincrement=True,
)
# A table of its own: marking a delivery done must never rewrite a page that holds a 25 MB body.
bodies = Table(
    "bodies",
    metadata,
    Column("delivery", RowId, ForeignKey("deliveries.id"), primary_key=True, autoincrement=False),
    Column("headers", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# --- facts, append-only -----------------------------------------------------------------------------------

catalogues = chained(
    "catalogues",
    Column("at", BigInteger, nullable=False),  # when it was loaded; the newest holds
    Column("digest", String(64), nullable=False),
    Column("delivery", RowId, nullable=False),
    Column("content", Text, nullable=False),
)
observations = chained(
    "observations",
    Column("item", RowId, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("read_at", BigInteger, nullable=True),
    Column("delivery", RowId, nullable=False),
    Column("digest", String(64), nullable=False),  # of the facets: the same words twice are one row
    Column("facets", JSON, nullable=False),  # facet -> value, long texts by their hash
    Index(None, "item", "at"),
)
acts = chained(
    "acts",
    Column("item", RowId, nullable=False),
    Column("label", String(255), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("added", Boolean, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("delivery", RowId, nullable=False),
    Index(None, "item"),
)
decisions = chained(
    "decisions",
    Column("id", String(200), nullable=False),
    Column("item", RowId, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("kr", String(128), nullable=True),
    Column("content", JSON, nullable=False),
    Column("delivery", RowId, nullable=False),
    UniqueConstraint("id"),
    Index(None, "item"),
)
readings = chained(
    "readings",
    Column("id", String(200), nullable=False),
    Column("kr", String(128), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("value", String(64), nullable=False),  # a decimal
    Column("content", JSON, nullable=False),
    Column("delivery", RowId, nullable=False),
    UniqueConstraint("id"),
    Index(None, "kr", "at"),
)
link_log = chained(
    "link_log",
    Column("op", String(8), nullable=False),  # assert, retract
    Column("child", RowId, nullable=False),
    Column("parent", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_to", BigInteger, nullable=True),
    Column("why", JSON, nullable=False),
    Column("rules", Integer, nullable=False),  # version of RULES that said so
    Column("delivery", RowId, nullable=False),
    Index(None, "child"),
)
applied = chained(
    "applied",
    Column("item", RowId, nullable=False),
    Column("surface", String(255), nullable=False),
    Column("desired", JSON, nullable=False),
    Column("result", String(64), nullable=False),
    Index(None, "item"),
)
contents = Table(
    "contents",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("text", Text, nullable=False),
)

# --- what holds now, all of it a function of the facts ----------------------------------------------------

items = Table(
    "items",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("tracker", String(16), nullable=False),
    Column("site", String(128), nullable=False),
    Column("tid", String(128), nullable=False),
    Column("held", Boolean, nullable=False),  # False: named by its id, not seen yet
    Column("deleted", Boolean, nullable=False, default=False),
    Column("level", SmallInteger, nullable=True),
    Column("type", String(64), nullable=True),
    Column("alias", String(255), nullable=True),
    Column("container", String(255), nullable=True),  # PAY, or acme/pay
    Column("title", Text, nullable=False, default=""),
    Column("category", String(16), nullable=True),
    Column("state", String(128), nullable=True),
    Column("points", String(32), nullable=True),
    Column("head", String(64), nullable=True),
    Column("created", BigInteger, nullable=True),
    Column("at", BigInteger, nullable=False, default=0),
    Column("done_at", BigInteger, nullable=True),
    Column(
        "own", JSON(none_as_null=True), nullable=True
    ),  # own tags, opt-out, decisions as the graph takes them
    Column("doc", JSON, nullable=False),  # facets with their times, acts, decisions, first appearances
    UniqueConstraint("tracker", "site", "tid"),
    Index(None, "level", "category", "deleted", "container"),
    Index(None, "container"),
    Index(None, "head"),
    Index(None, "level", "created"),
    sqlite_autoincrement=True,
)
aliases = Table(
    "aliases",
    metadata,
    Column("alias", String(255), primary_key=True),  # upper case, with its tracker: JIRA:PAY-12
    Column("item", RowId, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Index(None, "item"),
)
candidates = Table(
    "candidates",
    metadata,
    Column("value", String(255), primary_key=True),  # CODE:O1.KR2, or an alias that is not held
    Column("item", RowId, primary_key=True),
    Index(None, "item"),
)
links = Table(
    "links",
    metadata,
    Column("child", RowId, primary_key=True),
    Column("parent", String(200), primary_key=True),  # row id of an item, or a full KR id
    Column("kind", String(16), primary_key=True),
    Column("parent_item", RowId, nullable=True),
    Column("valid_from", BigInteger, nullable=False),
    Column("why", JSON, nullable=False),
    Index(None, "parent_item"),
)
kr_sets = Table(
    "kr_sets",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("members", Text, nullable=False, unique=True),  # full ids, sorted, one a line
)
kr_set_members = Table(
    "kr_set_members",
    metadata,
    Column("kr_set", RowId, ForeignKey("kr_sets.id"), primary_key=True),
    Column("kr", String(128), primary_key=True),
    Index(None, "kr"),
)
standing = Table(
    "standing",
    metadata,
    Column("item", RowId, primary_key=True, autoincrement=False),
    Column("kr_set", RowId, nullable=False),
    Column("exemption", String(16), nullable=True),
    Index(None, "kr_set"),
)
memberships = Table(
    "memberships",
    metadata,
    Column("item", RowId, primary_key=True),
    Column("sprint", RowId, primary_key=True),
    Index(None, "sprint"),
)
stays = Table(
    "stays",
    metadata,
    Column("item", RowId, primary_key=True),
    Column("sprint", RowId, primary_key=True),
    Column("since", BigInteger, primary_key=True),
    Column("until", BigInteger, nullable=True),  # None: it is still there
    Index(None, "sprint"),
)
findings = Table(
    "findings",
    metadata,
    Column("item", RowId, primary_key=True),
    Column("finding", String(64), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("severity", String(8), nullable=False),
    Column("text", Text, nullable=False),
    Column("fix", Text, nullable=False),
    Index(None, "finding"),
)
verdicts = Table(
    "verdicts",
    metadata,
    Column("item", RowId, primary_key=True, autoincrement=False),
    Column("word", String(16), nullable=False),
    Column("title", String(200), nullable=False),
    Column("judged_at", BigInteger, nullable=False),
    Column("content", JSON, nullable=True),  # the verdict as the page shows it
    Column("exemption", String(16), nullable=True),
    Column("source", String(16), nullable=True),  # what exempts it: text, person, inherited, rule
    Column("since", BigInteger, nullable=True),  # since when it is undecided
    Index(None, "word"),
)
suggestions = Table(
    "suggestions",
    metadata,
    Column("item", RowId, primary_key=True, autoincrement=False),
    Column("basis", String(64), nullable=False),  # what was asked: while it is the same, so is the answer
    Column("content", JSON, nullable=False),  # [full KR id, reasons], best first
)
