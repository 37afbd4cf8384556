"""Slow clients: sockets that begin a request and never finish it."""

import socket
import time
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from tests.faults.load import Call, ask, connect, until_ready
from tests.web.serving import serving

PATIENCE_SECONDS: Final = 60.0
_BEGINNING: Final = b"GET /api/bestsellers HTTP/1.1\r\nhost: localhost\r\n"


class SlowClients(NamedTuple):
    """What became of sockets that never finish their request."""

    sockets: int
    cut: int
    """How many of them the server closed."""
    seconds: float
    """When the last one was."""
    served: bool
    """Whether others got their shelves meanwhile."""


def hold_sockets(folder: Path, sockets: int) -> SlowClients:
    """Open sockets to a shop's server, send the beginning of a request on each, and wait until they are cut."""
    with serving(folder) as (_, address):
        until_ready(address)
        parts = urlsplit(address)
        began = time.monotonic()
        slow = [socket.create_connection((str(parts.hostname), parts.port or 80)) for _ in range(sockets)]
        for client in slow:
            client.sendall(_BEGINNING)
        served = ask(connect(address), Call("/api/bestsellers")).status == 200
        cut = 0
        for client in slow:
            client.settimeout(max(0.1, began + PATIENCE_SECONDS - time.monotonic()))
            with suppress(TimeoutError):
                cut += client.recv(1) == b""
            client.close()
        return SlowClients(sockets, cut, time.monotonic() - began, served)
