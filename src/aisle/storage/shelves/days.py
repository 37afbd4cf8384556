"""The counts of days: those of a day are replaced as a whole, and counted anew when its events change."""

from collections.abc import Collection, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, update

from aisle.shop import columns
from aisle.shop.moments import DAY
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_all
from aisle.storage.parts import parts
from aisle.storage.rows import transact
from aisle.storage.shelves.changed_days import CHANGED, DAY_OF
from aisle.storage.tables import events, item_days, segment_days, segments, shelf_days, shop_days

TABLES: Final = (shelf_days, item_days, shop_days, segment_days)
SHELVES, ITEMS, SHOP, SEGMENTS = (table.name for table in TABLES)
"""The names of the tables."""

_SEGMENT: Final = list(columns.SEGMENT_DAYS).index(columns.SEGMENT)

_LATE: Final = 1_000
"""So many events may have been numbered before the newest that is known, and stored after it."""


class Counts(NamedTuple):
    """The rows of a day, in the order of each table's columns of `shop.columns`, the day first."""

    shelves: Sequence[tuple[Any, ...]]
    items: Sequence[tuple[Any, ...]]
    shop: Sequence[tuple[Any, ...]]
    """At least the row without a currency, by which it is known that the day was counted."""
    segments: Sequence[tuple[Any, ...]] = ()
    """Of each segment that was counted at least the row without a placement and a currency."""


class ItemSums(NamedTuple):
    """What was counted of an item on some days."""

    item_id: str
    places: int
    seen: int
    clicks: int
    units: int


def replace(db: Database, day: int, counts: Counts, through: int) -> None:
    """Replace what is counted of a day, in one transaction.

    Parameters
    ----------
    through
        The number of the newest event that the counts know.
    """

    def work(connection: Connection) -> None:
        # The shop's rows first: of two processes that count one day, the second waits here for the first.
        for table, rows in ((shop_days, [(*row, through) for row in counts.shop]), (shelf_days, counts.shelves)):
            connection.execute(delete(table).where(table.c.day == day))
            insert_all(connection, table, rows)
        # A segment may have been deleted since its members were counted.
        known = set(connection.execute(select(segments.c.number)).scalars())
        of_segments = [row for row in counts.segments if row[_SEGMENT] in known]
        for table, rows in ((item_days, counts.items), (segment_days, of_segments)):
            connection.execute(delete(table).where(table.c.day == day))
            insert_all(connection, table, rows)

    transact(db, work)


def to_count(db: Database, newest: int, moment: int) -> list[int]:
    """Return the days that have to be counted, or counted anew, oldest first.

    These are days with events that no count knows, days whose events changed, the days after those, as an order may be
    owed to a click of the day before, and today and yesterday, whose shelves may still be stored.

    Parameters
    ----------
    newest
        The number of the newest event.
    moment
        Now.
    """
    today = moment - moment % DAY
    with db.read() as connection:
        changed = connection.execute(select(shop_days.c.day).where(shop_days.c.through == CHANGED)).scalars()
        last = connection.execute(select(func.max(shop_days.c.through))).scalar_one()
        since = min(last, newest) - _LATE if last is not None else 0
        new = connection.execute(select(DAY_OF).where(events.c.seq > since).distinct()).scalars()
        days = {*changed, *new}
    days |= {day + DAY for day in days} | ({today - DAY, today} if days or last is not None else set())
    return sorted(day for day in days if day <= today)


def plan(db: Database, wanted: Sequence[int]) -> None:
    """Note that some days are to be counted, so that `to_count` finds them again where the work is cut off."""

    def work(connection: Connection) -> None:
        known: set[int] = set()
        for some in parts(wanted):
            of_some = shop_days.c.day.in_(some)
            connection.execute(update(shop_days).where(of_some).values(through=CHANGED))
            known |= set(connection.execute(select(shop_days.c.day).where(of_some)).scalars())
        zeros = (0,) * (len(columns.SHOP_DAYS) - 2)
        insert_all(connection, shop_days, [(day, "", *zeros, CHANGED) for day in wanted if day not in known])

    transact(db, work)


