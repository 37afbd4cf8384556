"""The storefront's routes: pages, and what visitors do on them. It works without scripts, by links and forms."""

import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from jinja2 import Environment
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aisle.app.serve import Live
from aisle.shop.access import Scope
from aisle.shop.errors import InputError, NoModel, NotFound, StorageError
from aisle.shop.events import EventKind
from aisle.shop.ids import check_id
from aisle.storage.catalogue import browse
from aisle.storage.log import events
from aisle.web.access import forms, origins
from aisle.web.access.caller import Caller
from aisle.web.filters import EVENT_NAMES
from aisle.web.pictures.picture import draw
from aisle.web.requests import is_by_htmx, query_id
from aisle.web.storefront import deeds, window
from aisle.web.storefront.catalogue import SORTS, STARS, Catalogue
from aisle.web.storefront.changes import changes, request_of
from aisle.web.storefront.visitor import Deed, Visitor, deed, do, new_visitor, remember, visitor_of
from aisle.web.storefront.window import Shopper

MAX_STARS: Final = 5
"""The most stars that pages offer."""

SUGGESTED: Final = 8
"""How many items search suggests while somebody types."""

REVIEWS: Final = 6
"""How many reviews a product's page shows."""

_DAY: Final = "public, max-age=86400"

_FORM_EVENTS: Final = frozenset(
    {
        EventKind.ADD_TO_CART,
        EventKind.REMOVE_FROM_CART,
        EventKind.ADD_TO_WISHLIST,
        EventKind.REMOVE_FROM_WISHLIST,
        EventKind.REFUND,
        EventKind.VIEW_ITEM,
        EventKind.HIDE,
        EventKind.UNHIDE,
        *(f"{EventKind.RATE}-{stars}" for stars in range(1, MAX_STARS + 1)),
    }
)
"""What a form may do with one item: it has a field of that name, with the item's id; `rate-4` gives 4 stars."""

Page = Callable[[Request, Visitor], Response]


