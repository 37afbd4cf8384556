"""A server on a socket, in a thread of this process; and a way to it that loses answers."""

import contextlib
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
                # A request and an answer of these tests each come in parts that follow at once.
                request = _all(client)
                if not request:
                    return
                self.requests += 1
                server.sendall(request)
                answer = _all(server)
                if self.losses:
                    self.losses -= 1
                    return
                client.sendall(answer)


def _all(side: socket.socket) -> bytes:
    """Return a message: its first part, and what follows within a moment."""
    side.settimeout(None)
    message = side.recv(65536)
    side.settimeout(0.05)
    with contextlib.suppress(TimeoutError):
        while message and (more := side.recv(65536)):
            message += more
    return message
