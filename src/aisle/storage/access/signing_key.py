"""The shop's signing key: made once, and the same for every process."""

import secrets
from typing import Final

from sqlalchemy import insert, select

from aisle.shop.errors import Refused
from aisle.storage.access.credentials import signing_keys
from aisle.storage.connection import Database

NAME: Final = "recommendations"
"""What the key signs."""

_KEY: Final = select(signing_keys.c.value).where(signing_keys.c.name == NAME)


def signing_key(db: Database) -> bytes:
    """Return the key; the first call makes it.

    Raises
    ------
    StorageError
        If the database does not answer.
    """
    with db.read() as connection:
        key: bytes | None = connection.execute(_KEY).scalar()
    if key is not None:
        return key
    made = secrets.token_bytes(32)
    try:
        with db.write() as connection:
            connection.execute(insert(signing_keys).values(name=NAME, value=made))
    except Refused:  # another process was first
        return signing_key(db)
    return made
