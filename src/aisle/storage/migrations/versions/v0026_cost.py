"""What the shop pays for an item.

Revision 0026. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Add the column; of items that are there nothing is known."""
    op.add_column("items", sa.Column("cost", sa.BigInteger))
