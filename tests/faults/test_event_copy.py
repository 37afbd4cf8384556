"""A process that is killed while it copies the events leaves a copy that the next one completes."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from aisle.app.data.columnar import COLUMNS, SCHEMA, copy_of
from aisle.app.settings import Settings
from aisle.storage.connection import connect
from aisle.storage.log import event_changes, events
from tests.small_shop import make_small_shop

SCRIPT = """
import sys
from pathlib import Path
from aisle.app.data.columnar import copy_of
from aisle.app.settings import Settings
from aisle.storage.log import event_changes
from aisle.storage.connection import connect

event_changes.BLOCK = 20
settings = Settings.read(Path(sys.argv[1]))
with connect(settings.database_url) as db, copy_of(settings).current(db) as rows:
    pass
"""


def test_a_copy_survives_kill_9(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make_small_shop(tmp_path / "shop", shoppers=400)
    columns = folder / "columns"
    for pieces in (1, 20, 60):
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(folder)])
        while process.poll() is None and len(list(columns.glob("*.parquet"))) < pieces:
            time.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        process.wait()

    monkeypatch.setattr(event_changes, "BLOCK", 20)
    settings = Settings.read(folder)
    with connect(settings.database_url) as db:
        stored = pl.concat([SCHEMA.to_frame(), *events.stream(db, COLUMNS)])
        with copy_of(settings).current(db) as rows:
            copied = rows.collect()

    assert copied.height == 2_400
    assert copied.sort(*COLUMNS).equals(stored.sort(*COLUMNS))
    assert {path.suffix for path in columns.iterdir()} <= {".parquet", ".json", ""}
