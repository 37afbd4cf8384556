"""The figures of models as a table, for notebooks."""

from collections.abc import Sequence

import msgspec
import polars as pl

from aisle.app.training.measuring import Measured


def figures_frame(models: Sequence[Measured]) -> pl.DataFrame:
    """Return the figures of models, with a row for all items and one for those new to the shopper."""
    rows = [
        {"model": model.model, "role": model.role, "items": items, **msgspec.structs.asdict(figures)}
        for model in models
        for items, figures in (("all", model.report.all), ("novel", model.report.novel))
        if figures is not None
    ]
    return pl.DataFrame(rows)
