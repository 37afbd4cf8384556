"""The figures of models as a table, for notebooks."""

import msgspec
import polars as pl

from aisle.app.serving.frames import as_text
from aisle.app.training.measuring import Measured
from aisle.shop.moments import format_day


class Measurements(list[Measured]):
    """The figures of one or more models on the same held-out weeks."""

    def to_frame(self) -> pl.DataFrame:
        """Return the figures, with a row for all items and one for those new to the shopper."""
        rows = [
            {"model": model.model, "role": model.role, "items": items, **msgspec.structs.asdict(figures)}
            for model in self
            for items, figures in (("all", model.report.all), ("novel", model.report.novel))
            if figures is not None
        ]
        return pl.DataFrame(rows)

    def __repr__(self) -> str:
        return f"{self.title()}\n{as_text(self.to_frame())}" if self else "nothing could be measured"

    def _repr_html_(self) -> str:
        return f"<p>{self.title()}</p>{self.to_frame()._repr_html_()}" if self else "<p>nothing could be measured</p>"

    def title(self) -> str:
        """Say what was measured, on which weeks."""
        report = self[0].report
        days = f"{format_day(report.cut)} to {format_day(report.end - 1)}"
        return f"{report.target} by {report.all.shoppers:,} shoppers, {days}: the best {report.k} of all items"
