"""Variants, stock and its history in the catalogue; everybody's shelves; people who were merged or erased.

Revision 0002. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
DIGEST = sa.LargeBinary(16).with_variant(sa.BINARY(16), "mysql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the columns, the index and the tables."""
    op.add_column("items", sa.Column("item_group_id", ID))
    op.add_column("items", sa.Column("in_stock", sa.Boolean))
    op.create_index("items_available_from", "items", ["available_from"])
    op.create_index("events_session_timestamp", "events", ["session_id", "timestamp"])
    _item_history()
    _recommendations()
    _people()


def _item_history() -> None:
    op.create_table(
        "item_history",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.Column("price", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("stock", sa.BigInteger),
        sa.Column("in_stock", sa.Boolean),
        **OPTIONS,
    )
    op.create_index("item_history_item_timestamp", "item_history", ["item_id", "timestamp"])


def _recommendations() -> None:
    op.create_table(
        "recommendations",
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("placement", ID, primary_key=True),
        sa.Column("rank", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("item_id", ID, nullable=False),
        sa.Column("score", sa.Double),
        sa.Column("model_version", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        **OPTIONS,
    )


def _people() -> None:
    op.create_table(
        "merged",
        sa.Column("anonymous_id", ID, primary_key=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
    op.create_index("merged_user", "merged", ["user_id"])
    erased = op.create_table(
        "erased",
        sa.Column("digest", DIGEST, primary_key=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
    # Nobody's digest: the row at which whoever stores and whoever erases wait for each other.
    op.bulk_insert(erased, [{"digest": bytes(16), "created": 0}])
