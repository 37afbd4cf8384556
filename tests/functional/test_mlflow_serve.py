"""What MLflow serves is what the shop recommends: a real training, a real `mlflow models serve`."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from aisle.app.shop import Shop
from tests import trackers

START_SECONDS: Final = 240
"""It takes fifteen on a machine with nothing else to do."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the live model of a shop on a free port and lend the address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    scripts = Path(sys.executable).parent
    environment = os.environ | {
        "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "AISLE_DATABASE__URL": f"sqlite:///{folder}/aisle.db",
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    options = ["-m", "models:/aisle@live", "--env-manager", "local", "--port", str(port)]
    command = [str(scripts / "mlflow"), "models", "serve", *options]
    log = folder / "serve.log"
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", process, log)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"mlflow models serve does not answer: {log.read_text()}")


def ask(url: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(question).encode(), headers)) as answer:
        found: list[dict[str, Any]] = json.load(answer)["predictions"]
        return found


def test_mlflow_serves_what_the_shop_recommends(untrained_folder: Path, tmp_path: Path) -> None:
    trackers.needed("mlflow", "pandas", "flask")
    folder = shutil.copytree(untrained_folder, tmp_path / "shop")
    with (folder / "aisle.toml").open("a") as file:
        file.write("\n[mlflow]\nenabled = true\n")
    with Shop.open(folder) as shop:
        assert shop.train().run_id
        shelf = [item.item_id for item in shop.recommend("user-1", 5).items]
    with served(folder) as url:
        known, stranger = ask(
            url, {"dataframe_records": [{"user_id": "user-1"}, {"user_id": "a stranger"}], "params": {"n": 5}}
        )
        (taught,) = ask(url, {"dataframe_records": [{"history": ["tea-1", "tea-2"]}]})
    assert (known["items"], known["popular"]) == (shelf, False)
    assert stranger["popular"] is True
    assert len(taught["items"]) == 10
    assert all(item.startswith("tea-") for item in taught["items"][:5])
