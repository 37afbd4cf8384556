"""Which items changed since a process last looked, so that it may keep the catalogue in memory.

Revision 0007. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the table; nothing has changed yet."""
    table = op.create_table(
        "item_changes",
        sa.Column("item_id", ID, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Index("item_changes_version", "version"),
        **OPTIONS,
    )
    op.bulk_insert(table, [{"item_id": b"" if op.get_bind().dialect.name == "mysql" else "", "version": 0}])
