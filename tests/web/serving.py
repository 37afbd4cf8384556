"""A server in processes of its own, as a shop runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
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
    folder: Path, workers: int = 1, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """Start a server; yields its first process and its address, and stops what still runs.

    Parameters
    ----------
    env
        Variables of its environment, beside those of this process.
    before
        A command that the server's follows, such as `taskset`.
    """
    command = [*before, sys.executable, "-c", SERVE, str(folder), str(workers)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}
    ) as process:
        assert process.stdout is not None
        try:
            yield process, next(line.split()[2] for line in process.stdout if "http://" in line)
        finally:
            process.kill()
