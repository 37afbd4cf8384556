"""What a shop's data says: every insight, from the columnar copy of the events."""

from collections.abc import Sequence
from typing import Final

import msgspec
import polars as pl

from aisle.app.data.columnar import copy_of
from aisle.app.data.tables import read_reviews
from aisle.app.progress import Progress, silent
from aisle.app.settings import Settings
from aisle.insights.every import chosen, compute
from aisle.insights.insight import Insight
from aisle.insights.selection import Selection, select
from aisle.insights.shop_log import COLUMNS, ITEM_COLUMNS, ITEM_SCHEMA, NO_PLACES, ShopLog
from aisle.shop import moments
from aisle.shop.errors import NotEnoughData
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.shelves import days

EVERYTHING: Final = Selection()

NO_EVENTS: Final = "this shop has no events yet; run aisle import FILE…"


class Insights(msgspec.Struct, frozen=True, kw_only=True):
    """What the data of a shop says."""

    events: int
    """The events that count."""
    first: int
    """The moment at which they begin."""
    end: int
    """The first moment after them."""
    left_out: int
    """Events from the future, or far from all others."""
    insights: list[Insight]


def insights(
    db: Database,
    settings: Settings,
    names: Sequence[str] = (),
    progress: Progress = silent,
    selection: Selection = EVERYTHING,
) -> Insights:
    """Return what the data of a shop says.

    Parameters
    ----------
    names
        The insights to compute; all of them by default.
    selection
        The part of the log that they are of; all of it by default.

    Raises
    ------
    InputError
        If there is no such insight.
    NotEnoughData
        If there are no events, or none until now, or none that is selected.
    FileError
        If the disk refuses.
    StorageError
        If the database refuses.
    """
    wanted = chosen(names)
    with copy_of(settings).current(db, progress) as events:
        catalogue = pl.concat([ITEM_SCHEMA.to_frame(), *items.stream(db, ITEM_COLUMNS)])
        places = pl.DataFrame(days.places_of_items(db), schema=NO_PLACES.schema, orient="row")
        log = ShopLog(
            events.select(COLUMNS), catalogue, read_reviews(db), moments.now(), settings.shop.currency, places
        )
        if log.hours.is_empty():
            raise NotEnoughData(f"all {log.left_out:,} events are from the future" if log.left_out else NO_EVENTS)
        log, whole = select(log, selection), log
        if log.hours.is_empty():
            raise NotEnoughData(
                f"none of the {int(whole.hours['count'].sum()):,} events is selected; select more of them"
            )
        found = []
        for number, insight in enumerate(compute(log, wanted), 1):
            found.append(insight)
            progress(f"insight {insight.name}", number, len(wanted), number)
        return Insights(
            events=int(log.hours["count"].sum()),
            first=log.span.start,
            end=log.span.end,
            left_out=whole.left_out,
            insights=found,
        )
