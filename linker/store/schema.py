"""How tables are spelled: names of constraints, row ids for both databases, and append-only tables."""

from sqlalchemy import BigInteger, Column, Index, Integer, MetaData, String, Table, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only for INTEGER; PostgreSQL gets 64 bits.
RowId = BigInteger().with_variant(Integer, "sqlite")


def chained(name: str, *columns: Column[object] | UniqueConstraint | Index) -> Table:
    """An append-only table: each row names the hash of the row before it."""
    return Table(
        name,
        metadata,
        Column("seq", RowId, primary_key=True, autoincrement=True),
        *columns,
        Column("recorded_at", BigInteger, nullable=False),
        Column("prev_hash", String(64), nullable=False),
        Column("row_hash", String(64), nullable=False),
        sqlite_autoincrement=True,
    )
