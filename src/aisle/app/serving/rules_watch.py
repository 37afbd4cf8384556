"""The placements of a process, which follow what the team publishes within a second, and schedules by the clock."""

import threading
import time
from typing import Final

from aisle.app.serving.last_known import NOTHING, RULES, LastKnown
from aisle.app.serving.published_rules import next_change, placements_at
from aisle.app.settings import Settings
from aisle.engine.placement import Placement
from aisle.shop import moments
from aisle.shop.errors import StorageError
from aisle.storage.connection import Database
from aisle.storage.shelves import placement_rules
from aisle.storage.shelves.placement_rules import RulesRow

CHECK_SECONDS: Final = 1.0
"""How old the answer to "what is published?" may be."""


class RulesWatch:
    """Keeps the placements in memory; they are the same object until one of them changes.

    Parameters
    ----------
    db
        Where published rules are read, once in a while; if it does not answer, those read last count.
    last_known
        Where they are kept for a start while the database is away.
    """

    def __init__(self, db: Database, settings: Settings, last_known: LastKnown = NOTHING) -> None:
        self._db = db
        self._settings = settings
        self._last_known = last_known
        self._lock = threading.Lock()
        self._rows: list[RulesRow] | None = None
        self._checked = -CHECK_SECONDS
        self._until = -float("inf")
        self._placements: dict[str, Placement] = {}

    def current(self) -> dict[str, Placement]:
        """Return every placement by name, as it is at this moment."""
        is_due = time.monotonic() - self._checked >= CHECK_SECONDS or moments.now() >= self._until
        # Who comes while another request looks gets what was known before.
        if is_due and self._lock.acquire(blocking=self._rows is None):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._placements

    def look(self) -> None:
        """Look now what is published."""
        with self._lock:
            self._look()

    def _look(self) -> None:
        moment = moments.now()
        rows = self._read(moment)
        self._checked = time.monotonic()
        if rows != self._rows or moment >= self._until:
            self._placements = placements_at(self._settings, rows, moment)
            self._rows, self._until = rows, next_change(rows, moment)

    def _read(self, moment: int) -> list[RulesRow]:
        try:
            rows = placement_rules.counting(self._db, moment)
        except StorageError:
            return self._last_known.read(RULES, RulesRow) if self._rows is None else self._rows
        if rows != self._rows:
            self._last_known.keep(RULES, rows)
        return rows
