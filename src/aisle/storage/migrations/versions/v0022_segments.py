"""Segments, those that every shop starts with, and who belongs to them.

Revision 0022. Written out and never changed again: `aisle.storage.tables` moves on, this stays as it was.
"""

import time
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.mysql import MEDIUMTEXT

revision = "0022"
down_revision = "0021"

ID = sa.String(256).with_variant(sa.VARBINARY(256), "mysql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPTIONS: dict[str, Any] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}

STARTERS = {
    "champions": '{"rule":"rfm","groups":["champions"]}',
    "loyal customers": '{"rule":"rfm","groups":["loyal"]}',
    "customers at risk": '{"rule":"rfm","groups":["at risk"]}',
    "new customers": '{"rule":"customers","groups":["new"]}',
    "lost customers": '{"rule":"customers","groups":["lost"]}',
    "carts left behind": (
        '{"rule":"all","rules":['
        '{"rule":"did","events":["add_to_cart"],"days":7},'
        '{"rule":"not","of":{"rule":"did","events":["purchase"],"days":7}}]}'
    ),
    "lookers who did not buy": (
        '{"rule":"all","rules":['
        '{"rule":"did","events":["view_item"],"days":30},'
        '{"rule":"not","of":{"rule":"did","events":["purchase"]}}]}'
    ),
}


def upgrade() -> None:
    """Add the tables, and the segments to start with."""
    segments = op.create_table(
        "segments",
        sa.Column("number", SEQUENCE, primary_key=True, autoincrement=True),
        sa.Column("name", ID, nullable=False, unique=True),
        sa.Column("rule", sa.Text().with_variant(MEDIUMTEXT(), "mysql"), nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger),
        sa.Column("size", sa.BigInteger),
        **OPTIONS,
    )
    op.create_table(
        "segment_members",
        sa.Column("segment", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("user_id", ID, primary_key=True),
        sa.Column("since", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("until", sa.BigInteger),
        **OPTIONS,
    )
    op.create_index("segment_members_user", "segment_members", ["user_id"])
    is_mysql = op.get_bind().dialect.name == "mysql"
    moment = time.time_ns() // 1000
    for name, rule in STARTERS.items():
        stored = name.encode() if is_mysql else name
        op.execute(segments.insert().values(name=stored, rule=rule, created=moment))
