"""The tables of the shop's database. Their columns and types come from `shop.columns`; a migration makes them."""

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import (
    BINARY,
    VARBINARY,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.mysql import MEDIUMTEXT
from sqlalchemy.types import TypeEngine

from aisle.shop import columns
from aisle.shop.events import MAX_ID_BYTES


class Utf8(TypeDecorator[str]):
    """Text stored as bytes, in a database that would compare it by a collation: `u`, `U` and `u ` are three ids."""

    impl = VARBINARY
    cache_ok = True

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> bytes | None:
        """Return what is stored."""
        return None if value is None else value.encode()

    def process_result_value(self, value: bytes | None, _dialect: Dialect) -> str | None:
        """Return what was stored."""
        return None if value is None else value.decode()


ID: Final = String(MAX_ID_BYTES).with_variant(Utf8(MAX_ID_BYTES), "mysql")
DIGEST: Final = LargeBinary(16).with_variant(BINARY(16), "mysql")
SHA256: Final = LargeBinary(32).with_variant(BINARY(32), "mysql")
SEQUENCE: Final = BigInteger().with_variant(Integer(), "sqlite")
WORD: Final = String(32)
LONG_TEXT: Final = Text().with_variant(MEDIUMTEXT(), "mysql")

_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "str": Text(),
    "int64": BigInteger(),
    "int32": Integer(),
    "float64": Double(),
    "bool": Boolean(),
}

metadata: Final = MetaData()


def _shop_columns(schema: Mapping[str, str], required: Collection[str], key: Collection[str] = ()) -> list[Column[Any]]:
    """Return the columns that `shop.columns` gives a table."""
    return [
        Column(
            column, _type_of(column, word, column in key), primary_key=column in key, nullable=column not in required
        )
        for column, word in schema.items()
    ]


def _type_of(column: str, word: str, is_key: bool) -> TypeEngine[Any]:
    if column.endswith("_id") or (is_key and word == "str"):
        return ID
    return WORD if column == columns.EVENT else _TYPES[word]


def _sequence(name: str = "seq") -> Column[int]:
    return Column(name, SEQUENCE, primary_key=True, autoincrement=True)


def _digest() -> Column[bytes]:
    return Column("digest", DIGEST, nullable=False, unique=True)


def _import_number() -> Column[int]:
    """Return the column with the number of the import that stored a row; null for what came by the API."""
    return Column("import_number", BigInteger)


def _came_as() -> Column[str]:
    """Return the column with the id under which a row of a user's came in, if that was another one."""
    return Column("came_as", ID)


def row_columns(table: Table) -> list[str]:
    """Return the columns of a stored row: those of `shop.columns`, and the id under which it came in."""
    return [*columns.TABLES[table.name], *(["came_as"] if "came_as" in table.c else [])]


_OPTIONS: Final[dict[str, Any]] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}

events: Final = Table(
    "events",
    metadata,
    _sequence(),
    _digest(),
    *_shop_columns(columns.EVENTS, {columns.EVENT_ID, columns.EVENT, columns.TIMESTAMP}),
    _came_as(),
    _import_number(),
    Index("events_user_timestamp", columns.USER_ID, columns.TIMESTAMP),
    Index("events_session_timestamp", columns.SESSION_ID, columns.TIMESTAMP),
    Index("events_timestamp", columns.TIMESTAMP),
    **_OPTIONS,
)

items: Final = Table(
    "items",
    metadata,
    *_shop_columns(columns.ITEMS, {columns.ITEM_ID}, {columns.ITEM_ID}),
    _import_number(),
    Index("items_available_from", columns.AVAILABLE_FROM),
    **_OPTIONS,
)

item_history: Final = Table(
    "item_history",
    metadata,
    _sequence(),
    *_shop_columns(columns.ITEM_HISTORY, {columns.ITEM_ID, columns.TIMESTAMP}),
    Index("item_history_item_timestamp", columns.ITEM_ID, columns.TIMESTAMP),
    **_OPTIONS,
)

