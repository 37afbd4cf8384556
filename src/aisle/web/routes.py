"""The table of routes: every way into the server, and who may take it. What is not here is refused at the door."""

from typing import Any, Final, Literal

from aisle._version import __version__
from aisle.app.serve import Live
from aisle.shop.access import Scope
from aisle.shop.events import MAX_EVENTS
from aisle.web.access.caller import Caller
from aisle.web.access.headers import DOCS
from aisle.web.access.login_page import LOGIN, LOGOUT
from aisle.web.api import events, items, operations, rows, shelves, users
from aisle.web.api.batch import Answers, Batch, Calls, answer_all
from aisle.web.api.events import EventsDeleted, EventsToDelete, Feedback, Rated, Received
from aisle.web.api.items import CatalogueItem, ItemsDeleted, ItemsNamed, ItemsWanted
from aisle.web.api.operations import Model, Rejects, RejectsWanted, Version
from aisle.web.api.shelf_schemas import (
    AboutItem,
    OfShop,
    Page,
    PageWanted,
    Ranked,
    RankWanted,
    Recommendations,
    ShelfWanted,
    ShelfWantedByServer,
)
from aisle.web.api.users import ErasureReceipt, Merge, Merged, Person, Unmerged
from aisle.web.console.pages import WAYS
from aisle.web.endpoint import Endpoint, Nothing
from aisle.web.mail.routes import SHELF
from aisle.web.schemas import Health


def health(live: Live, _caller: Caller | None, _given: Nothing) -> Health:
    """Return the server's health and the version of the live model."""
    return Health("ok", __version__, live.model_version(), _database(live))


async def alive(_live: Live, _caller: Caller | None, _given: Nothing) -> Health:
    """Say that the process runs: an answer of this loop alone, whatever else it waits for."""
    return Health("ok", __version__, None)


def ready(live: Live, _caller: Caller | None, _given: Nothing) -> Health:
    """Say that the process can fill a shelf: it holds a model, and does that without its database too.

    Raises
    ------
    NoModel
        If nothing was trained yet, or no model can be used.
    """
    return Health("ok", __version__, live.model_watch.current().version, _database(live))


def _database(live: Live) -> Literal["answers", "away"]:
    return "away" if live.is_database_away else "answers"


_EVENTS: Final = f'Send one event, a list of events, or {{"events": […]}}; at most {MAX_EVENTS:,}'
_ITEMS: Final = "Items that a search for q finds, best first; with an sk_ key also those that are named, or all"
_MERGE: Final = "Give what a visitor did before signing in to the known user; may be repeated"
_UNMERGE: Final = "Undo a merge: what came in under anonymous_id, before it and since, is its own again"

