"""An order log in the format `online-retail`, imported as a shop imports it."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from aisle.app.data.importing import import_rows
from aisle.app.data.setup import make_shop
from aisle.app.data.tables import Tables, read_events, read_tables
from aisle.app.settings import Settings
from aisle.ingest.plan import Plan
from aisle.storage.connection import Database, connect


def read(folder: Path) -> Tables:
    """Return what a shop knows from the log in a folder, `*.csv` or `*.csv.gz`."""
    with _imported(folder) as (db, settings):
        return read_tables(db, settings)


def read_columns(folder: Path, columns: Sequence[str]) -> pl.DataFrame:
    """Return some columns of the events of the log in a folder."""
    with _imported(folder) as (db, settings):
        return read_events(db, settings, column_names=columns)


@contextmanager
def _imported(folder: Path) -> Iterator[tuple[Database, Settings]]:
    """Lend a temporary shop with the log."""
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings.read(make_shop(Path(temporary) / "shop"))
        with connect(settings.database_url) as db:
            import_rows(db, sorted(folder.glob("*.csv*")), Plan(format="online-retail"))
            yield db, settings
