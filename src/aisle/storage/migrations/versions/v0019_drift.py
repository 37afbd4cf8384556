"""How far things had drifted.

Revision 0019. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "drift",
        sa.Column("day", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("what", sa.String(32), primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("bound", sa.Double, nullable=False),
        sa.Column("beyond", sa.Boolean, nullable=False),
        sa.Column("says", sa.Text, nullable=False),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
