"""Indexes hold all that a shelf reads of a shopper, where it looked up a row of the table for each event.

Revision 0028. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

OF_USER = ["user_id", "timestamp", "seq", "item_id", "event", "rating", "price"]


def upgrade() -> None:
    """Replace the indexes of a shopper's events and shelves."""
    op.create_index("events_of_user", "events", OF_USER)
    op.drop_index("events_user_timestamp", "events")
    op.create_index(
        "impressions_of_user", "impressions", ["user_id", "timestamp", "placement"], mysql_length={"placement": 32}
    )
    op.drop_index("impressions_user_time", "impressions")
