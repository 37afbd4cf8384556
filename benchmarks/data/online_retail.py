"""An order log in the format `online-retail`, imported as a shop imports it."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from aisle.app.data.importing import import_files
from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.app.training.measuring import read_catalogue, read_events
from aisle.ingest.plan import Plan
from aisle.storage.connection import connect


def read(folder: Path, columns: Sequence[str] | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the events and the catalogue of a log.

    Parameters
    ----------
    folder
        Holds the log, as `*.csv` or `*.csv.gz`.
    columns
        The columns of the events; by default those that training needs.
    """
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings.read(make_shop(Path(temporary) / "shop"))
        with connect(settings.database_url) as db:
            import_files(db, sorted(folder.glob("*.csv*")), Plan(format="online-retail"))
            events = read_events(db, wanted=columns) if columns else read_events(db)
            return events, read_catalogue(db)
