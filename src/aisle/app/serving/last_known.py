"""What a server knew last, in files beside the bundles: with them it can start while its database is away.

These are the row of the model that it served, the catalogue, the keys and the published rules, one line of JSON for
each. A file appears as a whole or not at all, and one that cannot be read counts as missing.
"""

import logging
import os
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

FOLDER: Final = "last-known"
"""The folder of these files, in that of the bundles."""

MODEL: Final = "model.jsonl"
CATALOGUE: Final = "catalogue.jsonl"
KEYS: Final = "keys.jsonl"
RULES: Final = "rules.jsonl"

LINES: Final = 200
"""How many lines are made at once: requests wait meanwhile."""

T = TypeVar("T")

_encoder: Final = msgspec.json.Encoder()
_log: Final = logging.getLogger(__name__)


class LastKnown:
    """Keeps what is known, and tells it after a start.

    Parameters
    ----------
    folder
        Where the files are; None, as outside of a server: nothing is kept, and nothing was known.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @property
    def is_there(self) -> bool:
        """Whether a server can start with it."""
        return self._folder is not None and all((self._folder / name).is_file() for name in (MODEL, CATALOGUE, KEYS))

    def keep(self, name: str, rows: Sequence[Any]) -> None:
        """Keep rows in place of those before; a disk that refuses is only told, as no request needs this now."""
        if self._folder is None:
            return
        unfinished = self._folder / f"{name}.{uuid.uuid4().hex}"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write(unfinished, rows)
            unfinished.replace(self._folder / name)
        except OSError as error:
            _log.warning("a start without the database will not find %s: %s", self._folder / name, error)
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)

    def read(self, name: str, kind: type[T]) -> list[T]:
        """Return the rows that were kept last; none if there are none, or they cannot be read."""
        if self._folder is None:
            return []
        try:
            return msgspec.json.Decoder(kind).decode_lines((self._folder / name).read_bytes())
        except FileNotFoundError:
            return []
        except (OSError, msgspec.DecodeError) as error:
            _log.warning("%s is left aside: %s", self._folder / name, error)
            return []


NOTHING: Final = LastKnown(None)
"""For whoever is no server: keeps nothing, and knows nothing."""


def _write(path: Path, rows: Sequence[Any]) -> None:
    """Write rows to disk; nobody else may read them."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for first in range(0, len(rows), LINES):
            file.write(_encoder.encode_lines(rows[first : first + LINES]))
        file.flush()
        os.fsync(file.fileno())
