"""RetailRocket: what visitors of a shop viewed, put into the cart and bought, as published and as resampled."""

from typing import Final

from aisle.ingest.formats.format import Format, Sheet, one_table, renamed
from aisle.shop import columns as c

_PUBLISHED: Final = {
    "timestamp": c.TIMESTAMP,
    "visitorid": c.USER_ID,
    "event": c.EVENT,
    "itemid": c.ITEM_ID,
    "transactionid": c.TRANSACTION_ID,
}
_RESAMPLED: Final = {"unix_ts": c.TIMESTAMP, "user": c.USER_ID, "behavior": c.EVENT, "item": c.ITEM_ID}

RETAILROCKET: Final = Format(
    name="retailrocket",
    about="RetailRocket events.csv (view, addtocart, transaction), as published or as user,item,behavior,unix_ts",
    tables=("events",),
    sheets=(
        Sheet(header=frozenset(_PUBLISHED), map=one_table("events", renamed(_PUBLISHED))),
        Sheet(header=frozenset(_RESAMPLED), map=one_table("events", renamed(_RESAMPLED))),
    ),
)
