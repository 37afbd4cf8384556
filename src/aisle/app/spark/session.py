"""A Spark session with the shop's settings, and the shop's events on it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from aisle.app.progress import Progress
from aisle.app.settings import Settings
from aisle.prepare.build import NEEDED, OPTIONAL
from aisle.shop.columns import EVENT_ID
from aisle.shop.errors import FileError, NotEnoughData, SettingsError
from aisle.storage.connection import Database
from aisle.storage.log import events

if TYPE_CHECKING:
    from aisle.prepare.spark.session import Frame, Session


@contextmanager
def spark_session(settings: Settings) -> Iterator["Session"]:
    """Lend a Spark session with the shop's settings.

    Raises
    ------
    SettingsError
        If PySpark is not installed.
    SparkError
        If Spark cannot start, or whatever is done with it fails.
    """
    if find_spec("pyspark") is None:
        raise SettingsError("the engine spark needs PySpark: pip install 'aisle[spark]'")
    from aisle.prepare.spark.session import session

    with session(settings.spark.master, settings.spark.conf) as spark:
        yield spark


@contextmanager
def spark_events(db: Database, spark: "Session", source: str | None, progress: Progress) -> Iterator["Frame"]:
    """Lend the cleaned events of a source, or of the shop's database, which are handed to Spark as files.

    Raises
    ------
    NotEnoughData
        If there are no events.
    """
    from aisle.prepare.spark.frames import kept
    from aisle.prepare.spark.log import cleaned_on_spark
    from aisle.prepare.spark.reading import read_events

    with tempfile.TemporaryDirectory(prefix="aisle-") as folder:
        if source is None:
            write_events(db, Path(folder), progress)
        with kept(cleaned_on_spark(read_events(spark, source or folder))) as cleaned:
            yield cleaned


def write_events(db: Database, folder: Path, progress: Progress) -> None:
    """Write the events of a database into Parquet files.

    Raises
    ------
    NotEnoughData
        If there are no events.
    FileError
        If the disk refuses.
    """
    total, rows = events.count(db), 0
    for number, frame in enumerate(events.stream(db, (EVENT_ID, *NEEDED, *OPTIONAL))):
        try:
            frame.write_parquet(folder / f"{number:06}.parquet")
        except OSError as error:
            raise FileError(f"cannot write events for Spark into {folder}: {error}; make room or set TMPDIR") from None
        rows += frame.height
        progress("hand events to Spark", rows, total, rows)
    if rows == 0:
        raise NotEnoughData("this shop has no events yet; run aisle import FILE…")
