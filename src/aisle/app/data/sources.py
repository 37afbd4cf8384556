"""What Python code imports: paths, frames or records, with parameters in place of the options of `aisle import`."""

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypedDict

import msgspec
import narwhals as nw
import polars as pl
from msgspec.structs import replace

from aisle.ingest.guessing.guess import Guess, guess
from aisle.ingest.ingest import Source, log_of
from aisle.ingest.plan import Plan
from aisle.ingest.readers.jsonl import cells_of, to_frame
from aisle.shop.columns import EVENT
from aisle.shop.errors import AisleError, InputError


class Reading(TypedDict, total=False):
    """How to read what is imported; what is not said is guessed."""

    mapping: Mapping[str, str]
    """Their column to ours."""
    event: str
    """The kind of all events."""
    map_values: Mapping[Any, str]
    """Their word or code to a kind of event."""
    set: Mapping[str, Any]
    """Our column to its value in every row."""
    returns: bool
    """Whether a negative quantity stands for a refund."""
    format: str
    """The name of a known log."""
    timezone: str
    """Of times that name none."""
    date_format: str
    """`iso`, `epoch`, `excel` or a strptime pattern."""
    encoding: str
    """How text is encoded."""
    header: bool
    """Whether text has a header."""


_EXAMPLES: Final[dict[str, Any]] = {
    "mapping": {"Kunde": "user_id"},
    "event": "purchase",
    "map_values": {4: "purchase"},
    "set": {"currency": "EUR"},
    "returns": True,
    "format": "online-retail",
    "timezone": "Europe/Berlin",
    "date_format": "%d.%m.%Y",
    "encoding": "cp1252",
    "header": False,
}
"""A value of each parameter, of the type that it must have."""

_PAIR: Final = r"('[^']*'|[^\s=']+)=(\w+)"
_PAIRS: Final = (
    ("map_values", "--map-value ", re.compile(rf"--map-value {_PAIR}")),
    ("mapping", "--map ", re.compile(rf"--map {_PAIR}(?: --map {_PAIR})*")),
)
_PARAMETERS: Final = (
    (re.compile(r"--as (\w+)"), r"import_\1"),
    (re.compile(r"--event (\w+)"), r"event='\1'"),
    (re.compile(r"--date-format ('[^']*')"), r"date_format=\1"),
    (re.compile(r"--returns"), "returns=True"),
    (re.compile(r"--no-header"), "header=False"),
    (re.compile(r"--map\b"), "mapping"),
    (re.compile(r"--(encoding|format|timezone)"), r"\1"),
)
"""The options that messages name, and the parameters that stand for them."""

_NO_VALUE: Final = ("NaT", "<NA>", "nan")
"""How values of pandas and NumPy that are missing are written."""


def guess_rows(source: object, table: str, reading: Mapping[str, Any]) -> tuple[Source, Guess]:
    """Return the rows that a source holds, and a plan for them: guessed as for the command, with parameters named.

    Raises
    ------
    InputError
        If the source or a parameter cannot be used.
    """
    _check(reading)
    rows = rows_of(source)
    with parameters_named():
        guessed = guess(rows, _plan_of(table, reading))
    # What a known log of events says of items comes along.
    plan = replace(guessed.plan, table=None) if table == "events" and log_of(guessed.plan) else guessed.plan
    return rows, guessed.with_plan(plan, tuple(map(_with_parameters, guessed.notes)))


@contextmanager
def parameters_named() -> Iterator[None]:
    """Let the errors of a block name parameters, not options of a command."""
    try:
        yield
    except AisleError as error:
        raise type(error)(_with_parameters(str(error))) from None


def rows_of(source: object) -> Source:
    """Return the paths or the frame that a source stands for.

    Raises
    ------
    InputError
        If it is neither paths, nor a frame, nor records.
    """
    if isinstance(source, (str, Path)):
        return [Path(source)]
    if isinstance(source, Sequence) and source:
        if all(isinstance(one, (str, Path)) for one in source):
            return [Path(one) for one in source]
        if all(isinstance(one, Mapping) for one in source):
            return to_frame([_cells_of(number, record) for number, record in enumerate(source, 1)])
    frame = _frame_of(source)
    if frame is not None:
        return frame
    kind = "empty" if isinstance(source, Sequence) and not source else f"of type {type(source).__name__}"
    raise InputError(
        f"source is {kind}; give a path, a Polars, pandas or Arrow frame, or a list of dicts, one for each row"
    )


def _check(reading: Mapping[str, Any]) -> None:
    for name, value in reading.items():
        example = _EXAMPLES.get(name)
        if example is None:
            raise InputError(f"parameter {name!r} does not exist; choose from source, {', '.join(_EXAMPLES)}")
        if value is not None and not isinstance(value, type(example)):
            raise InputError(f"{name} is {value!r}; give a {type(example).__name__} such as {example!r}")


def _plan_of(table: str, reading: Mapping[str, Any]) -> Plan:
    given = {name: value for name, value in reading.items() if value is not None}
    columns, constants, values = (given.pop(name, {}) for name in ("mapping", "set", "map_values"))
    constants = {ours: str(value) for ours, value in constants.items()}
    if "event" in given:
        constants[EVENT] = given.pop("event")
    return Plan(
        table=table,
        columns={str(theirs): str(ours) for theirs, ours in columns.items()},
        constants=constants,
        values={str(theirs): str(kind) for theirs, kind in values.items()},
        **given,
    )


def _with_parameters(message: str) -> str:
    """Return a message with parameters in place of options."""
    for parameter, option, pairs in _PAIRS:
        message = pairs.sub(partial(_as_dict, parameter, option), message)
    for words, parameter in _PARAMETERS:
        message = words.sub(parameter, message)
    return message


def _as_dict(parameter: str, option: str, options: re.Match[str]) -> str:
    pairs = (f"'{theirs.strip(chr(39))}': '{ours}'" for theirs, ours in re.findall(option + _PAIR, options[0]))
    return f"{parameter}={{{', '.join(pairs)}}}"


def _cells_of(number: int, record: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the values of a record as text, as if it were a line of JSON."""
    try:
        return cells_of(msgspec.json.encode(dict(record), enc_hook=_plain))
    except (TypeError, ValueError) as error:
        raise InputError(f"source: record {number} is no row: {error}; correct it") from None


def _plain(value: Any) -> Any:
    text = str(value)
    if text in _NO_VALUE:
        return None
    return value.item() if hasattr(value, "item") else text


def _frame_of(source: object) -> pl.DataFrame | None:
    """Return a frame of any library as one of Polars; None if it is no frame."""
    index = getattr(source, "index", None)
    if any(getattr(index, "names", ())):
        # What a pandas frame was grouped or indexed by is a column too.
        source = source.reset_index()  # type: ignore[attr-defined]
    try:
        with warnings.catch_warnings():
            # What the libraries warn each other of says nothing about the source.
            warnings.simplefilter("ignore")
            return _as_polars(source)
    except ImportError as error:
        raise InputError(f"source needs pyarrow ({error}); install it, or give frame.to_dict('records')") from None
    except (ValueError, TypeError, OSError, pl.exceptions.PolarsError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(f"source cannot be read: {reason}; give each column values of one type") from None


def _as_polars(source: object) -> pl.DataFrame | None:
    frame = nw.from_native(source, pass_through=True)
    if isinstance(frame, nw.LazyFrame):
        frame = frame.collect("polars")
    if isinstance(frame, nw.DataFrame):
        return frame.to_polars()
    if hasattr(source, "__arrow_c_stream__"):
        return pl.DataFrame(nw.from_arrow(source, backend="polars").to_native())
    return None
