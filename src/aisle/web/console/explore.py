"""Any shopper or item: what is known, what every shelf shows, and why. It leaves no impression and no event."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from aisle.app.explore.beside import Models, moves, settings_of
from aisle.app.explore.item import NEWEST, days_of, item_facts, shown_on
from aisle.app.explore.shopper import shopper_facts
from aisle.app.explore.way import way
from aisle.app.serving.experiment_watch import Seen
from aisle.app.serving.placements import placement_named
from aisle.app.serving.profiles import Profile
from aisle.app.serving.shelf import FALLBACKS, Shelf, history_line, name_of
from aisle.engine.model import TrainedModel
from aisle.engine.request import MAIN_PLACEMENT, ShelfRequest
from aisle.shop.access import Scope
from aisle.shop.errors import InputError, NoModel, NotFound
from aisle.shop.ids import check_id
from aisle.storage.catalogue import browse, items
from aisle.storage.catalogue.browse import ItemFilter
from aisle.storage.log import events, exploring
from aisle.storage.log.exploring import Place
from aisle.storage.work import models
from aisle.web.console.frame import Frame, Link, Page
from aisle.web.console.models import sound
from aisle.web.filters import EVENT_NAMES
from aisle.web.requests import query_id
from aisle.web.storefront.window import SOURCES

PATH: Final = "/console/explore"

FOUND: Final = 12
"""How many shoppers, and how many items, a search shows."""

PLACES: Final = 8
"""How long the shelves are."""

MOST_PLACES: Final = 100
"""How long a shelf may be on which an item is followed."""

LINES: Final = 50
"""How many events a page of a history has."""

REVIEWS: Final = 5


class Shown(NamedTuple):
    """A shelf as the page shows it."""

    placement: str
    strategy: str
    shelf: Shelf | None
    note: str
    """What filled it instead, or why it cannot be filled."""


class Explore(Page):
    """Shoppers and items, one at a time."""

    LINK = Link(PATH, "Explore", "compass")
    WAYS = tuple(
        ("GET", path, Scope.TEAM)
        for path in (PATH, *(f"{PATH}/{page}" for page in ("shopper", "history", "way", "beside", "item")))
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._models = Models(frame.live)

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        ways = {"": self.search, "/shopper": self.shopper, "/history": self.history, "/way": self.way,
                "/beside": self.beside, "/item": self.item}  # fmt: skip
        for path, page in ways.items():
            app.add_route(PATH + path, page, include_in_schema=False)

    # --- Finding ------------------------------------------------------------------------------------------------------

    def search(self, request: Request) -> Response:
        """Find shoppers by the beginning of their ids, and items by their ids or words."""
        live, text = self._frame.live, request.query_params.get("q", "").strip()[:256]
        shoppers = exploring.users_starting(live.db, text, FOUND) if text else events.active_users(live.db, FOUND)
        if text and text not in shoppers and exploring.is_known(live.db, text):
            shoppers = [text, *shoppers]
        found = live.search.find(ItemFilter(text=text))[:FOUND] if text else []
        if text and text not in found and (items.get(live.db, [text]) or self._knows(text)):
            found = [text, *found]
        return self._frame.show(request, "console/explore.html", text=text, shoppers=shoppers, items=self._named(found))

    def _knows(self, item_id: str) -> bool:
        try:
            return item_id in self._frame.live.model_watch.current().items
        except NoModel:
            return False

    def _named(self, item_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of items, in their order."""
        wanted = list(item_ids)
        known = items.facts(self._frame.live.db, wanted) if wanted else {}
        return {item_id: name_of(item_id, known.get(item_id)) for item_id in wanted}

    # --- A shopper ----------------------------------------------------------------------------------------------------

    def shopper(self, request: Request) -> Response:
        """Show a shopper: what is known of them, and the shelf of every placement."""
        live, user_id = self._frame.live, query_id(request, "user_id")
        profile, model = live.profiles.of(user_id, None), self._live_model()
        placements = [name for name, one in live.placements.items() if one.strategy.about == "shopper"]
        return self._frame.show(
            request,
            "console/shopper.html",
            user_id=user_id,
            is_known=exploring.is_known(live.db, user_id),
            attributes=exploring.attributes(live.db, user_id),
            extent=exploring.extent(live.db, user_id),
            facts=shopper_facts(live, profile, model) if model else None,
            shelves=[self._shown(ShelfRequest(user_id=user_id, placement=name), profile, model) for name in placements],
            **self._choices(request),
        )

    def history(self, request: Request) -> Response:
        """Show a page of what a shopper did, newest first."""
        live, user_id = self._frame.live, query_id(request, "user_id")
        page = exploring.page(live.db, user_id, LINES, _place(request.query_params.get("before")))
        known = items.facts(live.db, list({row.item_id for row in page.rows})) if page.rows else {}
        return self._frame.show(
            request,
            "console/history.html",
            user_id=user_id,
            extent=exploring.extent(live.db, user_id),
            lines=[(row, history_line(row, known.get(row.item_id))) for row in page.rows],
            older=None if page.older is None else f"{page.older.timestamp}.{page.older.number}",
            event_names=EVENT_NAMES,
        )

    def way(self, request: Request) -> Response:
        """Follow one item on its way to a shelf of a shopper, or of anybody."""
        live, wanted = self._frame.live, query_id(request, "item_id")
        asked = _request(request, n=_length(request))
        told = way(live, asked, live.profiles.of(asked.user_id, None), live.model_watch.current(), wanted)
        return self._frame.show(
            request, "console/way.html", way=told, asked=asked, sources=SOURCES, **self._choices(request)
        )

    def beside(self, request: Request) -> Response:
        """Show the shelf of one shopper by two models, or by two settings, side by side."""
        live, given = self._frame.live, request.query_params
        asked = _request(request, n=PLACES + 4)
        profile = live.profiles.of(asked.user_id, None)
        first, second = (self._shelf(request, asked, profile, name) for name in ("first", "second"))
        return self._frame.show(
            request,
            "console/beside.html",
            asked=asked,
            moves=moves(first, second),
            shelves=(first, second),
            settings=[given.get(f"{name}_settings", "") for name in ("first", "second")],
            chosen=[given.get(name, "") for name in ("first", "second")],
            fallbacks=FALLBACKS,
            **self._choices(request),
        )

    def _shelf(self, request: Request, asked: ShelfRequest, profile: Profile, side: str) -> Shelf:
        """Return the shelf of one side."""
        import msgspec

        text = request.query_params.get(side, "")
        version = _version(text, side) if text else None
        if version is None:
            model = self._models.get()  # where nothing was trained yet, that is no fault of the request
        else:
            with sound(version):
                model = self._models.get(version)
        rules = settings_of(request.query_params.get(f"{side}_settings", ""))
        live = self._frame.live
        # Of exactly this model, whatever an experiment would show.
        seen = Seen(placement_named(live.placements, asked.placement), model)
        return live.as_seen(seen, live.placements, msgspec.structs.replace(asked, rules=rules), profile)

    # --- An item ------------------------------------------------------------------------------------------------------

    def item(self, request: Request) -> Response:
        """Show an item: its fields, its days, what goes with it, and which shelves show it."""
        from aisle.report.versions import item_days_figure

        live, item_id = self._frame.live, query_id(request, "item_id")
        model, row = self._live_model(), items.get(live.db, [item_id]).get(item_id)
        facts = item_facts(model, item_id) if model else None
        if row is None and facts is None:
            raise NotFound(
                f"neither the catalogue nor the live model knows an item {item_id[:80]!r}; check its spelling"
            )
        about = {name: one for name, one in live.placements.items() if one.strategy.about != "shopper"}
        cart = {name: (item_id,) for name, one in about.items() if one.strategy.about == "cart"}
        beside = [one.item_id for one in (*facts.nearest, *facts.together)] if facts else []
        return self._frame.show(
            request,
            "console/item.html",
            item_id=item_id,
            name=self._named([item_id])[item_id],
            fields=[]
            if row is None
            else [(field, value) for field, value in row._asdict().items() if value is not None],
            facts=facts,
            names=self._named(dict.fromkeys(beside)),
            days=item_days_figure(days_of(live, item_id)),
            placements=shown_on(live, item_id),
            newest=NEWEST,
            reviews=browse.reviews_of(live.db, item_id, REVIEWS),
            shelves=[
                self._shown(
                    ShelfRequest(placement=name, item_id=None if name in cart else item_id, cart=cart.get(name, ())),
                    Profile([], away=False),
                    model,
                )
                for name in about
            ],
        )

    # --- Shelves ------------------------------------------------------------------------------------------------------

    def _live_model(self) -> TrainedModel | None:
        try:
            return self._frame.live.model_watch.current()
        except NoModel:
            return None

    def _shown(self, asked: ShelfRequest, profile: Profile, model: TrainedModel | None) -> Shown:
        """Return a shelf, or why there is none."""
        import msgspec

        strategy = self._frame.live.placements[asked.placement].strategy.name
        if model is None:
            return Shown(asked.placement, strategy, None, "No model yet; train one.")
        try:
            shelf = self._frame.live.filled(msgspec.structs.replace(asked, n=PLACES, explain=True), profile, model)
        except (InputError, NoModel, NotFound) as error:
            return Shown(asked.placement, strategy, None, str(error))
        return Shown(asked.placement, strategy, shelf, FALLBACKS[shelf.fallback] if shelf.fallback else "")

    def _choices(self, request: Request) -> dict[str, Any]:
        """Return what the forms offer."""
        rows = models.list_(self._frame.live.db)[::-1]
        return {
            "placements": list(self._frame.live.placements),
            "placement": request.query_params.get("placement", MAIN_PLACEMENT),
            "versions": [(row.version, row.status) for row in rows if row.path is not None],
        }


def _request(request: Request, n: int) -> ShelfRequest:
    """Return the shelf that a page is about."""
    given = request.query_params
    user_id, page = given.get("user_id", ""), given.get("page_item", "")
    return ShelfRequest(
        user_id=check_id(user_id, "user_id") if user_id else None,
        placement=given.get("placement", "") or MAIN_PLACEMENT,
        item_id=check_id(page, "page_item") if page else None,
        cart=(page,) if page else (),
        n=n,
        explain=True,
    )


def _length(request: Request) -> int:
    text = request.query_params.get("n", "") or str(PLACES)
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:4]) <= MOST_PLACES):
        raise InputError(f"n {text[:40]!r} is not a whole number from 1 to {MOST_PLACES}")
    return int(text)


def _version(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InputError(f"{name} {text[:40]!r} is not the number of a model")
    return int(text)


def _place(text: str | None) -> Place | None:
    """Read where a page of a history begins."""
    if not text:
        return None
    moment, _, number = text.partition(".")
    if not (text.isascii() and moment.isdigit() and number.isdigit() and len(text) <= 40):
        raise InputError(f"before {text[:40]!r} is no place in a history; begin at its newest event")
    return Place(int(moment), int(number))
