"""The marts as files: Parquet with questions in SQL, or a Tableau extract with a workbook to start with."""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import polars as pl

from aisle.app.data.atomic_write import atomic_write, check_new
from aisle.app.marts.questions import QUESTIONS
from aisle.app.marts.workbook import workbook
from aisle.app.progress import Progress, silent
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from aisle.shop.marts import MARTS, Mart
from aisle.storage.connection import Database
from aisle.storage.marts import store

HYPER: Final = "marts.hyper"
WORKBOOK: Final = "marts.twb"

_MONEY: Final = pl.Decimal(18, 6)
_TYPES: Final[dict[str, pl.DataType | type[pl.DataType]]] = {
    "str": pl.String,
    "int64": pl.Int64,
    "float64": pl.Float64,
    "bool": pl.Boolean,
    "day": pl.Date,
    "money": _MONEY,
}


class Exported(msgspec.Struct, frozen=True):
    """What was written."""

    rows: dict[str, int]
    bytes: int
    seconds: float


def export_marts(db: Database, folder: Path, kind: str = "parquet", progress: Progress = silent) -> Exported:
    """Write all marts into a folder that appears when it is complete.

    Parameters
    ----------
    kind
        `parquet`, a file for each mart; or `tableau`, one extract with a workbook. The questions in SQL are in both.

    Raises
    ------
    InputError
        If the kind is another.
    NotEnoughData
        If the marts were never built.
    SettingsError
        If the extra `tableau` is not installed.
    FileError
        If the folder exists or cannot be written.
    """
    started = time.perf_counter()
    if kind not in KINDS:
        raise InputError(f"marts cannot be exported as {kind!r}; choose from {', '.join(KINDS)}")
    if not store.is_built(db):
        raise NotEnoughData("there are no marts yet; run aisle marts build")
    check_new(folder)
    with atomic_write(folder) as partial:
        partial.mkdir(mode=0o700)
        frames, rows = {}, {}
        for number, mart in enumerate(MARTS, 1):
            frames[mart.name] = _frame(db, mart)
            rows[mart.name] = frames[mart.name].height
            progress("export marts", number, len(MARTS), sum(rows.values()))
        KINDS[kind](frames, partial)
        (partial / "questions").mkdir()
        for name, sql in QUESTIONS.items():
            (partial / "questions" / f"{name}.sql").write_text(sql.lstrip(), encoding="utf-8")
        size = sum(file.stat().st_size for file in partial.rglob("*") if file.is_file())
    return Exported(rows, size, time.perf_counter() - started)


def _frame(db: Database, mart: Mart) -> pl.DataFrame:
    written = ("day", "money")
    schema = pl.Schema(
        {name: pl.String if word in written else _TYPES[word] for name, (word, _) in mart.columns.items()}
    )
    parts = [pl.DataFrame(rows, schema=schema, orient="row") for rows in store.read(db, mart)]
    read = pl.concat([pl.DataFrame(schema=schema), *parts])
    return read.with_columns(
        pl.col(name).str.to_date("%Y-%m-%d") if word == "day" else pl.col(name).cast(_MONEY)
        for name, (word, _) in mart.columns.items()
        if word in written
    )


def _write_parquet(frames: dict[str, pl.DataFrame], folder: Path) -> None:
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")


def _write_tableau(frames: dict[str, pl.DataFrame], folder: Path) -> None:
    try:
        import pantab
    except ImportError:
        raise SettingsError("a Tableau extract needs pantab; pip install 'aisle[tableau]'") from None
    # Hyper writes a log where it runs, unless it is told where.
    with TemporaryDirectory() as logs:
        pantab.frames_to_hyper(frames, folder / HYPER, process_params={"log_config": "", "log_dir": logs})
    (folder / WORKBOOK).write_text(workbook(HYPER), encoding="utf-8")


KINDS: Final[dict[str, Callable[[dict[str, pl.DataFrame], Path], None]]] = {
    "parquet": _write_parquet,
    "tableau": _write_tableau,
}
"""How marts can be written."""
