"""The web process: uvicorn on a free port, and a clean end on SIGINT or SIGTERM."""

import errno
import gc
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from aisle import kernels
from aisle.app.serve import Live
from aisle.kernels.threads import blas_alone
from aisle.shop.errors import SettingsError
from aisle.web.app import create_app
from aisle.web.metrics import watch_queues
from aisle.web.slow_clients import ImpatientProtocol

PORTS_TRIED: Final = 20
"""How many ports are tried."""

BACKLOG: Final = 2048
"""How many connections may wait to be accepted."""

TURN_SECONDS: Final = 0.001
"""How long a thread may keep others from their turn at Python, where five times as much is usual: the thread that loads
a new model would hold requests up again and again."""

GARBAGE_OBJECTS: Final = 5_000
"""So many new objects are looked through at a time for those that only refer to each other: a shelf makes hundreds of
which hardly any do, and with Python's 700 each shelf was interrupted once or twice."""

GRACE_SECONDS: Final = 5
"""How long running requests may take after the process is told to stop."""


def serve(live: Live, listener: socket.socket) -> None:
    """Answer on a socket until the process is told to stop; the caller closes both afterwards."""
    sys.setswitchinterval(TURN_SECONDS)
    gc.disable()
    threading.Thread(target=live.model_watch.copy_ahead, name="aisle-copy").start()
    kernels.load()
    live.model_watch.follow()
    live.experiment_watch.follow()
    live.erasures.follow()
    live.addresses.follow()
    app = create_app(live)
    # What is loaded stays for good: the collector need not walk through it again and again while requests wait.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_OBJECTS)
    gc.enable()
    config = uvicorn.Config(
        app,
        http=ImpatientProtocol,
        lifespan="off",
        log_level="warning",
        access_log=False,  # Aisle writes its own
        server_header=False,
        proxy_headers=bool(live.settings.serve.proxies),
        forwarded_allow_ips=list(live.settings.serve.proxies),
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    stopped = threading.Event()
    watch_queues(live, stopped)
    try:
        with blas_alone(), _stopped_cleanly():
            uvicorn.Server(config).run([listener])
    finally:
        stopped.set()


def listen(host: str, port: int, *, next_free: bool = False) -> socket.socket:
    """Return a socket that listens.

    Parameters
    ----------
    host, port
        Where to listen; port 0 is any free port.
    next_free
        Whether the next free port is taken if this one is busy, as for a demonstration. In production a busy port is a
        mistake: whoever calls it would reach another server.

    Raises
    ------
    SettingsError
        If the host cannot be used, or the port is busy.
    """
    last = min(port + PORTS_TRIED - 1, 65535) if next_free else port
    for candidate in range(port, last + 1):
        try:
            return _bound(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SettingsError(
                    f"cannot listen on {host} port {candidate}: {error.strerror}; choose another"
                ) from None
    if next_free:
        raise SettingsError(f"no port from {port} to {last} is free on {host}; choose another with --port")
    raise SettingsError(f"port {port} is busy on {host}; stop what listens there, or choose another with --port")


def announce(listener: socket.socket, host: str, port: int, say: Callable[[str], None]) -> None:
    """Say where the server listens, and that the wanted port was busy if it was."""
    free = listener.getsockname()[1]
    if port not in {0, free}:
        say(f"Port {port} is busy; using {free}.")
    shown = f"[{host}]" if ":" in host else host
    say(f"Serving on http://{shown}:{free} (Ctrl-C stops)")


def _bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens on a port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named: asyncio sets TCP_NODELAY only then, and without it every answer but the first of a
    # connection waits some 40 ms for the client's acknowledgement of its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


@contextmanager
def _stopped_cleanly() -> Iterator[None]:
    """Let the caller go on after a stop: uvicorn raises the signal again when it has closed everything."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
