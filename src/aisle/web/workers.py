"""Worker processes: each answers on the same socket, with a shop of its own; a supervisor keeps them running."""

import logging
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.stopping import told_to_stop
from aisle.shop.errors import AisleError
from aisle.web import metrics
from aisle.web.access.origins import note_for_start
from aisle.web.server import GRACE_SECONDS, announce, listen, serve

START_SECONDS: Final = 5.0
"""A worker that runs for longer was able to start."""

_spawn: Final = multiprocessing.get_context("spawn")  # Polars and LightGBM do not survive a fork
_log: Final = logging.getLogger(__name__)


def run(
    settings: Settings, host: str, port: int, workers: int, say: Callable[[str], None], *, next_free: bool = False
) -> None:
    """Serve a shop until the process is told to stop.

    Parameters
    ----------
    workers
        How many processes answer; one is this process itself.
    say
        Called with one line at a time.
    host, port, next_free
        As for `server.listen`.

    Raises
    ------
    SettingsError
        If the host or the port cannot be used.
    StorageError
        If the shop has no database, or it does not answer.
    """
    with (
        tempfile.TemporaryDirectory(prefix="aisle-serving-") as copies,
        Live(settings, Path(copies)) as live,
        listen(host, port, next_free=next_free) as listener,
    ):
        if note := note_for_start(host, is_locked=live.keys.is_locked):
            say(note)
        announce(listener, host, port, say)
        if workers == 1:
            serve(live, listener)
        else:
            live.close()
            metrics.count_together(Path(copies) / "metrics")
            Supervisor(settings, Path(copies), listener, workers).run()


class Supervisor:
    """Starts workers, replaces those that end, and stops them all.

    Parameters
    ----------
    settings
        The shop's settings.
    copies
        Where the workers keep checked copies of bundles.
    listener
        The socket that all of them answer on.
    workers
        How many.
    """

    def __init__(self, settings: Settings, copies: Path, listener: socket.socket, workers: int) -> None:
        self._arguments = (settings, copies, listener)
        self._count = workers
        self._stopping = threading.Event()
        self._started: dict[SpawnProcess, float] = {}

    def run(self) -> None:
        """Keep the workers running until the process is told to stop.

        Raises
        ------
        AisleError
            If a worker ends of itself, and no other one serves.
        """
        # The workers see that the supervisor is gone, however it ended, when this pipe closes.
        alive, self._alive = _spawn.Pipe(duplex=False)
        try:
            with told_to_stop(self._stopping.set), self._alive:
                for _ in range(self._count):
                    self._start(alive)
                while not self._stopping.is_set():
                    self._replace_ended(alive)
        finally:
            self._stop()

    def _start(self, alive: Connection) -> None:
        process = _spawn.Process(target=work, args=(*self._arguments, alive), name="aisle-worker")
        process.start()
        self._started[process] = time.monotonic()

    def _replace_ended(self, alive: Connection) -> None:
        wait([process.sentinel for process in self._started], timeout=0.2)
        for process in [process for process in self._started if not process.is_alive()]:
            del self._started[process]
            if self._stopping.is_set():
                return
            metrics.forget(process.pid)
            if (process.exitcode or 0) >= 0:  # it ended itself, no signal did
                if not self._others_serve():
                    raise AisleError(f"a worker ended with {process.exitcode} as it started; the log above says why")
                self._stopping.wait(1.0)  # it lacks what the others had, such as the database: that may come back
            _log.warning("worker %s ended with %s; starting another", process.pid, process.exitcode)
            self._start(alive)

    def _others_serve(self) -> bool:
        """Return whether a worker runs that had the time to start."""
        now = time.monotonic()
        return any(worker.is_alive() and now - started > START_SECONDS for worker, started in self._started.items())

    def _stop(self) -> None:
        for process in self._started:
            process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS + 1
        for process in self._started:
            process.join(max(0.0, deadline - time.monotonic()))
            if process.is_alive():
                process.kill()
                process.join()


def work(settings: Settings, copies: Path, listener: socket.socket, alive: Connection) -> None:
    """Answer until told to stop, or until the supervisor is gone."""
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    with Live(settings, copies) as live, listener:
        serve(live, listener)


def _end_with(alive: Connection) -> None:
    try:
        alive.recv_bytes()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
