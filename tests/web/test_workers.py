"""Several workers, for real: processes, signals, one of them killed."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from aisle.app.data.setup import make_shop
from tests.web.serving import SERVE, serving


def shelf(address: str) -> dict[str, object]:
    with urllib.request.urlopen(f"{address}/api/recommendations?user_id=user-0", timeout=120) as answer:
        shelf: dict[str, object] = json.load(answer)
    return shelf


def workers_of(process: "subprocess.Popen[str]") -> set[int]:
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return {pid for pid in map(int, children) if b"resource_tracker" not in Path(f"/proc/{pid}/cmdline").read_bytes()}


def test_workers_answer_one_that_is_killed_is_replaced_and_all_stop(folder: Path) -> None:
    with serving(folder, workers=2) as (process, address):
        assert shelf(address)["fallback"] is None
        first, _ = sorted(workers_of(process))
        os.kill(first, signal.SIGKILL)
        assert process.stderr is not None
        assert f"worker {first} ended with -9; starting another" in process.stderr.readline()
        assert shelf(address)["fallback"] is None
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=120)
    assert rest == "stopped\n"
    assert process.returncode == 0


def test_workers_end_with_their_supervisor(folder: Path) -> None:
    with serving(folder, workers=2) as (process, address):
        shelf(address)
        workers = workers_of(process)
        process.kill()
        # Each holds the pipe of the supervisor's output, which ends when all are gone.
        assert process.communicate(timeout=120)[0] == ""
    assert not any(Path(f"/proc/{worker}").exists() and _runs(worker) for worker in workers)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_workers_that_cannot_start_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    folder.mkdir()
    make_shop(folder, "Shop")
    code = SERVE.replace(
        "run(Settings", "import aisle.web.workers as w; w.work = print\n    run(Settings"
    )  # a worker that prints and ends
    process = subprocess.run(
        [sys.executable, "-c", code, str(folder), "2"], capture_output=True, text=True, timeout=120, check=False
    )
    assert process.returncode == 1
    assert "a worker ended with 0 as it started" in process.stderr
