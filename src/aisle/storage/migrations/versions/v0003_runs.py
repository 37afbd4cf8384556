"""The run of an experiment tracker that each model came from.

Revision 0003. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("models", sa.Column("run_id", sa.Text))
