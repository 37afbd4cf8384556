"""A server on a socket, in a thread of this process; and a way to it that loses answers."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn

from aisle.app.serve import Live
from aisle.web.app import create_app
from aisle.web.server import listen
from aisle.web.slow_clients import ImpatientProtocol


@contextmanager
def served(live: Live) -> Iterator[str]:
    """Answer on a free port as the web process does; yields the address."""
    config = uvicorn.Config(create_app(live), http=ImpatientProtocol, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    with listen("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


class Flaky:
    """A way to a server on which answers get lost: the request arrives, and then the connection breaks.

    Attributes
    ----------
    losses
        How many of the next answers are lost.
    requests
        How many requests arrived.
    """

    def __init__(self, address: str) -> None:
        host, port = address.removeprefix("http://").split(":")
        self.losses = 0
        self.requests = 0
        self._server: Final = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url: Final = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._forward, args=(client,), daemon=True).start()

    def _forward(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._server) as server, contextlib.suppress(OSError):
            while True:
                request = _message(client)
                if not request:
                    return
                self.requests += 1
                server.sendall(request)
                answer = _message(server)
                if self.losses:
                    self.losses -= 1
                    return
                client.sendall(answer)


def _message(side: socket.socket) -> bytes:
    """Return a whole request or answer; nothing if the other side hung up."""
    text = b""
    while (end := text.find(b"\r\n\r\n")) < 0 or len(text) < end + 4 + _length(text[:end]):
        part = side.recv(65536)
        if not part:
            return b""
        text += part
    return text


def _length(head: bytes) -> int:
    """Return how long a body is."""
    found = re.search(rb"^content-length: *(\d+)", head, re.IGNORECASE | re.MULTILINE)
    return int(found[1]) if found else 0
