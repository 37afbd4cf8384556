"""A table of a page: a small frame, whose rows may filter the page, and its CSV."""

from typing import TYPE_CHECKING, Any, NamedTuple

from aisle.web.console.parts.filters import Filter, View

if TYPE_CHECKING:
    import polars as pl


class Cell(NamedTuple):
    """A cell."""

    text: str
    address: str | None = None
    """Where it leads."""


class Table(NamedTuple):
    """A table as a page shows it."""

    title: str
    frame: "pl.DataFrame"
    formats: dict[str, str] = {}  # noqa: RUF012  never changed
    """How a column is written, as of `format`: `{:.1%}`."""
    filters: dict[str, Filter] = {}  # noqa: RUF012
    """Columns whose values filter the page."""
    note: str = ""

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The columns as people read them, and whether they hold numbers."""
        return [(name.replace("_", " "), dtype.is_numeric()) for name, dtype in self.frame.schema.items()]

    def rows(self, view: View | None = None) -> list[list[Cell]]:
        """Return the cells, row by row."""
        return [
            [Cell(self._written(name, row[name]), self._address(view, name, row[name])) for name in self.frame.columns]
            for row in self.frame.iter_rows(named=True)
        ]

    @property
    def csv_address(self) -> str:
        """The CSV as an address that a link downloads."""
        from urllib.parse import quote

        from aisle.report.figure import to_csv

        return "data:text/csv;charset=utf-8," + quote(to_csv(self.frame))

    def _address(self, view: View | None, name: str, value: Any) -> str | None:
        by = self.filters.get(name)
        return view.address(**{by.name: str(value)}) if view and by and value is not None else None

    def _written(self, name: str, value: Any) -> str:
        if value is None or value != value:
            return "–"
        if name in self.formats:
            return self.formats[name].format(value)
        if isinstance(value, float):
            return f"{value:,.2f}"
        return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
