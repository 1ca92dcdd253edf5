"""Planning: when tickets were in which sprint, and readings of key results."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema forward."""
    op.create_table(
        "readings",
        sa.Column("seq", ROW, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("kr", sa.String(length=128), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("delivery", ROW, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("row_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_readings")),
        sa.UniqueConstraint("id", name=op.f("uq_readings_id")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("readings", schema=None) as made:
        made.create_index(made.f("ix_readings_kr_at"), ["kr", "at"], unique=False)
    op.create_table(
        "stays",
        sa.Column("item", ROW, nullable=False),
        sa.Column("sprint", ROW, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("item", "sprint", "since", name=op.f("pk_stays")),
    )
    with op.batch_alter_table("stays", schema=None) as made:
        made.create_index(made.f("ix_stays_sprint"), ["sprint"], unique=False)
