"""The table of routes: every way into the server, and who may take it. What is not here is refused at the door."""

from typing import Final

from aisle._version import __version__
from aisle.app.serve import Live
from aisle.ingest.api import MAX_EVENTS
from aisle.shop.access import Scope
from aisle.web.access.caller import Caller
from aisle.web.access.headers import DOCS
from aisle.web.api import events, shelves, users
from aisle.web.api.events import Feedback, Rated, Received
from aisle.web.api.shelves import Page, PageWanted, Recommendations, ShelfWanted, Similar, SimilarWanted
from aisle.web.api.users import Merge, Merged
from aisle.web.endpoint import Endpoint, Nothing
from aisle.web.schemas import Health


def health(live: Live, _caller: Caller | None, _given: Nothing) -> Health:
    """Return the server's health and the version of the live model."""
    return Health("ok", __version__, live.model_version())


_EVENTS: Final = f'Send one event, a list of events, or {{"events": […]}}; at most {MAX_EVENTS:,}'
_MERGE: Final = "Give what a visitor did before signing in to the known user; may be repeated"

ENDPOINTS: Final = (
    Endpoint("GET", "/api/recommendations", Scope.BROWSER, "A shopper's shelf",
             shelves.recommendations, ShelfWanted, Recommendations, (404, 503)),
    Endpoint("POST", "/api/page", Scope.BROWSER, "The shelves of a page, no item twice",
             shelves.page, PageWanted, Page, (404, 503)),
    Endpoint("GET", "/api/similar", Scope.BROWSER, "The items most like an item",
             shelves.similar, SimilarWanted, Similar, (503,)),
    Endpoint("POST", "/api/events", Scope.BROWSER, _EVENTS, events.events, bytes, Received, (503,)),
    Endpoint("POST", "/api/feedback", Scope.BROWSER, "Rate an item", events.feedback, Feedback, Rated, (503,), 201),
    Endpoint("POST", "/api/users/merge", Scope.SERVER, _MERGE, users.merge, Merge, Merged, (503,)),
    Endpoint("GET", "/api/health", Scope.OPEN, "The server's health and the version of the live model",
             health, Nothing, Health),
)  # fmt: skip
"""The JSON API."""

PAGES: Final = (
    ("GET", "/", Scope.TEAM),
    ("GET", "/item", Scope.TEAM),
    ("GET", "/category", Scope.TEAM),
    ("GET", "/search", Scope.TEAM),
    ("GET", "/cart", Scope.TEAM),
    ("GET", "/orders", Scope.TEAM),
    ("GET", "/wishlist", Scope.TEAM),
    ("POST", "/do", Scope.TEAM),
    ("POST", "/checkout", Scope.TEAM),
    ("POST", "/shop-as", Scope.TEAM),
    ("GET", "/picture.svg", Scope.OPEN),
    ("GET", "/openapi.json", Scope.OPEN),
    ("GET", DOCS, Scope.OPEN),
    ("GET", f"{DOCS}/oauth2-redirect", Scope.OPEN),
    ("GET", "/static/*", Scope.OPEN),
    ("GET", "/static-offline-docs/*", Scope.OPEN),
)
"""All other routes."""


def table() -> dict[str, dict[str, Scope]]:
    """Return the scope of every path and method."""
    scopes: dict[str, dict[str, Scope]] = {}
    for method, path, scope in [*((each.method, each.path, each.scope) for each in ENDPOINTS), *PAGES]:
        scopes.setdefault(path, {})[method] = scope
    return scopes
