"""The table of API keys: their digests, what each may call, and from which origins."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Row, insert, select, update

from aisle.shop.access import Scope, key_digest, new_key
from aisle.shop.errors import NotFound
from aisle.shop.moments import now
from aisle.storage.access.credentials import api_keys
from aisle.storage.connection import Database


class KeyRow(msgspec.Struct, frozen=True):
    """A key as it is stored: whoever reads it cannot use it."""

    key_id: str
    scope: Scope
    digest: bytes
    name: str
    """What the shop calls it."""
    origins: tuple[str, ...]
    """The web origins whose pages may use it; none: it is for programs."""
    created: int
    revoked: int | None
    """When it was revoked; null while it is valid."""


def add(db: Database, scope: Scope, name: str = "", origins: Sequence[str] = ()) -> str:
    """Make a key and return it; it cannot be read again."""
    made = new_key(scope)
    values = {
        "key_id": made.key_id,
        "scope": scope.value,
        "digest": key_digest(made.key),
        "name": name,
        "origins": msgspec.json.encode(list(origins)).decode(),
        "created": now(),
    }
    with db.write() as connection:
        connection.execute(insert(api_keys).values(values))
    return made.key


def list_(db: Database) -> list[KeyRow]:
    """Return every key that was ever made, oldest first."""
    with db.read() as connection:
        return [
            _row(row) for row in connection.execute(select(api_keys).order_by(api_keys.c.created, api_keys.c.key_id))
        ]


def revoke(db: Database, key_id: str) -> None:
    """Make a key invalid for good; to revoke it again changes nothing.

    Raises
    ------
    NotFound
        If there is no such key.
    """
    this = api_keys.c.key_id == key_id
    with db.write() as connection:
        if connection.execute(select(api_keys.c.key_id).where(this)).first() is None:
            raise NotFound(f"there is no key {key_id!r}; aisle keys list shows all of them")
        connection.execute(update(api_keys).where(this, api_keys.c.revoked.is_(None)).values(revoked=now()))


def _row(row: Row[tuple[object, ...]]) -> KeyRow:
    values = row._asdict()
    origins = tuple(msgspec.json.decode(values["origins"], type=list[str]))
    return KeyRow(**values | {"scope": Scope(values["scope"]), "origins": origins})
