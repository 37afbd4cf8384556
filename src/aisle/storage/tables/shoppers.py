"""Tables: shoppers, their merges and erasures, and groups of them."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Table

from aisle.shop import columns
from aisle.storage.database.column_types import DIGEST, ID, LONG_TEXT, import_number, sequence, shop_columns
from aisle.storage.tables.base import OPTIONS, metadata

users: Final = Table(
    "users",
    metadata,
    *shop_columns(columns.USERS, {columns.USER_ID}, {columns.USER_ID}),
    import_number(),
    **OPTIONS,
)

merged: Final = Table(
    "merged",
    metadata,
    Column("anonymous_id", ID, primary_key=True),
    Column(columns.USER_ID, ID, nullable=False),
    Column("into_id", ID),
    Column("traced", Boolean, nullable=False, default=False),
    Column("created", BigInteger, nullable=False),
    Index("merged_user", columns.USER_ID),
    **OPTIONS,
)
"""Which anonymous id belongs to which known user: what comes in under it is the user's, and is erased with the user.

`into_id` is the id that was named, at the end of whose chain the known user stands; null: the known user. `traced` says
whether all rows that the merge moved tell it in `came_as`; those that an older Aisle moved do not.
"""

erased: Final = Table(
    "erased",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column("created", BigInteger, nullable=False),
    **OPTIONS,
)
"""The digests of the ids of erased people, and a row of zeros that storing, erasing and merging lock."""

segments: Final = Table(
    "segments",
    metadata,
    sequence("number"),
    Column("name", ID, nullable=False, unique=True),
    Column("rule", LONG_TEXT, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("updated", BigInteger),
    Column("size", BigInteger),
    **OPTIONS,
)
"""Groups of shoppers by a rule (`insights.segments.rules`), which is JSON; `updated` is when their members were last
found, and `size` how many these were."""

segment_members: Final = Table(
    "segment_members",
    metadata,
    Column("segment", BigInteger, primary_key=True, autoincrement=False),
    Column(columns.USER_ID, ID, primary_key=True),
    Column("since", BigInteger, primary_key=True, autoincrement=False),
    Column("until", BigInteger),
    Index("segment_members_user", columns.USER_ID),
    **OPTIONS,
)
"""Who belongs to a segment since when, or belonged to it until when."""
