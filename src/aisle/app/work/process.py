"""The worker as a process: in the foreground, or beside a server, which starts it again if it ends."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Final

from aisle.app.settings import Settings
from aisle.app.stopping import told_to_stop
from aisle.app.work.worker import Worker

_spawn: Final = multiprocessing.get_context("spawn")  # Polars and LightGBM do not survive a fork
_log: Final = logging.getLogger(__name__)

GRACE_SECONDS: Final = 10.0
"""How long a worker that is told to stop may take to end its step."""

AGAIN_SECONDS: Final = 5.0

NICE: Final = 10
"""Work gives way to the server beside it."""


def work(settings: Settings) -> None:
    """Do a shop's jobs until the process is told to stop."""
    worker = Worker(settings)
    with told_to_stop(worker.stop):
        worker.run()


@contextmanager
def worker_beside(settings: Settings) -> Iterator[None]:
    """Run a worker in a process of its own while a block runs."""
    alive, own = _spawn.Pipe(duplex=False)
    stopping = threading.Event()
    thread = threading.Thread(target=_keep, args=(settings, alive, stopping), name="aisle-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        own.close()
        thread.join()


def _keep(settings: Settings, alive: Connection, stopping: threading.Event) -> None:
    """Start the worker, again whenever it ends, until told to stop."""
    while not stopping.is_set():
        process = _spawn.Process(target=_beside, args=(settings, alive), name="aisle-worker")
        process.start()
        while process.is_alive() and not stopping.wait(0.2):
            pass
        if not stopping.is_set():
            _log.warning("the worker ended with %s; it starts again", process.exitcode)
            stopping.wait(AGAIN_SECONDS)
        _end(process)


def _end(process: SpawnProcess) -> None:
    if process.is_alive():
        process.terminate()
    process.join(GRACE_SECONDS)
    if process.is_alive():
        process.kill()
        process.join()


def _beside(settings: Settings, alive: Connection) -> None:
    """Work until told to stop, or until the server is gone."""
    os.nice(NICE)
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()
    work(settings)


def _end_with(alive: Connection) -> None:
    try:
        alive.recv_bytes()
    except (EOFError, OSError):
        os.kill(os.getpid(), signal.SIGTERM)
