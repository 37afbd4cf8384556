"""The page of an item in the shop, and shelves that are read page by page.

Revision 0009. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0009"
down_revision = "0008"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("items", sa.Column("url", sa.Text))
    op.create_table(
        "paged_shelves",
        sa.Column("recommendation_id", ID, primary_key=True),
        sa.Column("user_id", ID),
        sa.Column("session_id", ID),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("shelf", sa.Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index("paged_shelves_user", "paged_shelves", ["user_id"])
    op.create_index("paged_shelves_created", "paged_shelves", ["created"])
