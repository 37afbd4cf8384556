"""The counts of days: by shelf, by item, and of the whole shop.

Revision 0015. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}

LOOKS = ("places", "seen", "clicks", "carts")
PAID = ("orders", "units", "revenue", "returned_units", "returned_revenue")
PEOPLE = ("visitors", "buyers", "returning_buyers")
DOUBTS = ("unknown_shelf", "not_on_shelf", "before_shelf", "before_click", "repeated")


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "shelf_days",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("day", sa.BigInteger, nullable=False),
        sa.Column("placement", sa.Text, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("model_version", sa.BigInteger, nullable=False),
        sa.Column("audience", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        *_counts("shelves", *LOOKS, *PAID),
        **OPTIONS,
    )
    op.create_index("shelf_days_day", "shelf_days", ["day"])
    op.create_table(
        "item_days",
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("item_id", ID, primary_key=True),
        *_counts(*LOOKS, "units", "returned_units"),
        **OPTIONS,
    )
    op.create_table(
        "shop_days",
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("currency", sa.String(32), primary_key=True),
        *_counts(*PEOPLE, *PAID, "helped_orders", "helped_revenue", *DOUBTS, "through"),
        **OPTIONS,
    )


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=False) for name in names]
