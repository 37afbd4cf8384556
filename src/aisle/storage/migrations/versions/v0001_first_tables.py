"""The first tables: events, items, users, reviews, rejects and models.

Revision 0001. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# MariaDB and MySQL compare text by a collation, bytes as they are.
ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
DIGEST = sa.LargeBinary(16).with_variant(sa.BINARY(16), "mysql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Make the tables."""
    _events()
    _catalogue()
    _reviews()
    _rejects()
    _models()


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("digest", DIGEST, nullable=False, unique=True),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("user_id", ID),
        sa.Column("session_id", ID),
        sa.Column("item_id", ID),
        sa.Column("quantity", sa.BigInteger),
        sa.Column("price", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("rating", sa.Double),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.Column("transaction_id", ID),
        sa.Column("recommendation_id", ID),
        sa.Column("placement", sa.Text),
        sa.Column("position", sa.Integer),
        sa.Column("properties", sa.Text),
        **OPTIONS,
    )
    op.create_index("events_user_timestamp", "events", ["user_id", "timestamp"])
    op.create_index("events_timestamp", "events", ["timestamp"])


def _catalogue() -> None:
    op.create_table(
        "items",
        sa.Column("item_id", ID, primary_key=True),
        sa.Column("title", sa.Text),
        sa.Column("description", sa.Text),
        sa.Column("category", sa.Text),
        sa.Column("brand", sa.Text),
        sa.Column("price", sa.BigInteger),
        sa.Column("currency", sa.Text),
        sa.Column("image_url", sa.Text),
        sa.Column("tags", sa.Text),
        sa.Column("stock", sa.BigInteger),
        sa.Column("available_from", sa.BigInteger),
        sa.Column("hidden", sa.Boolean),
        sa.Column("attributes", sa.Text),
        **OPTIONS,
    )
    op.create_table(
        "users",
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("attributes", sa.Text),
        **OPTIONS,
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("digest", DIGEST, nullable=False, unique=True),
        sa.Column("review_id", ID, nullable=False),
        sa.Column("user_id", ID),
        sa.Column("item_id", ID),
        sa.Column("rating", sa.Double),
        sa.Column("title", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("timestamp", sa.BigInteger),
        sa.Column("transaction_id", ID),
        **OPTIONS,
    )


def _rejects() -> None:
    op.create_table(
        "rejects",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("digest", DIGEST, nullable=False, unique=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("line", sa.BigInteger),
        sa.Column("table_name", sa.String(32), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        **OPTIONS,
    )


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("version", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("path", sa.Text),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("metrics", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("promoted", sa.BigInteger),
        **OPTIONS,
    )
