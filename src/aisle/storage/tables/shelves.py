"""Tables: shelves that were served, and what they brought."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Table, Text

from aisle.shop import columns
from aisle.storage.database.column_types import DIGEST, ID, LONG_TEXT, WORD, came_as, sequence, shop_columns
from aisle.storage.tables.base import OPTIONS, metadata

recommendations: Final = Table(
    "recommendations",
    metadata,
    *shop_columns(
        columns.RECOMMENDATIONS,
        columns.RECOMMENDATIONS.keys() - {columns.SCORE},
        (columns.USER_ID, columns.PLACEMENT, columns.RANK),
    ),
    **OPTIONS,
)
"""The shelves of all shoppers as they were last computed, for mailings and for the shop's analysts."""

paged_shelves: Final = Table(
    "paged_shelves",
    metadata,
    Column(columns.RECOMMENDATION_ID, ID, primary_key=True),
    Column(columns.USER_ID, ID),
    Column(columns.SESSION_ID, ID),
    Column("created", BigInteger, nullable=False),
    Column("shelf", LONG_TEXT, nullable=False),
    Index("paged_shelves_user", columns.USER_ID),
    Index("paged_shelves_created", "created"),
    **OPTIONS,
)
"""Shelves that are read page by page, for an hour: whatever happens meanwhile, no page repeats what another showed."""

mail_shelves: Final = Table(
    "mail_shelves",
    metadata,
    Column("digest", DIGEST, primary_key=True),
    Column(columns.USER_ID, ID, nullable=False),
    Column("filled", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("sent", Boolean, nullable=False),
    Column("shelf", LONG_TEXT, nullable=False),
    Index("mail_shelves_user", columns.USER_ID),
    Index("mail_shelves_expires", "expires"),
    **OPTIONS,
)
"""The shelf of each e-mail, by the digest of its token: links lead where pictures say, as long as it is valid."""

impressions: Final = Table(
    "impressions",
    metadata,
    *(
        Column(columns.ITEMS_SHOWN, LONG_TEXT, nullable=False) if column.name == columns.ITEMS_SHOWN else column
        for column in shop_columns(
            columns.IMPRESSIONS,
            columns.IMPRESSIONS.keys()
            - {columns.USER_ID, columns.SESSION_ID, columns.FALLBACK, columns.MODEL_VERSION, columns.VARIANT},
            (columns.RECOMMENDATION_ID,),
        )
    ),
    came_as(),
    Index("impressions_timestamp", columns.TIMESTAMP),
    Index(
        "impressions_of_user",
        columns.USER_ID,
        columns.TIMESTAMP,
        columns.PLACEMENT,
        mysql_length={columns.PLACEMENT: 32},
    ),
    **OPTIONS,
)
"""The shelves that were served to shoppers, with what stood on them."""

shelf_days: Final = Table(
    "shelf_days",
    metadata,
    sequence(),
    *shop_columns(columns.SHELF_DAYS, columns.SHELF_DAYS.keys() - {columns.VARIANT}),
    Index("shelf_days_day", columns.DAY),
    **OPTIONS,
)

item_days: Final = Table(
    "item_days",
    metadata,
    *shop_columns(columns.ITEM_DAYS, columns.ITEM_DAYS.keys(), (columns.DAY, columns.ITEM_ID)),
    **OPTIONS,
)

shop_days: Final = Table(
    "shop_days",
    metadata,
    Column(columns.DAY, BigInteger, primary_key=True, autoincrement=False),
    Column(columns.CURRENCY, WORD, primary_key=True),
    *(
        Column(name, BigInteger, nullable=False)
        for name in columns.SHOP_DAYS
        if name not in (columns.DAY, columns.CURRENCY)
    ),
    Column("through", BigInteger, nullable=False),
    **OPTIONS,
)
"""A day that was counted has a row without a currency; `through` is the newest event that its counts know."""

segment_days: Final = Table(
    "segment_days",
    metadata,
    *shop_columns(
        columns.SEGMENT_DAYS,
        columns.SEGMENT_DAYS.keys(),
        (columns.DAY, columns.SEGMENT, columns.PLACEMENT, columns.CURRENCY),
    ),
    **OPTIONS,
)
"""A day that was counted for a segment has a row without a placement and a currency."""

drift: Final = Table(
    "drift",
    metadata,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("what", WORD, primary_key=True),
    Column("value", Double, nullable=False),
    Column("bound", Double, nullable=False),
    Column("beyond", Boolean, nullable=False),
    Column("says", Text, nullable=False),
    **OPTIONS,
)