def without_segments(db: Database, numbers: Collection[int], since: int, until: int | None = None) -> list[int]:
    """Return the days from `since` up to, not including, `until` that were counted without some segments, newest first.

    Parameters
    ----------
    until
        No end, if it is None.
    """
    ends = [] if until is None else [until]

    def within(table: Table) -> list[ColumnElement[bool]]:
        return [table.c.day >= since, *(table.c.day < end for end in ends), table.c.currency == ""]

    of_segments = (segment_days.c.placement == "", segment_days.c.segment.in_(list(numbers)))
    counted = select(segment_days.c.day).where(*within(segment_days), *of_segments).group_by(segment_days.c.day)
    is_whole = counted.having(func.count() == len(numbers))
    query = select(shop_days.c.day).where(*within(shop_days), shop_days.c.day.not_in(is_whole))
    with db.read() as connection:
        return list(connection.execute(query.order_by(shop_days.c.day.desc())).scalars()) if numbers else []


def places_of_items(db: Database) -> list[tuple[str, int]]:
    """Return how many places of shelves each item had on the days that are counted."""
    query = select(item_days.c.item_id, func.sum(item_days.c.places)).group_by(item_days.c.item_id)
    with db.read() as connection:
        return [(item_id, int(places)) for item_id, places in connection.execute(query) if places]


class ItemDay(NamedTuple):
    """What became of an item on a day."""

    day: int
    places: int
    """How often it stood on a shelf."""
    seen: int
    clicks: int
    carts: int
    units: int
    """The pieces that were sold, by whatever way."""
    returned_units: int


def of_item(db: Database, item_id: str, wanted: Sequence[int]) -> list[ItemDay]:
    """Return some days of an item; those on which nothing became of it are missing."""
    # By the key of the table, which begins with the day: each day is one look-up.
    query = select(*(item_days.c[name] for name in ItemDay._fields)).where(
        item_days.c.day.in_(list(wanted)), item_days.c.item_id == item_id
    )
    with db.read() as connection:
        return [ItemDay._make(row) for row in connection.execute(query)]


def ends(db: Database) -> tuple[int, int] | None:
    """Return the first and the last day on which anything was counted; None without any."""
    lively = or_(shop_days.c.visitors > 0, shop_days.c.orders > 0)
    query = select(func.min(shop_days.c.day), func.max(shop_days.c.day)).where(lively)
    with db.read() as connection:
        first, last = connection.execute(query).one()
    return None if first is None else (int(first), int(last))


def empty_placements(db: Database, since: int) -> list[tuple[str, int]]:
    """Return the placements that were served without a single item since a day, and how often."""
    shelves, places = func.sum(shelf_days.c.shelves), func.sum(shelf_days.c.places)
    query = select(shelf_days.c.placement, shelves).where(shelf_days.c.day >= since).group_by(shelf_days.c.placement)
    with db.read() as connection:
        rows = connection.execute(query.having(shelves > 0, places == 0).order_by(shelf_days.c.placement))
        return [(placement, int(number)) for placement, number in rows]


def sums_of_items(db: Database, since: int, until: int) -> list[ItemSums]:
    """Return what was counted of each item from the day `since` up to, not including, `until`."""
    summed = (func.sum(item_days.c[name]) for name in ItemSums._fields[1:])
    within = (item_days.c.day >= since, item_days.c.day < until)
    query = select(item_days.c.item_id, *summed).where(*within).group_by(item_days.c.item_id)
    with db.read() as connection:
        return [ItemSums(item_id, *map(int, sums)) for item_id, *sums in connection.execute(query)]


def rows(db: Database, name: str, since: int, until: int, **values: str | int) -> list[tuple[Any, ...]]:
    """Return the rows of a table from the day `since` up to, not including, `until`, as `shop.columns` has them.

    Parameters
    ----------
    values
        What columns must hold.
    """
    (table,) = (table for table in TABLES if table.name == name)
    names = [column.name for column in table.columns if column.name not in ("seq", "through")]
    query = select(*(table.c[name] for name in names)).where(
        table.c[columns.DAY] >= since,
        table.c[columns.DAY] < until,
        *(table.c[name] == value for name, value in values.items()),
    )
    with db.read() as connection:
        return [tuple(row) for row in connection.execute(query)]
