"""How long work tells whoever waits for it; `cli` draws bars from this, notebooks and tests may ignore it."""

from typing import Protocol


class Progress(Protocol):
    """Called as work goes on."""

    def __call__(self, stage: str, done: float, total: float | None, rows: int = 0) -> None:
        """Say that a stage has done this much of a total (None: unknown), with so many rows behind it."""


def silent(stage: str, done: float, total: float | None, rows: int = 0) -> None:
    """Tell nobody."""