ENDPOINTS: Final = (
    Endpoint("GET", "/api/recommendations", Scope.BROWSER, "A shopper's shelf",
             shelves.recommendations, ShelfWanted, Recommendations, (404, 503)),
    Endpoint("POST", "/api/recommendations", Scope.BROWSER, "A shopper's shelf, with a cart and rules of its own",
             shelves.recommendations, ShelfWantedByServer, Recommendations, (404, 503)),
    Endpoint("POST", "/api/page", Scope.BROWSER, "Several shelves of one page, each item once",
             shelves.page, PageWanted, Page, (404, 503)),
    Endpoint("GET", "/api/similar", Scope.BROWSER, "The items most like an item",
             shelves.similar, AboutItem, Recommendations, (503,)),
    Endpoint("GET", "/api/bought-together", Scope.BROWSER, "What is bought together with an item",
             shelves.bought_together, AboutItem, Recommendations, (503,)),
    Endpoint("GET", "/api/trending", Scope.BROWSER, "The items that gain popularity",
             shelves.trending, OfShop, Recommendations, (503,)),
    Endpoint("GET", "/api/bestsellers", Scope.BROWSER, "The items that sell best",
             shelves.bestsellers, OfShop, Recommendations, (503,)),
    Endpoint("POST", "/api/rank", Scope.BROWSER, "Given items in the order of a shopper's taste",
             shelves.rank, RankWanted, Ranked, (503,)),
    Endpoint("POST", "/api/events", Scope.BROWSER, _EVENTS, events.events, bytes, Received, (503,)),
    Endpoint("DELETE", "/api/events", Scope.ADMIN, "Delete events by time, kind, user or item, or count them first",
             events.delete, EventsToDelete, EventsDeleted, (503,)),
    Endpoint("POST", "/api/feedback", Scope.BROWSER, "Rate an item", events.feedback, Feedback, Rated, (503,), 201),
    Endpoint("GET", "/api/items", Scope.BROWSER, _ITEMS, items.get_items, ItemsWanted, list[CatalogueItem],
             (404, 503)),
    Endpoint("POST", "/api/items", Scope.SERVER, "Add or change items: one or a list; what is not given stays",
             rows.put_items, bytes, Received, (503,)),
    Endpoint("DELETE", "/api/items", Scope.SERVER, "Remove items from the catalogue; their events stay",
             items.delete_items, ItemsNamed, ItemsDeleted, (503,)),
    Endpoint("POST", "/api/reviews", Scope.SERVER, "Store reviews: one or a list",
             rows.add_reviews, bytes, Received, (503,)),
    Endpoint("GET", "/api/users", Scope.SERVER, "Everything that is stored about a person, by table",
             users.export, Person, dict[str, Any], (404, 503)),
    Endpoint("POST", "/api/users", Scope.SERVER, "Add or change the attributes of users: one or a list",
             rows.put_users, bytes, Received, (503,)),
    Endpoint("DELETE", "/api/users", Scope.SERVER, "Erase a person from every table, for good",
             users.erase, Person, ErasureReceipt, (503,)),
    Endpoint("GET", "/api/models", Scope.ADMIN, "The trained models, newest first",
             operations.models, Nothing, list[Model], (503,)),
    Endpoint("POST", "/api/models/promote", Scope.ADMIN, "Make a model live",
             operations.promote, Version, Version, (404, 503)),
    Endpoint("POST", "/api/models/rollback", Scope.ADMIN, "Go back to the model that was live before",
             operations.rollback, Nothing, Version, (404, 503)),
    Endpoint("GET", "/api/rejects", Scope.ADMIN, "The newest rejected rows",
             operations.rejects, RejectsWanted, Rejects, (503,)),
    Endpoint("POST", "/api/users/merge", Scope.SERVER, _MERGE, users.merge, Merge, Merged, (503,)),
    Endpoint("DELETE", "/api/users/merge", Scope.SERVER, _UNMERGE,
             users.unmerge, Merge, Unmerged, (404, 503)),
    Batch("POST", "/api/batch", Scope.BROWSER, "Several calls in turn, each allowed or refused by itself",
          answer_all, Calls, Answers, (503,)),
    Endpoint("GET", "/api/health", Scope.OPEN, "The server's health and the version of the live model",
             health, Nothing, Health),
    Endpoint("GET", "/health/live", Scope.OPEN, "Whether the process runs", alive, Nothing, Health),
    Endpoint("GET", "/health/ready", Scope.OPEN, "Whether the process can fill a shelf",
             ready, Nothing, Health, (503,)),
)  # fmt: skip
"""The JSON API."""

PAGES: Final = (
    ("GET", "/metrics", Scope.SERVER),
    *(("GET", path, Scope.TEAM) for path in ("/", "/item", "/category", "/search", "/why")),
    *(("GET", path, Scope.TEAM) for path in ("/cart", "/orders", "/wishlist")),
    *(("POST", path, Scope.TEAM) for path in ("/do", "/checkout", "/shop-as")),
    *WAYS,
    *((method, path, Scope.OPEN) for path in (LOGIN, LOGOUT) for method in ("GET", "POST")),
    *(
        ("GET", path, Scope.OPEN)
        for path in ("/picture.svg", "/widget.js", "/openapi.json", DOCS, f"{DOCS}/oauth2-redirect")
    ),
    # The token of an e-mail is looked at there: it opens this shelf, and is good for nothing else.
    *(("GET", path, Scope.OPEN) for path in (SHELF, "/e/*")),
    *(("GET", path, Scope.OPEN) for path in ("/static/*", "/static-offline-docs/*")),
)
"""All other routes."""


def table() -> dict[str, dict[str, Scope]]:
    """Return the scope of every path and method."""
    scopes: dict[str, dict[str, Scope]] = {}
    for method, path, scope in [*((each.method, each.path, each.scope) for each in ENDPOINTS), *PAGES]:
        scopes.setdefault(path, {})[method] = scope
    return scopes
