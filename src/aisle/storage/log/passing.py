"""The tables of what is kept for two days at most: a backup, which is kept for longer, leaves them out."""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table

from aisle.storage.database.column_types import DIGEST, SHA256
from aisle.storage.tables import OPTIONS

passing: Final = MetaData()

address_salts: Final = Table(
    "address_salts",
    passing,
    Column("day", BigInteger, primary_key=True, autoincrement=False),
    Column("salt", SHA256, nullable=False),
    **OPTIONS,
)
"""The random bytes without which nobody can tell which digest of a day stands for which network address."""

address_votes: Final = Table(
    "address_votes",
    passing,
    Column("digest", DIGEST, primary_key=True),
    Column("day", BigInteger, nullable=False),
    Column("votes", Integer, nullable=False),
    sqlite_with_rowid=False,  # one tree to write to instead of two
    **OPTIONS,
)
"""How many events counted that a network address sent with a browser key: for an item and a kind, and in all."""
