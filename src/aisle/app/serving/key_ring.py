"""The API keys and the secrets that sign users, in memory.

They are read again every second, so that a revoked one is refused within about that time.
"""

import logging
import threading
import time
from typing import Final

from aisle.app.data.sealing import unseal
from aisle.shop.access import is_key, key_id
from aisle.shop.errors import SettingsError, StillUnavailable, StorageError
from aisle.storage import keys, signing_secrets, team
from aisle.storage.connection import Database
from aisle.storage.keys import KeyRow

CHECK_SECONDS: Final = 1.0
"""How old the list of keys may be."""

_log = logging.getLogger(__name__)


class KeyRing:
    """The keys of a shop; while the database is away, those that were read last.

    Parameters
    ----------
    db
        Where the keys are.
    sealing_key
        What the secrets that sign users are sealed with.
    """

    def __init__(self, db: Database, sealing_key: str | None) -> None:
        self._db = db
        self._sealing_key = sealing_key
        self.secrets: dict[str, str] = {}
        """The valid secrets that sign users, by id."""
        self._refreshing = threading.Lock()
        self._read()

    @property
    def is_old(self) -> bool:
        """Whether it is time for `refresh`."""
        return time.monotonic() - self._checked >= CHECK_SECONDS

    def refresh(self) -> None:
        """Read the keys again, which may take as long as the database likes; others use the old list meanwhile."""
        if not self._refreshing.acquire(blocking=False):
            return
        try:
            self._read()
        except StorageError as error:
            if not isinstance(error, StillUnavailable):
                _log.warning("keeping the API keys read before: %s", error)
            self._checked = time.monotonic()
        finally:
            self._refreshing.release()

    def _read(self) -> None:
        rows = keys.list_(self._db)
        valid = [row for row in rows if row.revoked is None]
        self.is_locked = bool(rows) or team.any_there(self._db)
        """Whether a key was ever made, or there is a person: from then on, nobody comes in without."""
        self.origins = frozenset(origin for row in valid for origin in row.origins)
        """The origins of all valid keys."""
        self._valid = {row.key_id: row for row in valid}
        self.secrets = self._read_secrets()
        self._checked = time.monotonic()

    def _read_secrets(self) -> dict[str, str]:
        valid = [row for row in signing_secrets.list_(self._db) if row.revoked is None]
        try:
            return {
                row.secret_id: self.secrets.get(row.secret_id) or unseal(row.sealed, self._sealing_key) for row in valid
            }
        except SettingsError as error:
            _log.warning("no user token is accepted: %s", error)
            return {}

    def find(self, key: str) -> KeyRow | None:
        """Return what is stored of a key, or None if it is not a valid one."""
        row = self._valid.get(key_id(key) or "")
        return row if row is not None and is_key(key, row.digest) else None
