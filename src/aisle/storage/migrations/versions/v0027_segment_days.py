"""The counts of days by segment.

Revision 0027. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
COUNTS = (
    "visitors",
    "buyers",
    "returning_buyers",
    "shelves",
    "places",
    "seen",
    "clicks",
    "carts",
    "orders",
    "units",
    "revenue",
    "returned_units",
    "returned_revenue",
    "helped_orders",
    "helped_revenue",
)


def upgrade() -> None:
    """Add the table; the worker counts the days that are there."""
    op.create_table(
        "segment_days",
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("segment", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("placement", ID, primary_key=True),
        sa.Column("currency", ID, primary_key=True),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
