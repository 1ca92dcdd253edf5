"""Checks and commands: what a verdict says, what is suggested, who commanded what, and what is sent first."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Bring the schema forward; what is added to rows that are there is filled when they are judged next."""
    with op.batch_alter_table("outbox", schema=None) as changed:
        changed.add_column(sa.Column("rank", sa.BigInteger(), server_default="0", nullable=False))
    with op.batch_alter_table("verdicts", schema=None) as changed:
        changed.add_column(sa.Column("content", sa.JSON(), nullable=True))
        changed.add_column(sa.Column("exemption", sa.String(length=16), nullable=True))
        changed.add_column(sa.Column("source", sa.String(length=16), nullable=True))
        changed.add_column(sa.Column("since", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("items", schema=None) as changed:
        changed.create_index(changed.f("ix_items_head"), ["head"], unique=False)
        changed.create_index(changed.f("ix_items_level_created"), ["level", "created"], unique=False)
    op.create_table(
        "suggestions",
        sa.Column("item", ROW, autoincrement=False, nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("item", name=op.f("pk_suggestions")),
    )
    op.create_table(
        "commands",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("item", ROW, nullable=False),
        sa.Column("site", sa.String(length=128), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.String(length=16), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commands")),
    )
    with op.batch_alter_table("commands", schema=None) as made:
        made.create_index(made.f("ix_commands_item"), ["item"], unique=False)
        made.create_index(made.f("ix_commands_site"), ["site", "state", "due_at"], unique=False)
    # every open pull request is judged once more, so that its verdict is told in full
    op.execute(
        "INSERT INTO dirty (item, due_at) SELECT item, 0 FROM verdicts "
        "WHERE item NOT IN (SELECT item FROM dirty)"
    )
