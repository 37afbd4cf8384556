"""Whole shelves that are kept for an hour, so that their pages repeat nothing."""

from contextlib import suppress

import msgspec

from aisle.app.serving.shelf import Shelf
from aisle.shop.errors import NotFound, StorageError
from aisle.storage.connection import Database
from aisle.storage.shelves import paged_shelves


class PagedShelves:
    """The shelves whose next pages may be asked for, each by the shopper whom it is for."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def keep(self, shelf: Shelf, user_id: str | None, session_id: str | None) -> None:
        """Keep a whole shelf for its next pages; without a database there are no pages."""
        text = msgspec.json.encode(shelf).decode()
        with suppress(StorageError):
            paged_shelves.add(self._db, shelf.recommendation_id, user_id, session_id, text)

    def find(self, recommendation_id: str, user_id: str | None, session_id: str | None) -> Shelf:
        """Return a shelf that was kept for this shopper.

        Raises
        ------
        NotFound
            If there is none, or it is somebody else's.
        """
        row = paged_shelves.get(self._db, recommendation_id)
        if row is None or (row.user_id, row.session_id) != (user_id, session_id):
            raise NotFound(f"there is no shelf {recommendation_id!r} of this shopper to go on with; ask for offset=0")
        return msgspec.json.decode(row.shelf, type=Shelf)