item_changes: Final = Table(
    "item_changes",
    metadata,
    Column(columns.ITEM_ID, ID, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Index("item_changes_version", "version"),
    **_OPTIONS,
)
"""The version of the catalogue with which each item last changed, and under the empty id, which no item has, the newest
version: writers lock that row, so that versions become visible in their order."""

event_changes: Final = Table(
    "event_changes",
    metadata,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
    Index("event_changes_version", "version"),
    **_OPTIONS,
)
"""The version with which events of each block of numbers last changed, and two rows that are no blocks
(`storage.event_changes`)."""

users: Final = Table(
    "users",
    metadata,
    *_shop_columns(columns.USERS, {columns.USER_ID}, {columns.USER_ID}),
    _import_number(),
    **_OPTIONS,
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
    **_OPTIONS,
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
    **_OPTIONS,
)
"""The digests of the ids of erased people, and a row of zeros that storing, erasing and merging lock."""

recommendations: Final = Table(
    "recommendations",
    metadata,
    *_shop_columns(
        columns.RECOMMENDATIONS,
        columns.RECOMMENDATIONS.keys() - {columns.SCORE},
        (columns.USER_ID, columns.PLACEMENT, columns.RANK),
    ),
    **_OPTIONS,
)
"""The shelves of all shoppers as they were last computed, for mailings and for the shop's analysts."""

interactions: Final = Table(
    "interactions",
    metadata,
    *_shop_columns(columns.INTERACTIONS, columns.INTERACTIONS.keys(), (columns.USER_ID, columns.ITEM_ID)),
    **_OPTIONS,
)
"""The pairs that models learn from as of the last training, for the shop's analysts."""

reviews: Final = Table(
    "reviews",
    metadata,
    _sequence(),
    _digest(),
    *_shop_columns(columns.REVIEWS, {columns.REVIEW_ID}),
    _came_as(),
    _import_number(),
    **_OPTIONS,
)

imports: Final = Table(
    "imports",
    metadata,
    _sequence("number"),
    Column("created", BigInteger, nullable=False),
    Column("finished", BigInteger),
    Column("undone", BigInteger),
    Column("files", LONG_TEXT, nullable=False),
    Column("options", LONG_TEXT, nullable=False),
    Column("readings", LONG_TEXT, nullable=False),
    Column("counts", Text, nullable=False),
    **_OPTIONS,
)
"""Imports; an import without `finished` is at work or was cut off."""

import_changes: Final = Table(
    "import_changes",
    metadata,
    _sequence(),
    Column("import_number", BigInteger, nullable=False),
    Column("table_name", WORD, nullable=False),
    Column("row_seq", BigInteger),
    Column("row_id", ID),
    Column(columns.USER_ID, ID),
    _came_as(),
    Column("fields", LONG_TEXT, nullable=False),
    Index("import_changes_import", "import_number"),
    Index("import_changes_row_seq", "row_seq"),
    Index("import_changes_row_id", "row_id"),
    Index("import_changes_user", columns.USER_ID),
    **_OPTIONS,
)
"""What imports changed of rows that were stored before: `fields` is a JSON object of the old and the new value of each
field, `user_id` whose the row was, if the import changed that."""

rejects: Final = Table(
    "rejects",
    metadata,
    _sequence(),
    _digest(),
    Column("created", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("line", BigInteger),
    Column("table_name", WORD, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    **_OPTIONS,
)

models: Final = Table(
    "models",
    metadata,
    _sequence("version"),
    Column("created", BigInteger, nullable=False),
    Column("status", WORD, nullable=False),
    Column("path", Text),
    Column("recipe", Text, nullable=False),
    Column("metrics", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("promoted", BigInteger),
    Column("run_id", Text),
    **_OPTIONS,
)

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
    **_OPTIONS,
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
    **_OPTIONS,
)
"""The shelf of each e-mail, by the digest of its token: links lead where pictures say, as long as it is valid."""

shelf_days: Final = Table(
    "shelf_days",
    metadata,
    _sequence(),
    *_shop_columns(columns.SHELF_DAYS, columns.SHELF_DAYS.keys()),
    Index("shelf_days_day", columns.DAY),
    **_OPTIONS,
)

item_days: Final = Table(
    "item_days",
    metadata,
    *_shop_columns(columns.ITEM_DAYS, columns.ITEM_DAYS.keys(), (columns.DAY, columns.ITEM_ID)),
    **_OPTIONS,
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
    **_OPTIONS,
)
"""A day that was counted has a row without a currency; `through` is the newest event that its counts know."""

credentials: Final = MetaData()
"""What opens the shop's doors. A backup leaves it out, so that none brings a revoked key back."""

impressions: Final = Table(
    "impressions",
    metadata,
    *(
        Column(columns.ITEMS_SHOWN, LONG_TEXT, nullable=False) if column.name == columns.ITEMS_SHOWN else column
        for column in _shop_columns(
            columns.IMPRESSIONS,
            columns.IMPRESSIONS.keys() - {columns.USER_ID, columns.SESSION_ID, columns.FALLBACK, columns.MODEL_VERSION},
            (columns.RECOMMENDATION_ID,),
        )
    ),
    _came_as(),
    Index("impressions_timestamp", columns.TIMESTAMP),
    Index("impressions_user", columns.USER_ID),
    **_OPTIONS,
)
"""The shelves that were served to shoppers, with what stood on them."""

signing_keys: Final = Table(
    "signing_keys",
    credentials,
    Column("name", WORD, primary_key=True),
    Column("value", LargeBinary(32).with_variant(BINARY(32), "mysql"), nullable=False),
    **_OPTIONS,
)
"""The secrets with which the shop signs what it gives out."""

api_keys: Final = Table(
    "api_keys",
    credentials,
    Column("key_id", WORD, primary_key=True),
    Column("scope", WORD, nullable=False),
    Column("digest", SHA256, nullable=False),
    Column("name", Text, nullable=False),
    Column("origins", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    **_OPTIONS,
)

signing_secrets: Final = Table(
    "signing_secrets",
    credentials,
    Column("secret_id", WORD, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    **_OPTIONS,
)

team: Final = Table(
    "team",
    credentials,
    Column("name", ID, primary_key=True),
    Column("role", WORD, nullable=False),
    Column("password", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    **_OPTIONS,
)
"""The people who run the shop; a password is what scrypt makes of it."""

team_sessions: Final = Table(
    "team_sessions",
    credentials,
    Column("digest", SHA256, primary_key=True),
    Column("name", ID, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Index("team_sessions_name", "name"),
    **_OPTIONS,
)
"""Who is logged in: the digests of the session ids."""

failed_logins: Final = Table(
    "failed_logins",
    credentials,
    Column("digest", SHA256, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
    Index("failed_logins_last", "last"),
    **_OPTIONS,
)
"""How often logging in failed under a name or from an address, of which there is only a digest."""
