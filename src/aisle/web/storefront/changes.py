"""What changed on a page since a browser got it: the answer to a deed brings that, and nothing that is there already.

A script of ours says in a header which shelves its page shows, each with the version of what is on it. A browser
without scripts says nothing, and gets whole pages.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import Request

from aisle.web.storefront.window import ShelfView

HEADER: Final = "aisle-shown"
"""Which shelves a page shows: `placement=version`, in their order, with spaces between."""


class Changes(NamedTuple):
    """What a page has to get of its shelves."""

    shelves: Sequence[ShelfView]
    in_place: bool
    """Whether each of them takes the place of the one of its name; otherwise they take the place of all."""


def changes(request: Request, shelves: Sequence[ShelfView]) -> Changes | None:
    """Return what changed on the page that a request comes from; None if it asks for a whole page."""
    header = request.headers.get(HEADER)
    if header is None:
        return None
    shown = dict(pair.partition("=")[::2] for pair in header.split())
    if list(shown) != [shelf.placement for shelf in shelves]:
        return Changes(shelves, in_place=False)
    return Changes([shelf for shelf in shelves if shelf.version != shown[shelf.placement]], in_place=True)


def request_of(request: Request, address: str) -> Request:
    """Return a request for the page at an address of this server, by whoever sent a request from it."""
    parts = urlsplit(address)
    return Request({**request.scope, "method": "GET", "path": parts.path, "query_string": parts.query.encode()})
