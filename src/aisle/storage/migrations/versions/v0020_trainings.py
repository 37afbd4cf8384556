"""What trainings told of their models.

Revision 0020. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "trainings",
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("record", sa.Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
