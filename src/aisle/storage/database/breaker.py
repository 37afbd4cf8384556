"""A circuit breaker: while a database does not answer, nobody waits to find that out again."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

from aisle.shop.errors import DatabaseUnavailable, StillUnavailable, StorageError

PROBE_SECONDS: Final = 0.25
"""How long the breaker pauses between two attempts to reach the database."""

_log = logging.getLogger(__name__)


class Breaker:
    """Opens when the database does not answer, and closes when a probe, in a thread of its own, is answered.

    Parameters
    ----------
    name
        What messages call the database.
    probe
        Asks the database for what requests ask for, and raises `StorageError` if it does not answer in time.
    is_open
        Whether the database is known to be away; then only whoever knows better may use it.
    """

    def __init__(self, name: str, probe: Callable[[], None], *, is_open: bool = False) -> None:
        self._name = name
        self._probe = probe
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._told = ""
        self.is_open = is_open
        """Whether the database is known to be away."""

    def check(self) -> None:
        """Let the caller go on to the database.

        Raises
        ------
        StillUnavailable
            If it is known to be away.
        """
        if self.is_open:
            raise StillUnavailable(f"database {self._name} does not answer; it is asked again four times a second")

    def trip(self) -> None:
        """Note that the database did not answer."""
        with self._lock:
            if self.is_open or self._closing.is_set():
                return
            self.is_open = True
        threading.Thread(target=self._watch, name="aisle-database-watch", daemon=True).start()

    def close(self) -> None:
        """Ask no more."""
        self._closing.set()

    def _watch(self) -> None:
        _log.warning("database %s does not answer: shelves show what was last known", self._name)
        since = time.monotonic()
        self._told = ""
        while not self._answers():
            if self._closing.wait(PROBE_SECONDS):
                return
        self.is_open = False
        _log.warning("database %s answers again, after %.1f s", self._name, time.monotonic() - since)

    def _answers(self) -> bool:
        try:
            self._probe()
        except StorageError as error:
            # Its tables may be of another version, as after an upgrade meanwhile: whoever can help has to know.
            if not isinstance(error, DatabaseUnavailable) and str(error) != self._told:
                self._told = str(error)
                _log.warning("%s", error)
            return False
        return True
