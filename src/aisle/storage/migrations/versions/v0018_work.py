"""Leases, and the jobs of the worker.

Revision 0018. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0018"
down_revision = "0017"

SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("holder", sa.Text, nullable=False),
        sa.Column("token", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        **OPTIONS,
    )
    op.create_table(
        "jobs",
        sa.Column("number", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("asked_by", sa.Text, nullable=False),
        sa.Column("asked", sa.BigInteger, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("ended", sa.BigInteger),
        sa.Column("stage", sa.Text),
        sa.Column("share", sa.Double),
        sa.Column("log", sa.Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
        sa.Column("outcome", sa.Text),
        sa.Column("called_off", sa.Boolean, nullable=False),
        **OPTIONS,
    )
    op.create_index("jobs_status", "jobs", ["status"])
