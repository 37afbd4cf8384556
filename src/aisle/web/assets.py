"""Static files: compressed once, and named by their content, so that a browser asks for each only once."""

import gzip
import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

FOLDER: Final = Path(__file__).parent / "static"

_FOREVER: Final = "public, max-age=31536000, immutable"
_HOUR: Final = "public, max-age=3600"
_COMPRESSED: Final = frozenset({".css", ".js", ".svg", ".txt"})


class Asset(NamedTuple):
    """A static file."""

    content: bytes
    compressed: bytes | None
    media_type: str
    digest: str


@cache
def read(name: str) -> Asset | None:
    """Return a file of the static folder, or None if there is no such file for browsers."""
    path = FOLDER / name
    if not path.resolve().is_relative_to(FOLDER) or not path.is_file() or path.suffix == ".zip":
        return None
    content = path.read_bytes()
    compressed = gzip.compress(content, 9, mtime=0) if path.suffix in _COMPRESSED else None
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Asset(content, compressed, media_type, hashlib.sha256(content).hexdigest()[:12])


def asset(name: str) -> str:
    """Return the address of a static file, with its content's hash; a file that is missing keeps its plain address."""
    found = read(name)
    return f"/static/{name}" + (f"?v={found.digest}" if found else "")


class Assets:
    """The application that answers with static files, at the path where it is mounted."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file.

        Raises
        ------
        HTTPException
            404, if there is no such file.
        """
        request = Request(scope)
        name = scope["path"].removeprefix(scope["root_path"]).lstrip("/")
        await _answer(request, _found(name))(scope, receive, send)


def widget(request: Request) -> Response:
    """Answer with the script of shelves for other sites, whose address stays the same."""
    return _answer(request, _found("widget.js"))


def _found(name: str) -> Asset:
    """Return a file, or raise 404 if there is none."""
    found = read(name) if name in _names() else None
    if found is None:
        raise HTTPException(404)
    return found


def _answer(request: Request, found: Asset) -> Response:
    headers = {"Cache-Control": _FOREVER if request.query_params.get("v") == found.digest else _HOUR}
    headers |= {"ETag": f'"{found.digest}"', "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if found.compressed and "gzip" in request.headers.get("accept-encoding", ""):
        return Response(found.compressed, headers=headers | {"Content-Encoding": "gzip"}, media_type=found.media_type)
    return Response(found.content, headers=headers, media_type=found.media_type)


@cache
def _names() -> frozenset[str]:
    """Return the files there are, so that no request can make the process look for others."""
    return frozenset(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())
