"""A plan: how the rows of some files become rows of our tables."""

from typing import Final, Self

import msgspec

from aisle.ingest.dates import check_date_format, check_timezone
from aisle.shop.columns import TABLES
from aisle.shop.errors import FormatError

OWN: Final = "aisle"
"""The name of the format that has our own columns."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to read files.

    A `format` knows its columns. Without one, `columns` maps theirs to ours; a column that has one of our names or
    aliases need not be mapped.

    Raises
    ------
    FormatError
        If the table, a column of ours, the time zone or the date format does not exist.
    """

    table: str | None = None
    """`events`, `items`, `users` or `reviews`; None stands for `events`, or for every table that the format gives."""
    format: str | None = None
    columns: dict[str, str] = {}
    """Their column name to ours."""
    timezone: str | None = None
    """IANA name, for times without an offset; None stands for the format's own, or UTC."""
    date_format: str | None = None
    """`iso`, `epoch` or a strptime pattern; None: detected from the first rows."""

    def __post_init__(self) -> None:
        if self.table is not None and self.table not in TABLES:
            raise FormatError(f"table {self.table!r} does not exist; choose one of {', '.join(TABLES)}")
        if self.format not in (None, OWN) and self.columns:
            raise FormatError(f"format {self.format!r} maps its columns itself; give --format or --map, not both")
        table = self.table or "events"
        for theirs, ours in self.columns.items():
            if ours not in TABLES[table]:
                known = ", ".join(TABLES[table])
                raise FormatError(f"{theirs!r} cannot be mapped to {ours!r}; the columns of {table} are {known}")
        mapped = list(self.columns.values())
        if twice := next((name for name in mapped if mapped.count(name) > 1), None):
            raise FormatError(f"two columns are mapped to {twice}; map one")
        if self.timezone is not None:
            check_timezone(self.timezone)
        if self.date_format is not None:
            check_date_format(self.date_format)

    @classmethod
    def parse(
        cls,
        *,
        table: str | None = None,
        format: str | None = None,  # noqa: A002 - the word of the command line
        maps: list[str] | None = None,
        timezone: str | None = None,
        date_format: str | None = None,
    ) -> Self:
        """Make a plan of the command line's words; each of `maps` is `THEIRS=ours`."""
        return cls(
            table=table,
            format=format,
            columns=dict(_pair(word) for word in maps or []),
            timezone=timezone,
            date_format=date_format,
        )

    def arguments(self) -> tuple[str, ...]:
        """Return the plan as options of the command line."""
        options = [
            ("--format", self.format),
            *(("--map", f"{theirs}={ours}") for theirs, ours in self.columns.items()),
            ("--as", self.table),
            ("--timezone", self.timezone),
            ("--date-format", self.date_format),
        ]
        return tuple(word for option, value in options if value is not None for word in (option, value))


def _pair(word: str) -> tuple[str, str]:
    theirs, equals, ours = word.rpartition("=")
    if not (theirs and equals and ours):
        raise FormatError(f"--map {word!r} is not a pair; write it as THEIRS=ours, such as CustomerID=user_id")
    return theirs, ours
