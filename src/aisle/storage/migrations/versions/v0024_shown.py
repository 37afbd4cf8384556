"""A shopper's newest shelves are found by one index.

Revision 0024. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Replace the index of a shopper's shelves."""
    op.create_index("impressions_user_time", "impressions", ["user_id", "timestamp"])
    op.drop_index("impressions_user", "impressions")