class Storefront:
    """The pages of one shop."""

    def __init__(self, live: Live, catalogue: Catalogue, templates: Environment) -> None:
        self._live = live
        self._catalogue = catalogue
        self._environment = templates.overlay()
        self._environment.globals = templates.globals | {
            "event_names": EVENT_NAMES,
            "max_stars": MAX_STARS,
            "sorts": SORTS,
            "least_stars": STARS,
            "sources": window.SOURCES,
            "departments": self._catalogue.departments,
        }

        self._pages: dict[str, Page] = {
            "/": self.home,
            "/item": self.item,
            "/category": self.category,
            "/cart": self.cart,
            "/orders": self.orders,
            "/wishlist": self.wishlist,
            "/search": self.search,
            "/why": self.why,
        }

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        for path, page in self._pages.items():
            app.add_route(path, _of_visitor(page), include_in_schema=False)
        app.add_route("/picture.svg", self.picture, include_in_schema=False)
        app.add_route("/do", self.do, ["POST"], include_in_schema=False)
        app.add_route("/checkout", self.checkout, ["POST"], include_in_schema=False)
        app.add_route("/shop-as", self.shop_as, ["POST"], include_in_schema=False)

    # --- Pages --------------------------------------------------------------------------------------------------------

    def home(self, request: Request, visitor: Visitor) -> Response:
        """Show the shelves of the home page, beside what is known of the shopper."""
        if request.query_params.get("user_id", "") not in ("", visitor.user_id):
            visitor = Visitor(query_id(request, "user_id"))
        return self._page(request, visitor, "shop/home.html", window.HOME, None)

    def item(self, request: Request, visitor: Visitor) -> Response:
        """Show a product; looking at it is an event."""
        item_id = query_id(request, "item_id")
        visitor = self._look_at(request, visitor, item_id)
        row = Shopper(self._live, visitor).rows([item_id]).get(item_id)
        if row is None and not self._is_known(item_id):
            raise NotFound(f"the shop has no item {item_id!r}")
        values = {
            "card": Shopper(self._live, visitor).cards([item_id])[0],
            "row": row,
            "reviews": browse.reviews_of(self._live.db, item_id, REVIEWS),
        }
        return self._page(request, visitor, "shop/item.html", window.PRODUCT, item_id, **values)

    def _look_at(self, request: Request, visitor: Visitor, item_id: str) -> Visitor:
        """Let the visitor view an item, if they came to its page themselves and no other site sent for it."""
        by_hand = request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")
        if not by_hand or "prefetch" in request.headers.get("sec-purpose", "") or is_by_htmx(request):
            return visitor  # nobody looked, or the page only asks what changed
        came = {name: request.query_params.get(name) for name in ("recommendation_id", "placement")}
        kinds = [EventKind.SELECT_ITEM, EventKind.VIEW_ITEM] if came["recommendation_id"] else [EventKind.VIEW_ITEM]
        return do(self._live, visitor, [deed(kind, item_id, **came) for kind in kinds])

    def _is_known(self, item_id: str) -> bool:
        try:
            return item_id in self._live.model_watch.current().items
        except NoModel:
            return False

    def category(self, request: Request, visitor: Visitor) -> Response:
        """Show a list of items with filters; the whole catalogue, if no category is named."""
        shopper = Shopper(self._live, visitor)
        listing = self._catalogue.listing(request)
        values = {"listing": listing, "cards": shopper.cards(listing.item_ids), "link": _links(request)}
        return self._page(request, shopper.visitor, "shop/category.html", (), None, **values)

    def search(self, request: Request, visitor: Visitor) -> Response:
        """Suggest items while somebody types."""
        text = request.query_params.get("q", "")[:200]
        shopper = Shopper(self._live, visitor)
        found = self._live.search.find(browse.ItemFilter(text=text), shopper.visitor.user_id)
        cards = shopper.cards(found[:SUGGESTED])
        return self._render("shop/suggestions.html", cards=cards, text=text)

    def cart(self, request: Request, visitor: Visitor) -> Response:
        """Show the cart, and what goes with it."""
        return self._page(request, visitor, "shop/cart.html", window.CART, None)

    def orders(self, request: Request, visitor: Visitor) -> Response:
        """Show what was bought."""
        shopper = Shopper(self._live, visitor)
        orders = deeds.orders(shopper.history)[:20]
        ids = [line.item_id for order in orders for line in order.lines]
        cards = {card.item_id: card for card in shopper.cards(list(dict.fromkeys(ids)))}
        return self._page(
            request, shopper.visitor, "shop/orders.html", ("buy-it-again",), None, orders=orders, cards=cards
        )

    def wishlist(self, request: Request, visitor: Visitor) -> Response:
        """Show the wishlist."""
        return self._page(request, visitor, "shop/wishlist.html", ("recommended-for-you",), None)

    def why(self, request: Request, visitor: Visitor) -> Response:
        """Show how an item came onto a shelf of the shopper, from who proposes it to its place."""
        item_id = query_id(request, "item_id")
        placement = request.query_params.get("placement")
        way = self._live.why(visitor.user_id, item_id, window.SHELF_ITEMS, placement, visitor.profile())
        return self._page(request, visitor, "shop/why.html", (), None, way=way)

    def picture(self, request: Request) -> Response:
        """Draw the picture of an item."""
        item_id = query_id(request, "item_id")
        svg = draw(self._catalogue.subject(item_id))
        return Response(svg, headers={"Cache-Control": _DAY}, media_type="image/svg+xml")

    # --- What visitors do ---------------------------------------------------------------------------------------------

    async def do(self, request: Request) -> Response:
        """Do something with an item, and show the page as it is then."""
        form = await forms.read(request)
        kind = next((kind for kind in form if kind in _FORM_EVENTS), None)
        if kind is None:
            raise InputError(f"the form does nothing; add a field with an item's id: {', '.join(sorted(_FORM_EVENTS))}")
        return await run_in_threadpool(self._do, request, form, kind, check_id(form[kind], kind))

    def _do(self, request: Request, form: dict[str, str], name: str, item_id: str) -> Response:
        kind, _, stars = name.partition("-")
        visitor, row = visitor_of(request), window.rows_of(self._live, [item_id]).get(item_id)
        values: dict[str, Any] = {name: form.get(name) or None for name in ("recommendation_id", "placement")}
        if kind == EventKind.RATE:
            values["rating"] = float(stars)
        elif row is not None and kind != EventKind.REFUND:
            values |= {"price": row.price, "currency": row.currency}
        if kind == EventKind.REFUND:
            values["transaction_id"] = form.get("transaction_id") or None
        visitor = do(self._live, visitor, [deed(kind, item_id, **values)])
        return self._after(request, visitor, form)

    async def checkout(self, request: Request) -> Response:
        """Buy what is in the cart."""
        await forms.read(request)
        return await run_in_threadpool(self._checkout, request)

    def _checkout(self, request: Request) -> Response:
        shopper = Shopper(self._live, visitor_of(request))
        rows, order = shopper.rows(shopper.cart), f"web-{time.time_ns():x}"
        bought = [self._purchase(item_id, pieces, rows.get(item_id), order) for item_id, pieces in shopper.cart.items()]
        visitor = do(self._live, shopper.visitor, bought) if bought else shopper.visitor
        return self._after(request, visitor, {"back": "/orders"})

    def _purchase(self, item_id: str, pieces: int, row: Any, order: str) -> Deed:
        values = {"price": row.price, "currency": row.currency} if row else {}
        return deed(EventKind.PURCHASE, item_id, quantity=pieces, transaction_id=order, **values)

    async def shop_as(self, request: Request) -> Response:
        """Go on as another shopper, or as a new visitor."""
        form = await forms.read(request)
        visitor = await run_in_threadpool(self._visitor_named, form.get("user_id", ""))
        answer = RedirectResponse("/", 303)
        remember(request, answer, visitor)
        return answer

    def _visitor_named(self, typed: str) -> Visitor:
        """Return the shopper of an id as it was typed, or without the spaces around it if the shop knows none such."""
        if not typed:
            return new_visitor()
        as_typed = Visitor(check_id(typed, "user_id"))
        trimmed = typed.strip()
        return as_typed if trimmed in ("", typed) or Shopper(self._live, as_typed).history else Visitor(trimmed)

    def _after(self, request: Request, visitor: Visitor, form: dict[str, str]) -> Response:
        """Show the page that the form stands on, as it is now; to a script of ours, what changed there."""
        back = form.get("back", "/")
        back = back if origins.is_local_path(back) else "/"
        if is_by_htmx(request):
            page = request_of(request, back)
            return self._pages.get(page.url.path, self.home)(page, visitor)
        answer = RedirectResponse(back, 303)
        remember(request, answer, visitor)
        return answer

    # --- Rendering ----------------------------------------------------------------------------------------------------

    def problem(self, request: Request, status: int, message: str) -> Response:
        """Show a failure on a page that offers the way back."""
        if is_by_htmx(request):
            return self._render("shop/problem_part.html", status, problem=message)
        frame = self._frame(request, visitor_of(request)) if _is_of_team(request) else {"visitor": None}
        frame["changed"] = None
        return self._render("shop/problem.html", status, problem=message, **frame)

    def _page(
        self,
        request: Request,
        visitor: Visitor,
        template: str,
        placements: tuple[str, ...],
        item_id: str | None,
        **values: Any,
    ) -> Response:
        """Show a page with its shelves and the panel."""
        started = time.perf_counter()
        shopper = Shopper(self._live, visitor)
        try:
            shelves, answers = shopper.shelves(placements, item_id) if placements else ([], [])
            untrained = None
        except NoModel as error:
            shelves, answers, untrained = [], [], str(error)
        changed = changes(request, shelves)
        shopper.note_shown(answers, [shelf.placement for shelf in (shelves if changed is None else changed.shelves)])
        frame = self._frame(request, visitor, shopper)
        known = shopper.knowledge(answers, started)
        page = {"shelves": shelves, "changed": changed, "known": known, "untrained": untrained}
        answer = self._render(template, **(page | frame | values))
        if frame["person"]:
            answer.headers["Cache-Control"] = "no-store"  # nothing to go back to after the logout
        remember(request, answer, visitor)
        forms.keep(request, answer)
        return answer

    def _frame(self, request: Request, visitor: Visitor, shopper: Shopper | None = None) -> dict[str, Any]:
        """Return what every page shows around its content."""
        shopper = shopper or Shopper(self._live, visitor)
        return {
            "visitor": visitor,
            "in_cart": sum(shopper.cart.values()),
            "cart_cards": _lazy(
                lambda: [(card, shopper.cart[card.item_id]) for card in shopper.cards([*shopper.cart])]
            ),
            "wish_cards": _lazy(lambda: shopper.cards(shopper.wishlist)),
            "suggestions": _lazy(lambda: events.active_users(self._live.db, 3)),
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "query": request.query_params.get("q", ""),
            "person": request.state.caller.person,
            "form_token": forms.token(request),
        }

    def _render(self, template: str, status: int = 200, **values: Any) -> Response:
        return HTMLResponse(self._environment.get_template(template).render(values), status)


def _of_visitor(page: Page) -> Callable[[Request], Response]:
    """Return a route that shows a page to the visitor whom its request names."""

    def answer(request: Request) -> Response:
        return page(request, visitor_of(request))

    return answer


def _is_of_team(request: Request) -> bool:
    """Tell whether the door let somebody in who may see the shop's data."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller is not None and Scope.TEAM in caller.may


def _lazy(make: Callable[[], Any]) -> Callable[[], Any]:
    """Return a function for templates that calls another, and has nothing where the database does not answer."""

    def made() -> Any:
        try:
            return make()
        except StorageError:
            return []

    return made


def _links(request: Request) -> Callable[..., str]:
    """Return a function for templates: the address of this list with some values changed; None removes one."""

    def link(**changes: str | int | None) -> str:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name not in changes and value]
        kept = [pair for pair in kept if pair[0] != "page"]
        return "/category?" + urlencode(kept + [(name, value) for name, value in changes.items() if value is not None])

    return link
