import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from aisle.app.shop import Shop
from tests.runner import Runner


def test_demo_goes_from_nothing_to_a_shelf(aisle: Runner, tmp_path: Path) -> None:
    ran = aisle("demo", tmp_path / "demo", "--events", 10_000, "--no-serve")
    assert ran.code == 0, ran.err
    assert "Simulated shop" in (tmp_path / "demo" / "aisle.toml").read_text()
    for text in ("popularity", "is live", "Recommended for", "History", "Shoppers to try", "serve"):
        assert text in ran.out


def test_demo_replaces_an_earlier_demo_only(aisle: Runner, folder: Path) -> None:
    ran = aisle("demo", folder, "--events", 10_000, "--no-serve")
    assert ran.code == 2
    assert "not a simulated shop" in ran.err
    with Shop.open(folder) as shop:
        assert shop.model_version() == 1


def test_serve_answers_until_it_is_stopped(folder: Path) -> None:
    command = [sys.executable, "-m", "aisle.cli.main", "-C", str(folder), "serve", "--port", "8731"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        line = next((line for line in server.stdout if "Serving on" in line), "it ended before it served")
        address = re.search(r"http://\S+", line)
        assert address, line
        with urllib.request.urlopen(f"{address[0]}/api/recommendations?user_id=user-0&n=3") as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait() == 0
