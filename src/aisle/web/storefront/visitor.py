"""Who looks at the storefront, and what they do there.

In a simulated shop a deed is an event like any other. In a real shop the visitor only tries things out: deeds stay in a
cookie of the visitor's own browser and reach no event, no figure and no training, whoever's shelves are shown.
"""

import base64
import secrets
import zlib
from typing import Final, NamedTuple

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from aisle.app.serve import Live
from aisle.ingest.api import parse_events
from aisle.shop import moments
from aisle.shop.errors import InputError
from aisle.shop.events import ProfileEvent
from aisle.shop.ids import check_id
from aisle.shop.money import from_micros
from aisle.storage.log import events
from aisle.storage.log.events import EventRow
from aisle.web.access import cookies

SHOPPER_COOKIE: Final = "aisle-shopper"
TRIED_COOKIE: Final = "aisle-tried"

MAX_TRIED: Final = 40
"""How many deeds a preview keeps; the oldest go first."""

_MAX_COOKIE: Final = 3_500
_SECONDS: Final = 30 * 24 * 3600
_HISTORY: Final = 1_000

_NEW: Final = "visitor-"


class Deed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that a visitor does."""

    event: str
    item_id: str
    timestamp: int
    quantity: int | None = None
    price: int | None = None
    """Millionths of the currency unit, per piece."""
    currency: str | None = None
    rating: float | None = None
    transaction_id: str | None = None
    recommendation_id: str | None = None
    placement: str | None = None
    position: int | None = None

    def of_profile(self) -> ProfileEvent:
        """Return it as an event of a profile."""
        return ProfileEvent(self.item_id, self.event, self.timestamp, self.rating, self.price)

    def row(self) -> EventRow:
        """Return it as an event of a history."""
        return EventRow(
            self.item_id,
            self.event,
            self.quantity,
            self.price,
            self.currency,
            self.rating,
            self.timestamp,
            self.transaction_id,
        )


_deeds: Final = msgspec.json.Decoder(list[Deed])


class Visitor(NamedTuple):
    """A visitor of the storefront, as a request names them."""

    user_id: str
    """The shopper whose shelves are shown: one of the shop's, or a new one."""
    tried: tuple[Deed, ...] = ()
    """What they tried in a preview, oldest first."""

    @property
    def is_new(self) -> bool:
        """Whether this is nobody that the shop knows."""
        return self.user_id.startswith(_NEW)

    def profile(self) -> tuple[ProfileEvent, ...]:
        """Return what was tried as a request for a shelf holds it, newest first."""
        return tuple(deed.of_profile() for deed in reversed(self.tried))

    def history(self, live: Live) -> list[EventRow]:
        """Return what the shopper did, newest first, with what was tried."""
        rows = [deed.row() for deed in reversed(self.tried)]
        return rows + events.history(live.db, self.user_id, _HISTORY)


def new_visitor() -> Visitor:
    """Return a visitor of whom nothing is known."""
    return Visitor(_NEW + secrets.token_hex(16))


def visitor_of(request: Request) -> Visitor:
    """Return the visitor that a request names, or a new one."""
    try:
        shopper = cookies.read(request, SHOPPER_COOKIE) or ""
        user_id = check_id(base64.urlsafe_b64decode(shopper).decode(), "user_id")
    except (ValueError, InputError):
        return new_visitor()
    return Visitor(user_id, _read(cookies.read(request, TRIED_COOKIE) or ""))


def remember(request: Request, response: Response, visitor: Visitor) -> None:
    """Write the visitor into the cookies of an answer."""
    # Ids hold any Unicode, cookies hardly any.
    shopper = base64.urlsafe_b64encode(visitor.user_id.encode()).decode()
    cookies.write(request, response, SHOPPER_COOKIE, shopper, _SECONDS)
    if visitor.tried:
        cookies.write(request, response, TRIED_COOKIE, _write(visitor.tried), _SECONDS)
    else:
        cookies.remove(request, response, TRIED_COOKIE)


def do(live: Live, visitor: Visitor, deeds: list[Deed]) -> Visitor:
    """Let a visitor do something; return the visitor as they are afterwards.

    Raises
    ------
    InputError
        If the shop does not take it.
    """
    if not live.settings.shop.simulated:
        return visitor._replace(tried=(*visitor.tried, *deeds)[-MAX_TRIED:])
    checked = parse_events(msgspec.json.encode([_event(visitor, deed) for deed in deeds]), stars=live.stars)
    problems = [reason for reason in checked.reasons if reason]
    problems += [outcome.reason for outcome in live.writer.outcomes(live.submit(checked)) if outcome.reason]
    if problems:
        raise InputError(f"this was not stored: {problems[0]}")
    return visitor


def _event(visitor: Visitor, deed: Deed) -> dict[str, object]:
    """Return a deed as an event of the public API."""
    event = {name: value for name, value in msgspec.structs.asdict(deed).items() if value is not None}
    if deed.price is not None:
        event["price"] = from_micros(deed.price)
    return event | {"user_id": visitor.user_id, "timestamp": deed.timestamp}


def deed(event: str, item_id: str, **values: object) -> Deed:
    """Return something done now."""
    return msgspec.convert({"event": event, "item_id": item_id, "timestamp": moments.now()} | values, Deed)


def _write(tried: tuple[Deed, ...]) -> str:
    """Pack deeds into a cookie; the oldest are left out if it would become too large."""
    while True:
        packed = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(tried))).decode()
        if len(packed) <= _MAX_COOKIE or len(tried) <= 1:
            return packed
        tried = tried[len(tried) // 4 + 1 :]


def _read(cookie: str) -> tuple[Deed, ...]:
    """Unpack a cookie; one that nobody here wrote is as good as none."""
    try:
        unpacked = zlib.decompressobj().decompress(base64.urlsafe_b64decode(cookie), 100_000)
        return tuple(_deeds.decode(unpacked)[-MAX_TRIED:])
    except (ValueError, zlib.error, msgspec.DecodeError):
        return ()
