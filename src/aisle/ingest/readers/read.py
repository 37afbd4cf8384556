"""The reader of each kind of file."""

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Final

from aisle.ingest.batch import BATCH_ROWS, RawBatch
from aisle.ingest.readers.excel import read_excel
from aisle.ingest.readers.jsonl import read_jsonl
from aisle.ingest.readers.parquet import read_parquet
from aisle.ingest.readers.text import Layout, check_width, read_text
from aisle.shop.errors import FileError

Reader = Callable[[Path, int], Iterator[RawBatch]]

_READERS: Final[dict[str, Reader]] = {
    ".csv": read_text,
    ".tsv": read_text,
    ".tab": read_text,
    ".txt": read_text,
    ".jsonl": read_jsonl,
    ".ndjson": read_jsonl,
    ".json": read_jsonl,
    ".parquet": read_parquet,
    ".pq": read_parquet,
    ".xlsx": read_excel,
}
_FIRST_ROWS: Final = 100
_GZIPPED: Final = (".csv", ".tsv", ".tab", ".txt", ".jsonl", ".ndjson", ".json")


def read(
    path: Path,
    layout: Layout | None = None,
    rows: int = BATCH_ROWS,
    *,
    encoding: str | None = None,
    header: bool = True,
) -> Iterator[RawBatch]:
    """Read a file in batches, with at least one row or one bad line.

    Parameters
    ----------
    path
        `.csv`, `.tsv`, `.txt`, `.jsonl`, each also with `.gz`; `.parquet` or `.xlsx`.
    layout
        For text without a header: how it is written. The file may then have any name.
    rows
        About how many rows a batch has.
    encoding, header
        Of delimited text: how it is encoded, if not in UTF-8, and whether it has a header.

    Raises
    ------
    FileError
        If the file is missing, empty, damaged or of an unknown kind; rows before the damage are read.
    """
    reader = _reader(path, layout, encoding, header)
    _check_readable(path)
    batches = reader(path, rows)
    first = next(batches, None)
    if first is None:
        raise FileError(f"{path} has a header and no rows; export it again with its rows")
    check_width(path, first.frame.width)
    return chain([first], batches)


def columns_of(path: Path, encoding: str | None = None) -> tuple[str, ...]:
    """Return the names of the columns in a file's first rows."""
    return tuple(next(read(path, rows=_FIRST_ROWS, encoding=encoding)).frame.columns)


def _reader(path: Path, layout: Layout | None, encoding: str | None, header: bool) -> Reader:
    if layout is not None:
        return lambda path, rows: read_text(path, rows, layout)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    kind = suffixes[-1] if suffixes else ""
    if kind == ".gz" and len(suffixes) > 1 and suffixes[-2] in _GZIPPED:
        kind = suffixes[-2]
    if kind not in _READERS and not path.is_dir():
        raise FileError(f"{path} is of an unknown kind; give one of {', '.join(_READERS)} (text also as .gz)")
    reader = _READERS.get(kind, read_text)
    if encoding is None and header:
        return reader
    if reader is not read_text:
        raise FileError(f"{path} is no delimited text; drop --encoding and --no-header")
    return lambda path, rows: read_text(path, rows, encoding=encoding or "utf-8", header=header)


def _check_readable(path: Path) -> None:
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder; name the files in it")
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except FileNotFoundError:
        raise FileError(f"{path} does not exist; check its name") from None
    except (OSError, ValueError) as error:
        raise FileError(f"{str(path)!r} cannot be opened: {_why(error)}") from None
    if size == 0:
        raise FileError(f"{path} is empty; export it again")


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
