"""The cleaned user–item pairs that models learn from, for analysts.

Revision 0004. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "interactions",
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("item_id", ID, primary_key=True),
        sa.Column("weight", sa.Double, nullable=False),
        sa.Column("timestamp", sa.BigInteger, nullable=False),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
