"""The table of secrets that sign users, sealed: whoever reads the database cannot sign."""

from typing import Final, NamedTuple

from sqlalchemy import insert, select, update

from aisle.shop.errors import InputError
from aisle.shop.moments import now
from aisle.storage.access.credentials import signing_secrets
from aisle.storage.connection import Database

MOST_VALID: Final = 2
"""How many secrets are valid at once: the old one and the new one, while the shop's servers change over."""


class SecretRow(NamedTuple):
    """A secret as it is stored."""

    secret_id: str
    sealed: bytes
    created: int
    revoked: int | None


def add(db: Database, secret_id: str, sealed: bytes) -> None:
    """Store a new secret.

    Raises
    ------
    InputError
        If two are valid already.
    """
    valid = select(signing_secrets.c.secret_id).where(signing_secrets.c.revoked.is_(None))
    with db.write() as connection:
        if len(rows := connection.execute(valid.with_for_update()).all()) >= MOST_VALID:
            raise InputError(f"{len(rows)} secrets are valid already; revoke the older one first: aisle keys list")
        connection.execute(insert(signing_secrets).values(secret_id=secret_id, sealed=sealed, created=now()))


def list_(db: Database) -> list[SecretRow]:
    """Return every secret that was ever made, oldest first."""
    query = select(signing_secrets).order_by(signing_secrets.c.created, signing_secrets.c.secret_id)
    with db.read() as connection:
        return [SecretRow._make(row) for row in connection.execute(query)]


def revoke(db: Database, secret_id: str) -> bool:
    """Make a secret invalid for good, and return whether there is one of this id."""
    this = signing_secrets.c.secret_id == secret_id
    with db.write() as connection:
        is_there = connection.execute(select(signing_secrets.c.secret_id).where(this)).first() is not None
        connection.execute(
            update(signing_secrets).where(this, signing_secrets.c.revoked.is_(None)).values(revoked=now())
        )
    return is_there
