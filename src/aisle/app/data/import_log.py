"""The entry of an import in the database: its number, how it reads its files, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from aisle.ingest.identity import Earlier
from aisle.ingest.plan import Plan
from aisle.storage.connection import Database
from aisle.storage.log import imports
from aisle.storage.log.imports import ImportRow, Origin

if TYPE_CHECKING:
    from aisle.app.data.importing import Count


def earlier_imports(db: Database) -> Earlier:
    """Return how rows that are stored may have been read."""
    readings = [msgspec.json.decode(text, type=Plan) for text in imports.readings(db)]
    return Earlier(readings, imports.starts_without(db))


class ImportLog:
    """Enters an import, or a replay of rejects, with its first rows: one that cannot read its files is none.

    Parameters
    ----------
    files, options
        The words of `aisle import`; of a replay, whose rejects, and its options.
    """

    def __init__(self, db: Database, files: Sequence[str], options: Sequence[str] = ()) -> None:
        self._db = db
        self._files = files
        self._options = options
        self._readings: list[Plan] = []
        self.number: int | None = None

    def origin(self, reading: Plan | None, *, says_kind: bool = True) -> Origin:
        """Return which import rows are of, once it is entered how they were read; arguments as of `Batch`."""
        if self.number is None:
            self.number = imports.begin(self._db, self._files, self._options)
        if reading is not None and reading not in self._readings:
            self._readings.append(reading)
            texts = [msgspec.json.encode(one).decode() for one in self._readings]
            imports.note_readings(self._db, self.number, texts)
        return Origin(self.number, says_kind)

    def finish(self, counts: Mapping[str, "Count"]) -> None:
        """Enter that the import is complete."""
        if self.number is not None:
            told = {table: msgspec.structs.asdict(count) for table, count in counts.items()}
            imports.finish(self._db, self.number, told)


def import_details(db: Database, number: int) -> tuple[ImportRow, dict[str, int]]:
    """Return an import, and how many of the rows that it stored each table still has.

    Raises
    ------
    NotFound
        If there is no such import.
    """
    return imports.get(db, number), imports.still_there(db, number)
