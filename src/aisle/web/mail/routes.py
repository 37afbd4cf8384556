"""The routes of e-mails. Their tokens are the only key: whoever has an e-mail may see its shelf, and nothing else."""

import time
import uuid
from contextlib import suppress
from typing import Annotated, Any, Final

import msgspec
from fastapi import FastAPI
from jinja2 import Environment
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route, Router

from aisle.app.serve import Live
from aisle.app.serving.mailings import PLACES, Mailings
from aisle.app.serving.shelf import Shelf, ShelfItem
from aisle.shop import columns, moments
from aisle.shop.errors import AisleError, Forbidden, NoModel, NotFound, StorageError
from aisle.shop.events import EventKind
from aisle.shop.money import format_money
from aisle.shop.tokens import SignedMail, read_mail_token
from aisle.storage.catalogue import items
from aisle.web.filters import item_address
from aisle.web.mail import card
from aisle.web.requests import read_query
from aisle.web.storefront.catalogue import Catalogue

SHELF: Final = "/api/shelf.html"

_PRIVATE: Final = {"Cache-Control": "no-store"}


class MailWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """What a mailing asks for."""

    user_token: str
    n: Annotated[int, msgspec.Meta(ge=1, le=PLACES)] = 6


class Mail:
    """The shelves of one shop's e-mails."""

    def __init__(self, live: Live, catalogue: Catalogue, environment: Environment) -> None:
        self._live = live
        self._catalogue = catalogue
        self._environment = environment
        self._mailings = Mailings(live.db, live.shelf)

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(SHELF, self.shelf, include_in_schema=False)
        of_a_place = (
            Route("/{token}/{place:int}.png", self.card),
            Route("/{token}/{place:int}/picture.png", self.picture),
            Route("/{token}/{place:int}", self.follow),
        )
        app.mount("/e", Router(of_a_place))

    def shelf(self, request: Request) -> Response:
        """Return the shelf of an e-mail that is being sent, as a table that mail programs show."""
        wanted = read_query(request, MailWanted)
        mail = self._mail(wanted.user_token)
        shelf = self._mailings.send(wanted.user_token, mail, wanted.n)
        here = f"{str(request.base_url).rstrip('/')}/e/{wanted.user_token}"
        page = self._environment.get_template("mail/shelf.html").render(shelf=shelf, here=here)
        return HTMLResponse(page, headers=_PRIVATE)

    def card(self, request: Request) -> Response:
        """Draw a place of an e-mail that is opened: what stands there now, with its name and price."""
        item = self._opened(request)
        if item is None:
            return _png(card.BLANK)
        subject = self._catalogue.subject(item.item_id)
        return _png(card.card(subject, item.name, format_money(item.price, item.currency)))

    def picture(self, request: Request) -> Response:
        """Draw what stands at a place of an e-mail, without words."""
        item = self._opened(request)
        return _png(card.BLANK if item is None else card.picture(self._catalogue.subject(item.item_id)))

    def follow(self, request: Request) -> Response:
        """Lead to the shop's page of the item that the e-mail showed; that is a click on its shelf."""
        token, place = request.path_params["token"], request.path_params["place"]
        mail = self._mail(token)
        shelf = self._mailings.follow(token, mail)
        item = _at(shelf, place)
        address = None if item is None else self._address(item)
        if item is None or address is None:
            raise NotFound("the shop has no page for what the e-mail showed here")
        if request.method == "GET":
            self._note_click(mail, shelf, item, place, uuid.uuid5(uuid.NAMESPACE_URL, f"{token}/{item.item_id}").hex)
        return RedirectResponse(address, 302, headers=_PRIVATE)

    # --- Steps --------------------------------------------------------------------------------------------------------

    def _mail(self, token: str) -> SignedMail:
        """Return for whom an e-mail is.

        Raises
        ------
        HTTPException
            401, if the token is not genuine; 410, if it has expired.
        """
        try:
            mail = read_mail_token(token, self._live.keys.secrets, self._live.settings.shop.name)
        except Forbidden as error:
            raise HTTPException(401, str(error), {"WWW-Authenticate": "Bearer"}) from None
        if mail.expires < time.time():
            raise HTTPException(410, "this e-mail is too old: its shelf is not shown any more")
        return mail

    def _opened(self, request: Request) -> ShelfItem | None:
        """Return what stands at a place of an e-mail that is opened; nothing where there is none, or it is too old."""
        token = request.path_params["token"]
        try:
            return _at(self._mailings.open(token, self._mail(token)), request.path_params["place"])
        except (NoModel, HTTPException) as error:
            if isinstance(error, HTTPException) and error.status_code != 410:
                raise
            return None

    def _address(self, item: ShelfItem) -> str | None:
        """Return the address of an item's page, as the catalogue has it: no other address is ever led to."""
        try:
            row = items.facts(self._live.db, [item.item_id]).get(item.item_id)
            address = row.url if row else None
        except StorageError:
            address = item.url
        if address is None and self._live.settings.shop.simulated:
            return item_address(item.item_id, {})
        return address if address and address.startswith(("http://", "https://")) else None

    def _note_click(self, mail: SignedMail, shelf: Shelf, item: ShelfItem, place: int, event_id: str) -> None:
        """Store a click, once however often the link is followed; a shopper waits for no database that is away."""
        values: dict[str, Any] = {
            columns.EVENT_ID: event_id,
            columns.EVENT: EventKind.SELECT_ITEM.value,
            columns.USER_ID: mail.user_id,
            columns.ITEM_ID: item.item_id,
            columns.TIMESTAMP: moments.now(),
            columns.RECOMMENDATION_ID: shelf.recommendation_id,
            columns.PLACEMENT: shelf.placement,
            columns.POSITION: place,
        }
        with suppress(AisleError):
            self._live.writer.submit([tuple(values.get(name) for name in columns.EVENTS)])


def _at(shelf: Shelf, place: int) -> ShelfItem | None:
    return shelf.items[place - 1] if 1 <= place <= len(shelf.items) else None


def _png(content: bytes) -> Response:
    return Response(content, headers=_PRIVATE, media_type="image/png")
