"""The tables of the shop's database. Their columns and types come from `shop.columns`; a migration makes them."""

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
from sqlalchemy.types import TypeEngine

from aisle.shop import columns
from aisle.shop.events import MAX_ID_BYTES


class Utf8(TypeDecorator[str]):
    """Text kept as its bytes, for a database that would compare it by a collation: `u`, `U` and `u ` are three ids."""

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
SEQUENCE: Final = BigInteger().with_variant(Integer(), "sqlite")
WORD: Final = String(32)

_TYPES: Final[dict[str, TypeEngine[Any]]] = {
    "str": Text(),
    "int64": BigInteger(),
    "int32": Integer(),
    "float64": Double(),
    "bool": Boolean(),
}

metadata: Final = MetaData()


def _shop_columns(name: str, required: set[str], key: str | None = None) -> list[Column[Any]]:
    """Return the columns that `shop.columns` gives a table."""
    return [
        Column(column, _type_of(column, word), primary_key=column == key, nullable=column not in required)
        for column, word in columns.TABLES[name].items()
    ]


def _type_of(column: str, word: str) -> TypeEngine[Any]:
    if column.endswith("_id"):
        return ID
    return WORD if column == columns.EVENT else _TYPES[word]


def _sequence(name: str = "seq") -> Column[int]:
    return Column(name, SEQUENCE, primary_key=True, autoincrement=True)


def _digest() -> Column[bytes]:
    return Column("digest", DIGEST, nullable=False, unique=True)


_OPTIONS: Final[dict[str, Any]] = {"mysql_charset": "utf8mb4", "mysql_engine": "InnoDB"}

events: Final = Table(
    "events",
    metadata,
    _sequence(),
    _digest(),
    *_shop_columns("events", {columns.EVENT_ID, columns.EVENT, columns.TIMESTAMP}),
    Index("events_user_timestamp", columns.USER_ID, columns.TIMESTAMP),
    Index("events_timestamp", columns.TIMESTAMP),
    **_OPTIONS,
)

items: Final = Table("items", metadata, *_shop_columns("items", {columns.ITEM_ID}, columns.ITEM_ID), **_OPTIONS)

users: Final = Table("users", metadata, *_shop_columns("users", {columns.USER_ID}, columns.USER_ID), **_OPTIONS)

reviews: Final = Table(
    "reviews",
    metadata,
    _sequence(),
    _digest(),
    *_shop_columns("reviews", {columns.REVIEW_ID}),
    **_OPTIONS,
)

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
    **_OPTIONS,
)
