"""The shop's own server, in a process that lives by the benchmark's clock."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from aisle.app.settings import Settings
from aisle.web.workers import run
from benchmarks.closed_loop.clock import FileClock


@contextmanager
def serving(folder: Path, clock: Path) -> Iterator[str]:
    """Serve a shop as `aisle serve` does, by the moments in a file; yields its address."""
    command = [sys.executable, "-m", "benchmarks.closed_loop.server", str(folder), str(clock)]
    env = os.environ | {"AISLE_SERVE__ACCESS_LOG": "false"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            yield next(line.split()[2] for line in process.stdout if "http://" in line)
        finally:
            process.terminate()


def _end_with_benchmark() -> None:
    """Stop the server when its standard input closes: the benchmark is gone."""
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


def _serve(folder: Path, clock: Path) -> None:
    Thread(target=_end_with_benchmark, daemon=True).start()
    with FileClock(clock).followed():
        run(Settings.read(folder), "127.0.0.1", 0, 1, lambda line: print(line, flush=True))


if __name__ == "__main__":
    _serve(Path(sys.argv[1]), Path(sys.argv[2]))
