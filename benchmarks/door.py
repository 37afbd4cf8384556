"""What the door costs a request: microseconds of processor time, by what the request shows.

    python -m benchmarks.door [--requests 20000] [--json FILE]

Requests pass the door of a shop with keys to an application that answers nothing, in one process and without a socket.
`door_us` is what they cost beyond the same requests to that application alone; the keys are read again each second, as
always, and that is included. The least of five turns counts.
"""

import asyncio
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop import access
from aisle.shop.tokens import sign_user
from aisle.web.access.door import Door
from aisle.web.routes import table
from benchmarks.shared.rows import Row, finish, options
from tests.small_shop import make_small_shop

TURNS: Final = 5
ORIGIN: Final = "https://shop.example"


def main() -> None:
    """Measure the door with each kind of credentials."""
    parser = options("door", __doc__ or "")
    parser.add_argument("--requests", type=int, default=20_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = make_small_shop(Path(place) / "shop")
        with Shop(Settings.read(folder, serve={"sealing_key": SecretStr("k" * 32), "calls_per_second": 0})) as shop:
            finish(measured(shop, arguments.requests), arguments.json)


def measured(shop: Shop, requests: int) -> list[Row]:
    """Return a row for each kind of credentials."""
    page, server = shop.create_key(access.Scope.BROWSER, origins=[ORIGIN]), shop.create_key(access.Scope.SERVER)
    token = sign_user("user-0", shop.create_secret(), shop.settings.shop.name)
    shop.keys.refresh()
    shown = {
        "an sk_ key": {"authorization": f"Bearer {server}"},
        "a pk_ key of a page": {"authorization": f"Bearer {page}", "origin": ORIGIN},
        "… and a user token": {"authorization": f"Bearer {page}", "origin": ORIGIN, "x-aisle-user": token},
    }
    door = Door(
        _nothing, table(), shop.settings.shop.name, shop.keys, shop.logins,
        hosts=(), per_second=0, answer=_refused, to_login=_not_logged_in,
    )  # fmt: skip
    rows: list[Row] = []
    for name, headers in shown.items():
        alone = min(_microseconds(_nothing, headers, requests) for _ in range(TURNS))
        behind = min(_microseconds(door, headers, requests) for _ in range(TURNS))
        rows.append({"shown": name, "door_us": behind - alone})
    return rows


def _microseconds(app: ASGIApp, headers: Mapping[str, str], requests: int) -> float:
    """Return the processor time of a request."""
    raw = [(name.encode(), value.encode()) for name, value in {"host": "127.0.0.1", **headers}.items()]

    async def send_all() -> None:
        for _ in range(requests):
            scope = {
                "type": "http", "method": "GET", "path": "/api/recommendations", "query_string": b"", "headers": raw,
                "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8000), "scheme": "http", "state": {},
            }  # fmt: skip
            await app(scope, _receive, _send)

    before = time.process_time()
    asyncio.run(send_all())
    return (time.process_time() - before) / requests * 1e6


async def _nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _refused(_request: Request, error: Exception) -> Response:
    raise error


async def _not_logged_in(_: Request) -> Response:
    raise AssertionError


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Message) -> None:
    pass


if __name__ == "__main__":
    main()
