"""A bare Starlette route: what an answer costs before anything is done for it.

    python -m benchmarks.shared.bare h11|httptools

h11 is what uvicorn brings along, and httptools the parser of the shop's server.
"""

import sys
from typing import Literal, cast

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from aisle.web.server import listen

_ANSWER = b'{"status":"ok"}'


async def answer(_request: Request) -> Response:
    """Answer with a constant."""
    return Response(_ANSWER, media_type="application/json")


def main() -> None:
    """Serve until told to stop, and print the address."""
    routes = [Route("/", answer, methods=["GET", "POST"])]
    with listen("127.0.0.1", 0) as listener:
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        parser = cast("Literal['h11', 'httptools']", sys.argv[1])
        config = uvicorn.Config(
            Starlette(routes=routes), http=parser, lifespan="off", log_level="warning", access_log=False
        )
        uvicorn.Server(config).run([listener])


if __name__ == "__main__":
    main()
