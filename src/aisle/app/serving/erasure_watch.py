"""Lets a process forget whom another one erased: what it remembers for an outage goes within a second."""

import logging
import threading
from typing import Final

from aisle.app.serving.profiles import Profiles
from aisle.shop.errors import StillUnavailable, StorageError
from aisle.storage.connection import Database
from aisle.storage.shoppers import erased

CHECK_SECONDS: Final = 0.5
"""How often a process looks whether somebody was erased."""

FORGOTTEN_SECONDS: Final = 1
"""After how many seconds every process has forgotten an erased person, as receipts promise."""

_log = logging.getLogger(__name__)


class ErasureWatch:
    """Looks for new tombstones, by one small query at a time.

    Parameters
    ----------
    db
        Where the tombstones are.
    profiles
        What this process remembers.
    """

    def __init__(self, db: Database, profiles: Profiles) -> None:
        self._db = db
        self._profiles = profiles
        self._times_added: int | None = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self) -> None:
        """Look again and again from now on, in a thread."""
        self._thread = threading.Thread(target=self._follow, name="aisle-erasure-watch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()

    def check(self) -> None:
        """Forget whoever was erased since the last time.

        Raises
        ------
        StorageError
            If the database does not answer; then nobody can be erased either.
        """
        times_added = erased.times_added(self._db)
        if times_added != self._times_added:
            self._profiles.forget(erased.all_digests(self._db))
            self._times_added = times_added

    def _follow(self) -> None:
        while not self._stopped.wait(CHECK_SECONDS):
            try:
                self.check()
            except StillUnavailable:
                continue
            except StorageError as error:
                _log.warning("erased people are not looked for: %s", error)
