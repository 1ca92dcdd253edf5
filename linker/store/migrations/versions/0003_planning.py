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
    _fill()


def _fill() -> None:
    """What was observed before this table was: sprints by item, each version until the next one."""
    connection = op.get_bind()
    items = sa.table("items", *map(sa.column, ("id", "tracker", "site", "tid", "created")))
    told = sa.table(
        "observations", *map(sa.column, ("seq", "item", "at", "read_at")), sa.column("facets", sa.JSON)
    )
    stays = sa.table("stays", *map(sa.column, ("item", "sprint", "since", "until")))
    known = connection.execute(sa.select(items)).all()
    rows = {f"{row.tracker}:{row.site}:{row.tid}": row.id for row in known}
    created = {row.id: row.created for row in known}
    order = (told.c.item, told.c.at, sa.func.coalesce(told.c.read_at, 0), told.c.seq)
    versions: dict[int, dict[int, set[int]]] = {}
    for row in connection.execute(sa.select(told).order_by(*order)):
        if "sprints" in row.facets:
            held = {rows[name] for name in row.facets["sprints"] or () if name in rows}
            versions.setdefault(row.item, {})[row.at] = held
    made = []
    for item, by_time in versions.items():
        begun: dict[int, int] = {}
        for place, (at, held) in enumerate(by_time.items()):
            since = at if place or created[item] is None else min(at, created[item])
            made += [_stay(item, sprint, begun.pop(sprint), at) for sprint in sorted(begun.keys() - held)]
            begun.update(dict.fromkeys(held - begun.keys(), since))
        made += [_stay(item, sprint, since, None) for sprint, since in begun.items()]
    if made:
        connection.execute(stays.insert(), made)


def _stay(item: int, sprint: int, since: int, until: int | None) -> dict[str, int | None]:
    return {"item": item, "sprint": sprint, "since": since, "until": until}
