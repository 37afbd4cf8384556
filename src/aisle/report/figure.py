"""A figure: a chart with its title and its data, for a page, for the console, and for a notebook without a network."""

import html
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Final
from urllib.parse import quote

import polars as pl
from markupsafe import Markup

from aisle.report.charts import Chart
from aisle.shop.errors import SettingsError
from aisle.shop.spreadsheet import to_csv as to_csv

_STATIC: Final = Path(__file__).parents[1] / "web" / "static"
"""The browser files are the web's; a page that stands alone holds the same ones."""


@dataclass(frozen=True, eq=False)
class Figure:
    """A chart and the frame that it shows."""

    title: str
    chart: Chart
    frame: pl.DataFrame
    about: str = ""
    """What it shows, in a sentence."""

    @cached_property
    def spec(self) -> Markup:
        """The chart as JSON, safe between two tags."""
        spec = self.chart.properties(description=self.title).to_dict()
        del spec["config"]  # the page's own
        return Markup(json.dumps(spec, separators=(",", ":")).replace("<", "\\u003c"))  # noqa: S704  no tag is left in it

    @cached_property
    def heads(self) -> list[str]:
        """The columns as people read them."""
        return [name.replace("_", " ") for name in self.frame.columns]

    @cached_property
    def words(self) -> list[str]:
        """Those of the columns that hold no numbers."""
        return [head for head, dtype in zip(self.heads, self.frame.dtypes, strict=True) if not dtype.is_numeric()]

    @cached_property
    def cells(self) -> list[list[str]]:
        """The rows as people read them."""
        return [[_written(value) for value in row] for row in self.frame.iter_rows()]

    @cached_property
    def csv(self) -> str:
        """The figures as CSV, in which no cell is a formula."""
        return to_csv(self.frame)

    @cached_property
    def csv_address(self) -> str:
        """The CSV as an address that a link downloads."""
        return "data:text/csv;charset=utf-8," + quote(self.csv)

    def _repr_html_(self) -> str:
        """Return the figure for a notebook: a frame with all that it needs, which loads nothing."""
        from aisle.report.page import alone

        return (
            f'<iframe title="{html.escape(self.title)}" srcdoc="{html.escape(alone([self]))}" '
            'style="width:100%;height:460px;border:0"></iframe>'
        )


def _written(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4g}"
    if isinstance(value, int):
        return f"{value:,}"
    return "–" if value is None else str(value)


@cache
def scripts() -> tuple[str, ...]:
    """Return the scripts that draw charts, for a page that stands alone.

    Raises
    ------
    SettingsError
        If Aisle was installed without its browser files.
    """
    files = (_STATIC / "vendor" / "vega.js", _STATIC / "charts.js")
    if not files[0].is_file():
        raise SettingsError("Aisle's browser files are missing, so charts cannot be drawn; install Aisle again")
    return tuple(file.read_text(encoding="utf-8") for file in files)


@cache
def style() -> str:
    """Return the style of charts."""
    return (_STATIC / "charts.css").read_text(encoding="utf-8")
