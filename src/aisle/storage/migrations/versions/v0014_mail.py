"""The shelves of e-mails.

Revision 0014. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0014"
down_revision = "0013"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "mail_shelves",
        sa.Column("digest", sa.LargeBinary(16).with_variant(sa.BINARY(16), "mysql"), primary_key=True),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("filled", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("sent", sa.Boolean, nullable=False),
        sa.Column("shelf", sa.Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
        mysql_charset="utf8mb4",
        mysql_engine="InnoDB",
    )
    op.create_index("mail_shelves_user", "mail_shelves", ["user_id"])
    op.create_index("mail_shelves_expires", "mail_shelves", ["expires"])
