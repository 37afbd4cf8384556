"""The people who run the shop, who of them is logged in, and logins that failed.

Revision 0012. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
SHA256 = sa.LargeBinary(32).with_variant(sa.BINARY(32), "mysql")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "team",
        sa.Column("name", ID, primary_key=True),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("password", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
    op.create_table(
        "team_sessions",
        sa.Column("digest", SHA256, primary_key=True),
        sa.Column("name", ID, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.Index("team_sessions_name", "name"),
        **OPTIONS,
    )
    op.create_table(
        "failed_logins",
        sa.Column("digest", SHA256, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Index("failed_logins_last", "last"),
        **OPTIONS,
    )
