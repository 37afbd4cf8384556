"""Compressed pages and pictures: the home page of a shop is a quarter of a megabyte as it is."""

import gzip
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEAST: Final = 1000
"""Below so many bytes nothing is gained."""

LEVEL: Final = 5
"""Higher ones take longer and gain little."""

API: Final = "/api/"
"""The answers below this path are small, and asked for by programs that wait for them."""

_TYPES: Final = ("text/html", "image/svg+xml")


class CompressedPages:
    """Middleware that compresses what pages are made of, for browsers that can read it.

    What stands beside a secret in a compressed page must not tell of it by its length: the tokens of forms differ in
    every page (`aisle.web.access.forms`).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the application does, in fewer bytes."""
        wanted = scope["type"] == "http" and not scope["path"].startswith(API)
        if not wanted or "gzip" not in Headers(scope=scope).get("accept-encoding", ""):
            await self._app(scope, receive, send)
            return
        started: Message | None = None

        async def send_compressed(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start" and _is_page(message):
                started = message
                return
            if started is not None:
                message = _compress(started, message)
                start, started = started, None
                await send(start)
            await send(message)

        await self._app(scope, receive, send_compressed)


def _is_page(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return headers.get("content-type", "").startswith(_TYPES) and "content-encoding" not in headers


def _compress(start: Message, body: Message) -> Message:
    """Compress a body that comes at once, and say so in the headers of its start."""
    headers = MutableHeaders(raw=start["headers"])
    headers.add_vary_header("Accept-Encoding")
    content = body.get("body", b"")
    if len(content) >= LEAST and not body.get("more_body", False):
        content = gzip.compress(content, LEVEL, mtime=0)
        headers["Content-Encoding"] = "gzip"
        headers["Content-Length"] = str(len(content))
    start["headers"] = headers.raw
    return {**body, "body": content}
