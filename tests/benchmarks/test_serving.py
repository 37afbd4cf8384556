import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from socket import SO_REUSEADDR, SOL_SOCKET, create_server, socket

import pytest

from benchmarks.serving import inode_behind
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


def test_the_other_end_is_told_apart_from_that_of_another_server_reached_from_the_same_port() -> None:
    with ExitStack() as opened:
        port = 0
        for _ in range(2):
            server = opened.enter_context(create_server(("127.0.0.1", 0)))
            connection = opened.enter_context(socket())
            connection.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
            connection.bind(("127.0.0.1", port))
            connection.connect(server.getsockname())
            port = connection.getsockname()[1]
            accepted = opened.enter_context(server.accept()[0])
            assert inode_behind(connection) == os.fstat(accepted.fileno()).st_ino
