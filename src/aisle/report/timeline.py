"""Stacked columns over time: the position of every part. The template only draws them."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from aisle.report.charts import Tick, steps

LEFT: Final = 64.0
"""The left end of the columns; counts are left of it."""
WIDTH: Final = 720.0
HEIGHT: Final = 220.0
"""The height of the highest column."""
BELOW: Final = 28.0
"""The height of the labels below."""
LABELS: Final = 6
"""The most labels below the columns."""


class Piece(NamedTuple):
    """One kind's part of a column, in the chart's units; `tone` is the CSS class that colours it."""

    tone: str
    x: float
    y: float
    width: float
    height: float
    text: str


class Timeline(NamedTuple):
    """A chart of stacked columns, `width` by `height`."""

    title: str
    pieces: list[Piece]
    counts: list[Tick]
    """Marks on the vertical axis; their `x` is a height."""
    labels: list[Tick]
    legend: list[tuple[str, str]]
    """The tone and the name of each kind."""
    width: float
    height: float


def stacked_columns(title: str, labels: Sequence[str], kinds: Mapping[str, Sequence[int]]) -> Timeline:
    """Return a chart with a column for each label, made of a piece for each kind.

    Parameters
    ----------
    labels
        What is written below each column, at least one.
    kinds
        The counts of each kind, one for each column; the first kind is at the bottom.
    """
    totals = [sum(column) for column in zip(*kinds.values(), strict=True)]
    scale = HEIGHT / max(totals)
    pitch = (WIDTH - LEFT) / len(labels)
    tones = {kind: f"kind{place}" for place, kind in enumerate(kinds)}
    pieces = []
    for place, label in enumerate(labels):
        top = HEIGHT
        for kind, counts in kinds.items():
            height = counts[place] * scale
            top -= height
            if height:
                x, width = LEFT + place * pitch, pitch * 0.85
                text = f"{label}: {counts[place]:,} {kind}"
                pieces.append(Piece(tones[kind], round(x, 1), round(top, 1), round(width, 1), round(height, 1), text))
    marks = [Tick(round(HEIGHT - value * scale, 1), f"{value:,.0f}") for value in steps(0, max(totals))]
    every = -(-len(labels) // LABELS)
    named = [Tick(round(LEFT + place * pitch, 1), labels[place]) for place in range(0, len(labels), every)]
    return Timeline(title, pieces, marks, named, [(tones[kind], kind) for kind in kinds], WIDTH, HEIGHT + BELOW)
