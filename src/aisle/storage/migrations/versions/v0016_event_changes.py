"""Which stored events changed, for copies of them outside the database.

Revision 0016. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the table, and the number that tells this database from others."""
    table = op.create_table(
        "event_changes",
        sa.Column("block", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index("event_changes_version", "event_changes", ["version"])
    op.bulk_insert(table, [{"block": -1, "version": 0}, {"block": -2, "version": secrets.randbits(62)}])
