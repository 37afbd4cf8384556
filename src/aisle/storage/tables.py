"""The tables of the shop's database. Their columns and types come from `shop.columns`; a migration makes them."""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
)

from aisle.shop import columns
from aisle.storage.database.column_types import (
    DIGEST,
    ID,
    LONG_TEXT,
    WORD,
    came_as,
    digest_column,
    import_number,
    sequence,
    shop_columns,
)

metadata: Final = MetaData()


def row_columns(table: Table) -> list[str]:
    """Return the columns of a stored row: those of `shop.columns`, and the id under which it came in."""
    return [*columns.TABLES[table.name], *(["came_as"] if "came_as" in table.c else [])]


OPTIONS: Final[dict[str, Any]] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}

events: Final = Table(
    "events",
    metadata,
    sequence(),
    digest_column(),
    *shop_columns(columns.EVENTS, {columns.EVENT_ID, columns.EVENT, columns.TIMESTAMP}),
    came_as(),
    import_number(),
    Column(columns.OVER_CAP, SmallInteger),
    Index("events_user_timestamp", columns.USER_ID, columns.TIMESTAMP),
    Index("events_session_timestamp", columns.SESSION_ID, columns.TIMESTAMP),
    Index("events_timestamp", columns.TIMESTAMP),
    **OPTIONS,
)

items: Final = Table(
    "items",
    metadata,
    *shop_columns(columns.ITEMS, {columns.ITEM_ID}, {columns.ITEM_ID}),
    import_number(),
    Index("items_available_from", columns.AVAILABLE_FROM),
    **OPTIONS,
)

item_history: Final = Table(
    "item_history",
    metadata,
    sequence(),
    *shop_columns(columns.ITEM_HISTORY, {columns.ITEM_ID, columns.TIMESTAMP}),
    Index("item_history_item_timestamp", columns.ITEM_ID, columns.TIMESTAMP),
    **OPTIONS,
)

item_changes: Final = Table(
    "item_changes",
    metadata,
    Column(columns.ITEM_ID, ID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Index("item_changes_version", "version"),
    **OPTIONS,
)
"""The version of the catalogue with which each item last changed, and under the empty id, which no item has, the newest
version: writers lock that row, so that versions become visible in their order."""

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

models: Final = Table(
    "models",
    metadata,
    sequence("version"),
    Column("created", BigInteger, nullable=False),
    Column("status", WORD, nullable=False),
    Column("path", Text),
    Column("recipe", Text, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("promoted", BigInteger),
    Column("run_id", Text),
    **OPTIONS,
)

trainings: Final = Table(
    "trainings",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("record", LONG_TEXT, nullable=False),
    **OPTIONS,
)
"""What the training of each model told of it, as JSON; not in `models`, which every process reads once a second."""

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

leases: Final = Table(
    "leases",
    metadata,
    Column("name", WORD, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    **OPTIONS,
)
"""Who alone may do something until `expires`; `token` counts the holders, so that an earlier one is told apart."""

jobs: Final = Table(
    "jobs",
    metadata,
    sequence("number"),
    Column("kind", WORD, nullable=False),
    Column("status", WORD, nullable=False),
    Column("asked_by", Text, nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("ended", BigInteger),
    Column("stage", Text),
    Column("share", Double),
    Column("log", LONG_TEXT, nullable=False),
    Column("outcome", Text),
    Column("called_off", Boolean, nullable=False),
    Index("jobs_status", "status"),
    **OPTIONS,
)
"""What the worker does or did; `share` is how much of the `stage` is done."""

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

placement_rules: Final = Table(
    "placement_rules",
    metadata,
    Column(columns.PLACEMENT, ID, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("rules", LONG_TEXT),
    Column("starts", BigInteger),
    Column("ends", BigInteger),
    Column("author", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("undoes", BigInteger),
    Column("undone", Boolean, nullable=False),
    **OPTIONS,
)
"""Who published which rules of a placement, and who took which version back: `rules` is a JSON object of those that
override `aisle.toml`, null for a row that takes back the version `undoes`."""

rule_drafts: Final = Table(
    "rule_drafts",
    metadata,
    Column(columns.PLACEMENT, ID, primary_key=True),
    Column("author", ID, primary_key=True),
    Column("rules", LONG_TEXT, nullable=False),
    Column("based_on", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    **OPTIONS,
)
"""Rules that somebody edits and has not published: `based_on` is the version that was the newest when they began."""

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
    Index("impressions_user_time", columns.USER_ID, columns.TIMESTAMP),
    **OPTIONS,
)
"""The shelves that were served to shoppers, with what stood on them."""

experiments: Final = Table(
    "experiments",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("definition", LONG_TEXT, nullable=False),
    Column("state", WORD, nullable=False),
    Column("first", Double, nullable=False),
    Column("reach", Double, nullable=False),
    Column("planned", Double, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("started", BigInteger),
    Column("stepped", BigInteger),
    Column("stopped", BigInteger),
    Column("reason", Text),
    **OPTIONS,
)
"""What experiments compare, which part of their layer they have, and how many units they were planned with."""
