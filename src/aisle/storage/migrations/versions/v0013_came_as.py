"""What is needed to undo a merge: under which id each row came in, and which id each one was merged into.

Revision 0013. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")


def upgrade() -> None:
    """Add the columns. Of rows that were moved before nothing is known."""
    for table in ("events", "reviews", "impressions", "import_changes"):
        op.add_column(table, sa.Column("came_as", ID))
    op.add_column("merged", sa.Column("into_id", ID))
    op.add_column("merged", sa.Column("traced", sa.Boolean, nullable=False, server_default=sa.false()))
