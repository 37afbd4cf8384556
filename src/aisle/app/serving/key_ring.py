"""The API keys and the secrets that sign users, in memory.

They are read again every second, so that a revoked one is refused within about that time.
"""

import logging
import threading
import time
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from aisle.app.data.sealing import unseal
from aisle.app.serving.last_known import KEYS, LastKnown
from aisle.shop.access import is_key, key_id
from aisle.shop.errors import DatabaseUnavailable, SettingsError, StillUnavailable, StorageError
from aisle.storage.access import keys, signing_secrets, team
from aisle.storage.access.keys import KeyRow
from aisle.storage.access.signing_secrets import SecretRow
from aisle.storage.connection import Database

CHECK_SECONDS: Final = 1.0
"""How old the list of keys may be."""

R = TypeVar("R", KeyRow, SecretRow)

_log = logging.getLogger(__name__)


class _Stored(msgspec.Struct, frozen=True):
    """The keys as the database stores them: whoever reads them cannot use them."""

    is_locked: bool
    keys: list[KeyRow]
    secrets: list[SecretRow]


class KeyRing:
    """The keys of a shop; while the database is away, those that were read last.

    Parameters
    ----------
    db
        Where the keys are.
    sealing_key
        What the secrets that sign users are sealed with.
    last_known
        Where the keys are kept for a start while the database is away.

    Raises
    ------
    StorageError
        If the database does not answer, and no keys were kept.
    """

    def __init__(self, db: Database, sealing_key: str | None, last_known: LastKnown) -> None:
        self._db = db
        self._sealing_key = sealing_key
        self._last_known = last_known
        self._stored: _Stored | None = None
        self.secrets: dict[str, str] = {}
        """The valid secrets that sign users, by id."""
        self._refreshing = threading.Lock()
        try:
            self._read()
        except DatabaseUnavailable:
            kept = last_known.read(KEYS, _Stored)
            if not kept:
                raise
            self._take(kept[0])

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
        stored = _Stored(bool(rows) or team.any_there(self._db), _valid(rows), _valid(signing_secrets.list_(self._db)))
        changed, self._stored = stored != self._stored, stored
        self._take(stored)
        if changed:
            self._last_known.keep(KEYS, [stored])

    def _take(self, stored: _Stored) -> None:
        self.is_locked = stored.is_locked
        """Whether a key was ever made, or there is a person: from then on, nobody comes in without."""
        self.origins = frozenset(origin for row in stored.keys for origin in row.origins)
        """The origins of all valid keys."""
        self._valid = {row.key_id: row for row in stored.keys}
        self.secrets = self._unsealed(stored.secrets)
        self._checked = time.monotonic()

    def _unsealed(self, rows: Sequence[SecretRow]) -> dict[str, str]:
        try:
            return {
                row.secret_id: self.secrets.get(row.secret_id) or unseal(row.sealed, self._sealing_key) for row in rows
            }
        except SettingsError as error:
            _log.warning("no user token is accepted: %s", error)
            return {}

    def find(self, key: str) -> KeyRow | None:
        """Return what is stored of a key, or None if it is not a valid one."""
        row = self._valid.get(key_id(key) or "")
        return row if row is not None and is_key(key, row.digest) else None


def _valid(rows: Sequence[R]) -> list[R]:
    return [row for row in rows if row.revoked is None]
