"""The ids of shelves, signed with the key of the shop's database."""

import uuid

from aisle.shop.errors import StorageError
from aisle.shop.signing import is_signed, new_recommendation_id
from aisle.storage.access.signing_key import signing_key
from aisle.storage.connection import Database


class RecommendationIds:
    """Makes ids, and tells its own from made-up ones; the key is read once for each database.

    Parameters
    ----------
    db
        Where the key is.
    reads
        What requests read from, which sees when another database takes the place.
    """

    def __init__(self, db: Database, reads: Database) -> None:
        self._db = db
        self._reads = reads
        self._key: tuple[object, bytes] | None = None

    def new(self) -> str:
        """Return a new id; unsigned if the database was away from the start."""
        try:
            return new_recommendation_id(self._signing_key())
        except StorageError:
            return uuid.uuid4().hex

    def is_ours(self, recommendation_id: str) -> bool:
        """Return whether this shop made an id."""
        return is_signed(self._signing_key(), recommendation_id)

    def _signing_key(self) -> bytes:
        database = self._reads.seen
        if self._key is None or self._key[0] != database:
            self._key = database, signing_key(self._db)
        return self._key[1]
