"""Progress of long work: `cli` shows bars of it, notebooks and tests may ignore it."""

from typing import Protocol


class Progress(Protocol):
    """Called repeatedly while work is done."""

    def __call__(self, stage: str, done: float, total: float | None, rows: int = 0) -> None:
        """Report how much of a stage is done, of what total (None: unknown), and how many rows were processed."""


def silent(stage: str, done: float, total: float | None, rows: int = 0) -> None:
    """Ignore all progress."""
