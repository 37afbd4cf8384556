"""Lets a server forget what it counted for network addresses when that is two days old, also where nobody buys."""

import logging
import threading
from typing import Final

from aisle.shop.errors import StorageError
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.log.address_votes import forget_old

CHECK_SECONDS: Final = 60.0
"""How often a process looks whether something is too old."""

_log = logging.getLogger(__name__)


class AddressWatch:
    """Deletes the salts and digests that are too old, at once and then minute by minute.

    Parameters
    ----------
    db
        The shop's database.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self) -> None:
        """Look again and again from now on, in a thread."""
        self._thread = threading.Thread(target=self._follow, name="aisle-address-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def _follow(self) -> None:
        while True:
            try:
                forget_old(self._db, now())
            except StorageError as error:
                _log.warning("what was counted for network addresses is not deleted: %s", error)
            if self._stopped.wait(CHECK_SECONDS):
                return
