"""An import that is killed can simply be run again."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from aisle.app.data.importing import import_rows
from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.ingest.plan import Plan
from aisle.storage.connection import Database, connect
from aisle.storage.log import deletion, events

ROWS = 200_000
HALF = ROWS // 2


def test_a_killed_import_is_run_again_and_nothing_is_missing_or_double(tmp_path: Path) -> None:
    shop, log = make_shop(tmp_path / "shop"), tmp_path / "log.csv"
    lines = (f"u{n % 997},i{n % 313},purchase,{1_600_000_000 + n}\n" for n in range(ROWS))
    log.write_text("user_id,item_id,event,timestamp\n" + "".join(lines))
    command = [sys.executable, "-m", "aisle.cli.main", "-C", str(shop), "import", str(log), "--format", "aisle"]
    with connect(Settings.read(shop).database_url) as db:
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while events.count(db) == 0:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        assert 0 < events.count(db) < ROWS
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert events.count(db) == ROWS


def purchases(db: Database) -> int:
    return deletion.count(db, deletion.Which(since=0)).kinds.get("purchase", 0)


def test_a_killed_repair_is_run_again_and_every_row_is_repaired_once(tmp_path: Path) -> None:
    shop, log = make_shop(tmp_path / "shop"), tmp_path / "log.csv"
    lines = (f"u{n % 997},i{n % 313},{1_600_000_000 + n}\n" for n in range(HALF))
    log.write_text("user_id,item_id,timestamp\n" + "".join(lines))
    command = [
        sys.executable,
        "-m",
        "aisle.cli.main",
        "-C",
        str(shop),
        "import",
        str(log),
        "--event",
        "purchase",
        "--yes",
    ]
    with connect(Settings.read(shop).database_url) as db:
        import_rows(db, [log], Plan(constants={"event": "view_item"}))
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            while purchases(db) == 0:
                assert process.poll() is None
                time.sleep(0.01)
            process.send_signal(signal.SIGKILL)
        assert 0 < purchases(db) < HALF
        repair = import_rows(db, [log], Plan(constants={"event": "purchase"})).tables["events"]
        assert (purchases(db), events.count(db)) == (HALF, HALF)
        assert (repair.stored, 0 < repair.repaired < HALF, repair.repaired + repair.duplicate) == (0, True, HALF)
