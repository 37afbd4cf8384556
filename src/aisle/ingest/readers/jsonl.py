"""JSON lines: an object on each line."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
import polars as pl

from aisle.ingest.batch import BATCH_ROWS, BadLine, RawBatch
from aisle.ingest.json import cell_of, check_object
from aisle.ingest.readers.lines import Lines
from aisle.shop.errors import FileError
from aisle.shop.rejects import cut

Cells = Mapping[str, str | None]

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_jsonl(path: Path, size: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Read JSON lines; a line that is no JSON object is rejected.

    Numbers stay as they are written, nested values become their JSON text. A batch has every column that any of its
    lines has.
    """
    with Lines(path) as lines:
        rows: list[Cells] = []
        numbers: list[int] = []
        bad: list[BadLine] = []
        empty = True
        for line in lines:
            number, empty = lines.number, empty and not line.strip()
            lines.start_record()
            if not line.strip():
                continue
            if number == 1 and line.lstrip().startswith("["):
                raise FileError(f"{path} is one JSON list; write one object a line (jq -c '.[]')")
            try:
                rows.append(cells_of(line.encode()))
                numbers.append(number)
            except ValueError as error:
                bad.append(BadLine(number, _reason(error), cut(line.rstrip("\r\n"))))
            if len(rows) + len(bad) >= size:
                yield RawBatch(str(path), to_frame(rows), pl.Series("line", numbers, pl.Int64), bad, lines.position)
                rows, numbers, bad = [], [], []
        if empty:
            raise FileError(f"{path} is empty; export it again")
        if rows or bad:
            yield RawBatch(str(path), to_frame(rows), pl.Series("line", numbers, pl.Int64), bad, lines.position)


def cells_of(text: bytes) -> dict[str, str | None]:
    """Return the values of a JSON object as text: strings as they are, null as None, anything else as JSON.

    Raises
    ------
    ValueError
        If it is no JSON object, nests too deeply, has a key twice or is not valid Unicode.
    """
    return {name: cell_of(raw) for name, raw in raw_fields(text).items()}


def raw_fields(text: bytes) -> dict[str, msgspec.Raw]:
    """Return the values of a JSON object as they are written.

    Raises
    ------
    ValueError
        If it is no JSON object, nests too deeply or has a key twice.
    """
    try:
        fields = _OBJECT.decode(text)
        check_object(text, len(fields))
    except RecursionError:
        raise ValueError("it nests too deeply") from None
    return fields


def to_frame(rows: Sequence[Cells]) -> pl.DataFrame:
    """Return rows as a frame of String columns, with every column that any row has."""
    names = dict.fromkeys(name for row in rows for name in row)
    return pl.DataFrame([pl.Series(name, [row.get(name) for row in rows], pl.String) for name in names])


def _reason(error: ValueError) -> str:
    if isinstance(error, UnicodeError):
        return "is not UTF-8; save the file as UTF-8"
    return f"is not a JSON object: {error}"
