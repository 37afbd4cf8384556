"""A plan: how the rows of some files become rows of our tables."""

import codecs
from typing import Final, Self

import msgspec

from aisle.ingest.dates import check_date_format, check_timezone
from aisle.shop.columns import EVENT, TABLES
from aisle.shop.errors import FormatError
from aisle.shop.events import ALIASES, EventKind, normal_name

OWN: Final = "aisle"
"""The name of the format that has our own columns."""

_KINDS: Final = f"the kinds of events are {', '.join(EventKind)}"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to read files.

    A `format` knows its columns. Without one, `columns` maps theirs to ours; a column that has one of our names or
    aliases need not be mapped.

    Raises
    ------
    FormatError
        If the table, a column of ours, a kind of event, the time zone, the date format or the encoding does not exist.
    """

    table: str | None = None
    """`events`, `items`, `users` or `reviews`; None stands for `events`, or for every table that the format gives."""
    format: str | None = None
    columns: dict[str, str] = {}
    """Their column name to ours."""
    constants: dict[str, str] = {}
    """Our column to the value that it has in every row; `event` for the kind of all events."""
    values: dict[str, str] = {}
    """Their word for a kind of event to ours."""
    returns: bool = False
    """Whether a negative quantity stands for a return: the row becomes a refund."""
    encoding: str | None = None
    """How text is encoded; None: UTF-8."""
    header: bool = True
    """Whether text has a header; without one, the columns are `column_1`, `column_2` and so on."""
    timezone: str | None = None
    """IANA name, for times without an offset; None stands for the format's own, or UTC."""
    date_format: str | None = None
    """`iso`, `epoch`, `excel` or a strptime pattern; None: detected from the first rows."""

    def __post_init__(self) -> None:
        if self.table is not None and self.table not in TABLES:
            raise FormatError(f"table {self.table!r} does not exist; choose one of {', '.join(TABLES)}")
        if self.format not in (None, OWN) and self.maps:
            raise FormatError(f"format {self.format!r} maps its columns itself; give --format or --map, not both")
        self._check_columns()
        for theirs, kind in self.values.items():
            if normal_name(kind) not in ALIASES:
                raise FormatError(f"{theirs!r} cannot be mapped to the kind {kind!r}; {_KINDS}")
        if self.encoding is not None:
            _check_encoding(self.encoding)
        if self.timezone is not None:
            check_timezone(self.timezone)
        if self.date_format is not None:
            check_date_format(self.date_format)

    def _check_columns(self) -> None:
        table = self.table or "events"
        known = ", ".join(TABLES[table])
        for theirs, ours in self.columns.items():
            if ours not in TABLES[table]:
                raise FormatError(f"{theirs!r} cannot be mapped to {ours!r}; the columns of {table} are {known}")
        for ours, value in self.constants.items():
            if ours not in TABLES[table]:
                raise FormatError(f"{ours!r} cannot be set to {value!r}; the columns of {table} are {known}")
        if (kind := self.constants.get(EVENT)) is not None and normal_name(kind) not in ALIASES:
            raise FormatError(f"event {kind!r} is no kind of event; {_KINDS}")
        filled = [*self.columns.values(), *self.constants]
        if twice := next((name for name in filled if filled.count(name) > 1), None):
            raise FormatError(f"two columns are mapped to {twice}, or one is and it is set as well; choose one")

    @property
    def maps(self) -> bool:
        """Whether the plan itself says what the columns and values of a file are."""
        return bool(self.columns or self.constants or self.values or self.returns or not self.header)

    @classmethod
    def parse(
        cls,
        *,
        table: str | None = None,
        format: str | None = None,  # noqa: A002 - the word of the command line
        maps: list[str] | None = None,
        kind: str | None = None,
        values: list[str] | None = None,
        constants: list[str] | None = None,
        returns: bool = False,
        encoding: str | None = None,
        header: bool = True,
        timezone: str | None = None,
        date_format: str | None = None,
    ) -> Self:
        """Make a plan of the command line's words; each of `maps` is `THEIRS=ours`.

        `kind` is the kind of every event, each of `values` is `THEIRS=kind`, and each of `constants` is `ours=value`.
        """
        given = dict(_pair("--set", word, "COLUMN=VALUE", "currency=EUR", last=False) for word in constants or [])
        return cls(
            table=table,
            format=format,
            columns=dict(_pair("--map", word, "THEIRS=ours", "CustomerID=user_id") for word in maps or []),
            constants=given if kind is None else given | {EVENT: kind},
            values=dict(_pair("--map-value", word, "THEIRS=KIND", "4=purchase") for word in values or []),
            returns=returns,
            encoding=encoding,
            header=header,
            timezone=timezone,
            date_format=date_format,
        )

    def arguments(self) -> tuple[str, ...]:
        """Return the plan as options of the command line."""
        options = [
            ("--format", self.format),
            *(("--map", f"{theirs}={ours}") for theirs, ours in self.columns.items()),
            ("--event", self.constants.get(EVENT)),
            *(("--set", f"{ours}={value}") for ours, value in self.constants.items() if ours != EVENT),
            *(("--map-value", f"{theirs}={kind}") for theirs, kind in self.values.items()),
            ("--as", self.table),
            ("--encoding", self.encoding),
            ("--timezone", self.timezone),
            ("--date-format", self.date_format),
        ]
        words = [word for option, value in options if value is not None for word in (option, value)]
        words += ["--returns"] * self.returns + ["--no-header"] * (not self.header)
        return tuple(words)


def _pair(option: str, word: str, shape: str, example: str, *, last: bool = True) -> tuple[str, str]:
    """Split a word at its last equals sign, or at its first."""
    first, equals, second = word.rpartition("=") if last else word.partition("=")
    if not (first and equals and second):
        raise FormatError(f"{option} {word!r} is not a pair; write it as {shape}, such as {example}")
    return first, second


def _check_encoding(name: str) -> None:
    """Raise `FormatError` for an encoding that does not exist, or whose lines do not end as those of ASCII do."""
    try:
        ends_lines = "\n".encode(name) == b"\n" and codecs.lookup(name).name != "idna"
    except (LookupError, ValueError):
        ends_lines = False
    if not ends_lines:
        raise FormatError(f"encoding {name!r} cannot be read; write utf-8, latin-1, cp1252 or another of that kind")
