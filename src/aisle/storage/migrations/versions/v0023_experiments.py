"""Experiments, and the variant of each shelf that was served.

Revision 0023. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Add the table and the columns; what was counted by now was part of no experiment."""
    op.create_table(
        "experiments",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("definition", sa.Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("first", sa.Double, nullable=False),
        sa.Column("reach", sa.Double, nullable=False),
        sa.Column("planned", sa.Double, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("stepped", sa.BigInteger),
        sa.Column("stopped", sa.BigInteger),
        sa.Column("reason", sa.Text),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.add_column("impressions", sa.Column("variant", sa.Text))
    op.add_column("shelf_days", sa.Column("variant", sa.Text))
    op.execute("UPDATE shelf_days SET variant = ''")
