"""A request for a shelf: who, where, and how many items, in the shop's own ids."""

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from aisle.shop.events import ProfileEvent

Exclude = Literal["none", "purchased", "seen"]

MAIN_PLACEMENT: Final = "recommended-for-you"
"""The placement of a request that names none."""


class ShelfRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a shelf, as it was read once.

    Attributes
    ----------
    user_id
        The shopper; None for an anonymous visitor.
    session_id
        The visit; its events count beside the shopper's own.
    exclude
        Which items are left out: none, those that the shopper has bought or rated, or all that they have seen.
    exclude_ids
        Items that are left out: a page shows them already.
    rules
        Rules that override those of the placement for this request, by the names of `engine.shelf.rules.Rules`.
    explain
        Whether each item says why it stands there.
    explore
        Whether some places may explore, as of the placement's rules: a shopper gets to see the shelf as it is.
    tried
        Events that count beside the stored ones and are stored nowhere: what somebody tries out, newest first.
    """

    user_id: str | None = None
    session_id: str | None = None
    placement: str = MAIN_PLACEMENT
    item_id: str | None = None
    cart: tuple[str, ...] = ()
    n: int = 10
    exclude: Exclude = "none"
    exclude_ids: tuple[str, ...] = ()
    rules: Mapping[str, Any] = {}
    explain: bool = False
    explore: bool = False
    tried: tuple[ProfileEvent, ...] = ()
