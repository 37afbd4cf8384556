"""The tables of what opens the shop's doors. A backup leaves them out, so that none brings a revoked key back."""

from typing import Final

from sqlalchemy import BINARY, BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

from aisle.storage.database.column_types import ID, SHA256, WORD
from aisle.storage.tables import OPTIONS

credentials: Final = MetaData()

signing_keys: Final = Table(
    "signing_keys",
    credentials,
    Column("name", WORD, primary_key=True),
    Column("value", LargeBinary(32).with_variant(BINARY(32), "mysql"), nullable=False),
    **OPTIONS,
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
    **OPTIONS,
)

signing_secrets: Final = Table(
    "signing_secrets",
    credentials,
    Column("secret_id", WORD, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("revoked", BigInteger),
    **OPTIONS,
)

team: Final = Table(
    "team",
    credentials,
    Column("name", ID, primary_key=True),
    Column("role", WORD, nullable=False),
    Column("password", Text, nullable=False),
    Column("created", BigInteger, nullable=False),
    **OPTIONS,
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
    **OPTIONS,
)
"""Who is logged in: the digests of the session ids."""

failed_logins: Final = Table(
    "failed_logins",
    credentials,
    Column("digest", SHA256, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last", BigInteger, nullable=False),
    Index("failed_logins_last", "last"),
    **OPTIONS,
)
"""How often logging in failed under a name or from an address, of which there is only a digest."""
