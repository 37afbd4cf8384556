"""Imports with numbers: which rows each one stored, and what it changed.

Revision 0010. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0010"
down_revision = "0009"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LONG_TEXT = sa.Text().with_variant(MEDIUMTEXT(), "mysql")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the tables, and to each table that is imported the number of the import."""
    for table in ("events", "items", "users", "reviews"):
        op.add_column(table, sa.Column("import_number", sa.BigInteger))
    op.create_table(
        "imports",
        sa.Column("number", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("finished", sa.BigInteger),
        sa.Column("undone", sa.BigInteger),
        sa.Column("files", LONG_TEXT, nullable=False),
        sa.Column("options", LONG_TEXT, nullable=False),
        sa.Column("readings", LONG_TEXT, nullable=False),
        sa.Column("counts", sa.Text, nullable=False),
        **OPTIONS,
    )
    op.create_table(
        "import_changes",
        sa.Column("seq", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("import_number", sa.BigInteger, nullable=False),
        sa.Column("table_name", sa.String(32), nullable=False),
        sa.Column("row_seq", sa.BigInteger),
        sa.Column("row_id", ID),
        sa.Column("user_id", ID),
        sa.Column("fields", LONG_TEXT, nullable=False),
        sa.Index("import_changes_import", "import_number"),
        sa.Index("import_changes_row_seq", "row_seq"),
        sa.Index("import_changes_row_id", "row_id"),
        sa.Index("import_changes_user", "user_id"),
        **OPTIONS,
    )
