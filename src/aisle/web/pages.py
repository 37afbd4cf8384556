"""The page: a shopper's history beside their shelf, and stars that change the shelf.

It works without scripts, by links and forms; HTMX only saves the reload.
"""

from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aisle.app.serve import Live, check_rating
from aisle.app.serving.shelf import FALLBACKS
from aisle.report.environment import environment
from aisle.shop.errors import InputError
from aisle.shop.events import EventKind
from aisle.shop.ids import check_id
from aisle.shop.moments import format_day
from aisle.shop.money import format_money
from aisle.web.filters import address, initials, picture, tint
from aisle.web.requests import query_id, read_form
from aisle.web.shopper import MORE_SHELVES, look_up, suggestions

HERE: Final = Path(__file__).parent

STARS: Final = 5
"""The most stars that the page offers."""

EVENT_NAMES: Final[dict[str, str]] = {
    EventKind.VIEW_ITEM_LIST: "Saw",
    EventKind.SELECT_ITEM: "Clicked",
    EventKind.VIEW_ITEM: "Viewed",
    EventKind.ADD_TO_CART: "Added to cart",
    EventKind.REMOVE_FROM_CART: "Removed from cart",
    EventKind.ADD_TO_WISHLIST: "Added to wishlist",
    EventKind.PURCHASE: "Bought",
    EventKind.REFUND: "Returned",
    EventKind.RATE: "Rated",
    EventKind.SEARCH: "Searched",
}
"""What the page calls each kind of event."""


def parse_stars(text: str) -> float:
    """Return a rating from the page's form.

    Raises
    ------
    InputError
        If it is not a whole number from 1 to `STARS`.
    """
    if text not in {str(stars) for stars in range(1, STARS + 1)}:
        raise InputError(f"rating {text[:40]!r} is not a number of stars from 1 to {STARS}")
    return float(text)


class Pages:
    """The HTML routes of one shop."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._environment = environment(
            HERE / "templates", (address, format_day, format_money, initials, picture, tint)
        )
        self._environment.globals |= {
            "shop_name": live.shop_name,
            "simulated": live.simulated,
            "styled": (HERE / "static" / "vendor").is_dir(),
            "event_names": EVENT_NAMES,
            "fallbacks": FALLBACKS,
            "max_stars": STARS,
            "titles": MORE_SHELVES,
        }

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route("/", self.home, include_in_schema=False)
        app.add_route("/ui/shelf", self.shelf, include_in_schema=False)
        app.add_route("/ui/rate", self.rate, ["POST"], include_in_schema=False)

    async def home(self, request: Request) -> Response:
        """Show the page, with a shopper if the address names one."""
        shopper = None
        if request.query_params.get("user_id"):
            shopper = await run_in_threadpool(look_up, self._live, query_id(request, "user_id"))
        user_ids = await run_in_threadpool(suggestions, self._live)
        return self._render("page.html", shopper=shopper, suggestions=user_ids)

    async def shelf(self, request: Request) -> Response:
        """Show another shopper, without a reload."""
        user_id = query_id(request, "user_id")
        shopper = await run_in_threadpool(look_up, self._live, user_id)
        return self._render("shopper.html", {"HX-Push-Url": address(user_id)}, shopper=shopper)

    async def rate(self, request: Request) -> Response:
        """Store a rating and show the new shelf."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise HTTPException(403, "this form works from its own page only")
        form = await read_form(request)
        user_id = check_id(form.get("user_id", ""), "user_id")
        item_id = check_id(form.get("item_id", ""), "item_id")
        stars = parse_stars(form.get("rating", ""))
        outcomes = self._live.submit_rating(user_id, item_id, stars)
        check_rating(user_id, await self._live.acknowledged(outcomes))
        if not _by_htmx(request):
            return RedirectResponse(address(user_id), 303)
        message = f"Rated {stars:.0f} of {STARS} stars. The shelf below takes it into account."
        shopper = await run_in_threadpool(look_up, self._live, user_id, message)
        return self._render("shopper.html", shopper=shopper)

    def problem(self, request: Request, status: int, message: str) -> Response:
        """Show a failure: in the shopper's place if only that was requested, else on a page of its own."""
        template = "problem.html" if _by_htmx(request) else "page.html"
        return self._render(template, status=status, shopper=None, suggestions=[], problem=message)

    def _render(
        self, template: str, headers: dict[str, str] | None = None, status: int = 200, **values: Any
    ) -> Response:
        text = self._environment.get_template(template).render({"problem": None} | values)
        return HTMLResponse(text, status, headers)


def _by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"
