"""The types of columns, and the columns that several tables have."""

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
    Integer,
    LargeBinary,
    String,
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


def shop_columns(schema: Mapping[str, str], required: Collection[str], key: Collection[str] = ()) -> list[Column[Any]]:
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


def sequence(name: str = "seq") -> Column[int]:
    """Return the column of a table's own numbers."""
    return Column(name, SEQUENCE, primary_key=True, autoincrement=True)


def digest_column() -> Column[bytes]:
    """Return the column with the digest of a row's id, by which a row is stored once."""
    return Column("digest", DIGEST, nullable=False, unique=True)


def import_number() -> Column[int]:
    """Return the column with the number of the import that stored a row; null for what came by the API."""
    return Column("import_number", BigInteger)


def came_as() -> Column[str]:
    """Return the column with the id under which a row of a user's came in, if that was another one."""
    return Column("came_as", ID)
