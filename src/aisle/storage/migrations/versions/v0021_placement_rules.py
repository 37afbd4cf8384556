"""Rules of placements that the team publishes, and its drafts.

Revision 0021. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0021"
down_revision = "0020"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "placement_rules",
        sa.Column("placement", ID, primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("rules", LONG_TEXT),
        sa.Column("starts", sa.BigInteger),
        sa.Column("ends", sa.BigInteger),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("undoes", sa.BigInteger),
        sa.Column("undone", sa.Boolean, nullable=False),
        **OPTIONS,
    )
    op.create_table(
        "rule_drafts",
        sa.Column("placement", ID, primary_key=True),
        sa.Column("author", ID, primary_key=True),
        sa.Column("rules", LONG_TEXT, nullable=False),
        sa.Column("based_on", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("changed", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
