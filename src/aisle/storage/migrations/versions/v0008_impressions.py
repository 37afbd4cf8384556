"""The shelves that were served, and the key that signs their ids.

Revision 0008. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0008"
down_revision = "0007"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "impressions",
        sa.Column("recommendation_id", ID, primary_key=True),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.Column("user_id", ID),
        sa.Column("session_id", ID),
        sa.Column("placement", sa.Text, nullable=False),
        sa.Column("strategy", sa.Text, nullable=False),
        sa.Column("fallback", sa.Text),
        sa.Column("model_version", sa.BigInteger),
        sa.Column("items", sa.Text().with_variant(MEDIUMTEXT, "mysql"), nullable=False),
        sa.Index("impressions_timestamp", "timestamp"),
        sa.Index("impressions_user", "user_id"),
        **OPTIONS,
    )
    op.create_table(
        "signing_keys",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary(32).with_variant(sa.BINARY(32), "mysql"), nullable=False),
        **OPTIONS,
    )
