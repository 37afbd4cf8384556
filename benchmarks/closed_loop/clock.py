"""A clock in a file: the benchmark writes which moment it is, and the shop's server, another process, reads it.

Only a process that Python code started with the file follows it (`aisle.shop.moments.follow`): `aisle serve` has no
setting for it, so that no leftover of a test and nobody who may set a variable can move the time of a real shop.
"""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from aisle.shop import moments

_BYTES: Final = 8


class FileClock:
    """A moment in a file that processes share; the newest of those that were set, as time does not run back."""

    def __init__(self, file: Path, moment: int = 0) -> None:
        if not file.exists():
            file.write_bytes(moment.to_bytes(_BYTES, "little"))
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), _BYTES)

    def read(self) -> int:
        """Return the moment."""
        return int.from_bytes(self._shared[:_BYTES], "little")

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Let this process live by it for a while."""
        moments.follow(self.read)
        try:
            yield
        finally:
            moments.follow(None)

    def set(self, moment: int) -> None:
        """Let time run on to a moment; an earlier one changes nothing."""
        self._shared[:_BYTES] = max(moment, self.read()).to_bytes(_BYTES, "little")
