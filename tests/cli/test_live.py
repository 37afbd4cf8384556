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
    ran = aisle("demo", tmp_path / "demo", "--events", 20_000, "--no-serve")
    assert ran.code == 0, ran.err
    assert "Simulated shop" in (tmp_path / "demo" / "aisle.toml").read_text()
    for said in ("popularity", "is live", "Recommended for", "Lately", "Shoppers worth trying"):
        assert said in ran.out


def test_demo_replaces_an_earlier_demo_only(aisle: Runner, folder: Path) -> None:
    ran = aisle("demo", folder, "--events", 20_000, "--no-serve")
    assert ran.code == 2
    assert "no simulated shop" in ran.err
    with Shop.open(folder) as shop:
        assert shop.model_version() == 1


def test_serve_answers_until_it_is_stopped(folder: Path) -> None:
    command = [sys.executable, "-m", "aisle.cli.main", "-C", str(folder), "serve", "--port", "8731"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout
        said = ""
        while "Serving on" not in said:
            said = server.stdout.readline()
        found = re.search(r"http://\S+", said)
        assert found
        with urllib.request.urlopen(f"{found[0]}/api/recommendations?user_id=user-0&n=3", timeout=10) as answer:
            assert answer.status == 200
        server.send_signal(signal.SIGINT)
        assert server.wait(10) == 0
