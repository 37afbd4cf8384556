"""Tables: what came in: events, reviews, imports, and rows that could not be used."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, LargeBinary, SmallInteger, Table, Text

from aisle.shop import columns
from aisle.storage.database.column_types import (
    ID,
    LONG_TEXT,
    WORD,
    came_as,
    digest_column,
    import_number,
    sequence,
    shop_columns,
)
from aisle.storage.tables.base import OPTIONS, metadata

events: Final = Table(
    "events",
    metadata,
    sequence(),
    digest_column(),
    *shop_columns(columns.EVENTS, {columns.EVENT_ID, columns.EVENT, columns.TIMESTAMP}),
    came_as(),
    import_number(),
    Column(columns.OVER_CAP, SmallInteger),
    # All that a shelf reads of its shopper's events, so that it reads a few pages and not one for each event.
    Index(
        "events_of_user",
        columns.USER_ID,
        columns.TIMESTAMP,
        "seq",
        columns.ITEM_ID,
        columns.EVENT,
        columns.RATING,
        columns.PRICE,
    ),
    Index("events_session_timestamp", columns.SESSION_ID, columns.TIMESTAMP),
    Index("events_timestamp", columns.TIMESTAMP),
    **OPTIONS,
)

event_changes: Final = Table(
    "event_changes",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Index("event_changes_version", "version"),
    **OPTIONS,
)
"""The version with which events of each block of numbers last changed, and two rows that are no blocks
(`storage.log.event_changes`)."""

interactions: Final = Table(
    "interactions",
    metadata,
    *shop_columns(columns.INTERACTIONS, columns.INTERACTIONS.keys(), (columns.USER_ID, columns.ITEM_ID)),
    **OPTIONS,
)
"""The pairs that models learn from as of the last training, for the shop's analysts."""

reviews: Final = Table(
    "reviews",
    metadata,
    sequence(),
    digest_column(),
    *shop_columns(columns.REVIEWS, {columns.REVIEW_ID}),
    came_as(),
    import_number(),
    **OPTIONS,
)

imports: Final = Table(
    "imports",
    metadata,
    sequence("number"),
    Column("created", BigInteger, nullable=False),
    Column("finished", BigInteger),
    Column("undone", BigInteger),
    Column("files", LONG_TEXT, nullable=False),
    Column("options", LONG_TEXT, nullable=False),
    Column("readings", LONG_TEXT, nullable=False),
    Column("counts", Text, nullable=False),
    **OPTIONS,
)
"""Imports; an import without `finished` is at work or was cut off."""

import_changes: Final = Table(
    "import_changes",
    metadata,
    sequence(),
    Column("import_number", BigInteger, nullable=False),
    Column("table_name", WORD, nullable=False),
    Column("row_seq", BigInteger),
    Column("row_id", ID),
    Column(columns.USER_ID, ID),
    came_as(),
    Column("fields", LONG_TEXT, nullable=False),
    Index("import_changes_import", "import_number"),
    Index("import_changes_row_seq", "row_seq"),
    Index("import_changes_row_id", "row_id"),
    Index("import_changes_user", columns.USER_ID),
    **OPTIONS,
)
"""What imports changed of rows that were stored before: `fields` is a JSON object of the old and the new value of each
field, `user_id` whose the row was, if the import changed that."""

rejects: Final = Table(
    "rejects",
    metadata,
    sequence(),
    digest_column(),
    Column("created", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("line", BigInteger),
    Column("table_name", WORD, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    **OPTIONS,
)
