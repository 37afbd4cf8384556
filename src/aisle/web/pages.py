"""The page: a shopper's history and shelf side by side, and stars that move the shelf.

It works without scripts, by links and forms; HTMX only saves the reload.
"""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode
from zlib import crc32

from fastapi import FastAPI
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from msgspec import Struct
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aisle.app.serve import Live
from aisle.app.serving.shelf import FALLBACKS, HistoryLine, Shelf
from aisle.shop.errors import DatabaseUnavailable, InputError, NoModel
from aisle.shop.events import EventKind
from aisle.shop.ids import check_id
from aisle.shop.moments import format_day
from aisle.shop.money import format_money
from aisle.web.requests import query_id, read_form

HERE: Final = Path(__file__).parent

SHELF_ITEMS: Final = 12
MORE_ITEMS: Final = 6
MORE_SHELVES: Final[dict[str, str]] = {
    "because-you-viewed": "Because of",
    "buy-it-again": "Buy it again",
    "recently-viewed": "Recently viewed",
}
"""The placements below the main one, and what stands above them; each is shown if it is what it promises."""

HISTORY_LINES: Final = 20
STARS: Final = 5
TINTS: Final = 8

DEEDS: Final[dict[str, str]] = {
    EventKind.VIEW_ITEM_LIST: "Saw",
    EventKind.SELECT_ITEM: "Clicked",
    EventKind.VIEW_ITEM: "Viewed",
    EventKind.ADD_TO_CART: "Added to cart",
    EventKind.REMOVE_FROM_CART: "Out of the cart",
    EventKind.ADD_TO_WISHLIST: "Wished for",
    EventKind.PURCHASE: "Bought",
    EventKind.REFUND: "Returned",
    EventKind.RATE: "Rated",
    EventKind.SEARCH: "Searched",
}
"""What the page calls each kind of event."""


def tint(text: str) -> str:
    """Return the class that colours a placeholder; equal texts have equal colours."""
    return f"tint-{crc32(text.encode()) % TINTS}"


def initials(name: str) -> str:
    """Return the first letters of a name's first two words, for an item without a picture."""
    return "".join(word[0] for word in re.findall(r"\w+", name)[:2]).upper() or "?"


def picture(url: str | None) -> str | None:
    """Return an image's address if it is one that a page may load: on the web, or a path of this server."""
    return url if url and re.match(r"https?://|/(?!/)", url) else None


def address(user_id: str) -> str:
    """Return the address of a shopper's page."""
    return "/?" + urlencode({"user_id": user_id})


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


class Shopper(Struct, frozen=True):
    """What the page shows of a shopper.

    Attributes
    ----------
    history
        Newest first; None while the database is away.
    shelf
        None while no model is trained; `problem` then says what to do.
    said
        What the shopper's last deed led to, for screen readers too.
    more
        The shelves of `MORE_SHELVES` that are not empty.
    """

    user_id: str
    history: list[HistoryLine] | None
    shelf: Shelf | None
    problem: str | None
    said: str | None
    more: list[Shelf] = []

    @property
    def stars(self) -> dict[str, int]:
        """The newest rating of each item, as whole stars."""
        rated = {line.item_id: line.rating for line in reversed(self.history or []) if line.rating is not None}
        return {item_id: round(rating) for item_id, rating in rated.items()}


def look_up(live: Live, user_id: str, said: str | None = None) -> Shopper:
    """Read what the page shows of a shopper; what cannot be read is left out rather than the whole page."""
    try:
        history = live.history(user_id, HISTORY_LINES)
    except DatabaseUnavailable:
        history = None
    try:
        shelf = live.recommend(user_id, SHELF_ITEMS)
    except NoModel as error:
        return Shopper(user_id, history, None, str(error), said)
    more = [live.recommend(user_id, MORE_ITEMS, placement=placement) for placement in MORE_SHELVES]
    return Shopper(user_id, history, shelf, None, said, [one for one in more if one.items and one.fallback is None])


def _suggestions(live: Live) -> list[str]:
    try:
        return live.suggestions()
    except DatabaseUnavailable:
        return []


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = [address, format_day, format_money, initials, picture, tint]
    environment.filters |= {one.__name__: one for one in filters}
    return environment


class Pages:
    """The HTML routes of one shop."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._environment = _environment()
        self._environment.globals |= {
            "shop_name": live.shop_name,
            "simulated": live.simulated,
            "styled": (HERE / "static" / "vendor").is_dir(),
            "deeds": DEEDS,
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
        """Show the page, with a shopper where the address names one."""
        shopper = None
        if request.query_params.get("user_id"):
            shopper = await run_in_threadpool(look_up, self._live, query_id(request, "user_id"))
        suggestions = await run_in_threadpool(_suggestions, self._live)
        return self._render("page.html", shopper=shopper, suggestions=suggestions)

    async def shelf(self, request: Request) -> Response:
        """Show another shopper, without a reload."""
        user_id = query_id(request, "user_id")
        shopper = await run_in_threadpool(look_up, self._live, user_id)
        return self._render("shopper.html", {"HX-Push-Url": address(user_id)}, shopper=shopper)

    async def rate(self, request: Request) -> Response:
        """Store a rating and show the shelf that follows from it."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            raise HTTPException(403, "this form works from its own page only")
        form = await read_form(request)
        user_id = check_id(form.get("user_id", ""), "user_id")
        item_id = check_id(form.get("item_id", ""), "item_id")
        stars = parse_stars(form.get("rating", ""))
        await run_in_threadpool(self._live.feedback, user_id, item_id, stars)
        if not _by_htmx(request):
            return RedirectResponse(address(user_id), 303)
        said = f"Rated {stars:.0f} of {STARS} stars. The shelf below follows from it."
        shopper = await run_in_threadpool(look_up, self._live, user_id, said)
        return self._render("shopper.html", shopper=shopper)

    def problem(self, request: Request, status: int, message: str) -> Response:
        """Show a failure: in the shopper's place where only that was asked for, else on a page of its own."""
        template = "problem.html" if _by_htmx(request) else "page.html"
        return self._render(template, status=status, shopper=None, suggestions=[], problem=message)

    def _render(
        self, template: str, headers: dict[str, str] | None = None, status: int = 200, **values: Any
    ) -> Response:
        text = self._environment.get_template(template).render({"problem": None} | values)
        return HTMLResponse(text, status, headers)


def _by_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"
