"""A server in processes of its own, as a shop runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

SERVE = """
import sys
from pathlib import Path
from aisle.app.settings import Settings
from aisle.web.workers import run

if __name__ == "__main__":
    run(Settings.read(Path(sys.argv[1])), "127.0.0.1", 0, int(sys.argv[2]), lambda line: print(line, flush=True))
    print("stopped", flush=True)
"""


@contextmanager
def serving(
    folder: Path, workers: int = 1, before: Sequence[str] = (), errors: int = subprocess.DEVNULL
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start a server; yields its first process and its address, and stops what still runs.

    Parameters
    ----------
    before
        A command that the server's follows, such as `taskset`.
    errors
        Where its log goes; `subprocess.PIPE` for who reads it, as a pipe that is full holds the server up.
    """
    command = [*before, sys.executable, "-c", SERVE, str(folder), str(workers)]
    env = os.environ | {"AISLE_SERVE__ACCESS_LOG": "false"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env) as process:
        assert process.stdout is not None
        try:
            yield process, next(line.split()[2] for line in process.stdout if "http://" in line)
        finally:
            process.kill()
