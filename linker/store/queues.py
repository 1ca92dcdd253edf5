"""The tables of work to do, and of what comes and goes: nothing in them is a fact."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from linker.store.schema import RowId, metadata

dirty = Table(
    "dirty",
    metadata,
    Column("item", RowId, primary_key=True, autoincrement=False),
    Column("due_at", BigInteger, nullable=False),
)
wants = Table(
    "wants",
    metadata,
    Column("ref", String(255), primary_key=True),
    Column("site", String(128), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("state", SmallInteger, nullable=False, default=0),  # 0 open, 1 read, 2 gone, 3 refused
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("due_at", BigInteger, nullable=False),
    Column("error", Text, nullable=True),
    Index(None, "state", "due_at"),
)
outbox = Table(
    "outbox",
    metadata,
    Column("id", RowId, primary_key=True, autoincrement=True),
    Column("item", RowId, nullable=False),
    Column("site", String(128), nullable=False),
    Column("surface", String(255), nullable=False),
    Column("desired", JSON, nullable=False),
    Column("state", SmallInteger, nullable=False, default=0),  # 0 waiting, 1 sent, 2 refused, 3 dry, 4 moot
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("planned_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lease_until", BigInteger, nullable=False, default=0),
    Column("sent_at", BigInteger, nullable=True),
    Column("error", Text, nullable=True),
    Column("rank", BigInteger, nullable=False, server_default="0"),  # the lowest is sent first
    UniqueConstraint("item", "surface"),  # newer replaces older
    Index(None, "state", "due_at"),
)
commands = Table(
    "commands",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("item", RowId, nullable=False),
    Column("site", String(128), nullable=False),
    Column("content", JSON, nullable=False),  # who said what, when, and where to answer
    Column("state", SmallInteger, nullable=False, default=0),  # 0 its author's rights are asked for, 1 done
    Column("attempts", SmallInteger, nullable=False, default=0),
    Column("due_at", BigInteger, nullable=False),
    Column("answer", String(16), nullable=True),  # the reaction
    Column("text", Text, nullable=True),  # why it was not done
    Index(None, "item"),
    Index(None, "site", "state", "due_at"),
)
syncs = Table(
    "syncs",
    metadata,
    Column("site", String(128), primary_key=True),
    Column("scope", String(255), primary_key=True),
    Column("cursor", Text, nullable=True),
    Column("done", Integer, nullable=False, default=0),
    Column("total", Integer, nullable=True),
    Column("since", BigInteger, nullable=True),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger, nullable=True),
    Column("error", Text, nullable=True),
)
signins = Table(
    "signins",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=True),
)
