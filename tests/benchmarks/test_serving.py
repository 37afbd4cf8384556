import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.shared.generators import missing
from tests.databases import REQUIRED


def test_a_quick_look_at_a_small_shop_has_every_row(folder: Path) -> None:
    if absent := missing():
        (pytest.fail if REQUIRED else pytest.skip)(f"{', '.join(absent)} is not installed")
    command = [sys.executable, "-m", "benchmarks.serving", "--shop", str(folder), "--seconds", "1", "--starts", "1"]
    done = subprocess.run([*command, "--no-page"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = done.stdout.splitlines()[-9:]
    shelves = ("trending", "bestsellers", "similar", "4 at once", "at moments of chance", "processor time")
    for row in (*shelves, "POST", "a click", "start to ready"):
        assert sum(row in line for line in table) == 1, done.stdout
    assert "void" not in done.stdout
