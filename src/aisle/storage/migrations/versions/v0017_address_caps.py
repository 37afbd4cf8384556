"""What one network address counts for: events beyond it are marked, and counted by digests of a day.

Revision 0017. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Add the column and the tables."""
    op.add_column("events", sa.Column("over_cap", sa.SmallInteger))
    op.create_table(
        "address_salts",
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary(32).with_variant(sa.BINARY(32), "mysql"), nullable=False),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_table(
        "address_votes",
        sa.Column("digest", sa.LargeBinary(16).with_variant(sa.BINARY(16), "mysql"), primary_key=True),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
