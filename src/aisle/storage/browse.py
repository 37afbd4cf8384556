"""The catalogue as shoppers walk through it: categories, brands, and the items that match a filter."""

from typing import Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, func, or_, select

from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.tables import items, reviews

SEPARATOR: Final = " > "
"""What stands between the steps of a category path."""

Order = Literal["newest", "price", "-price", "title"]


class ItemFilter(NamedTuple):
    """Which items; None does not filter."""

    category: str | None = None
    """A path: the items there and below."""
    brands: tuple[str, ...] = ()
    """Any of these."""
    price_min: int | None = None
    price_max: int | None = None
    """Millionths of the currency unit, both included."""
    in_stock: bool = False
    """Only what can be bought now."""
    text: str | None = None
    """Words that all stand in the title, the brand or the category, whatever their case."""


class Review(NamedTuple):
    """What a shopper wrote about an item."""

    rating: float | None
    title: str | None
    text: str | None
    timestamp: int


_SEARCHED: Final = (items.c.title, items.c.brand, items.c.category)
_MOST_WORDS: Final = 8

_ORDERS: Final[dict[Order, ColumnElement[object]]] = {
    "newest": items.c.available_from.desc(),
    "price": items.c.price.asc(),
    "-price": items.c.price.desc(),
    "title": items.c.title.asc(),
}


def categories(db: Database) -> dict[str, int]:
    """Return every category path of the items that are shown, and how many items are right there, by path."""
    count = select(items.c.category, func.count()).where(items.c.category.is_not(None), *_shown())
    with db.read() as connection:
        rows = connection.execute(count.group_by(items.c.category)).all()
    # In the order of Python, as the collations of databases differ.
    return dict(sorted((path, number) for path, number in rows))


def brands(db: Database, wanted: ItemFilter) -> dict[str, int]:
    """Return the brands of the items that match a filter but for its brands, with the number of items of each."""
    count = select(items.c.brand, func.count()).where(items.c.brand.is_not(None), *_where(wanted._replace(brands=())))
    with db.read() as connection:
        rows = connection.execute(count.group_by(items.c.brand)).all()
    return dict(sorted((brand, number) for brand, number in rows))


def find(db: Database, wanted: ItemFilter, order: Order = "title") -> list[str]:
    """Return the ids of all items that match a filter, in an order; items without its value come last."""
    by = _ORDERS[order]
    column = items.c[{"newest": "available_from", "title": "title"}.get(order, "price")]
    query = select(items.c.item_id).where(*_where(wanted)).order_by(column.is_(None), by, items.c.item_id)
    with db.read() as connection:
        return list(connection.execute(query).scalars())


def reviews_of(db: Database, item_id: str, n: int) -> list[Review]:
    """Return the newest reviews of an item that have words, newest first."""
    query = (
        select(reviews.c.rating, reviews.c.title, reviews.c.text, reviews.c.timestamp)
        .where(reviews.c.item_id == item_id, or_(reviews.c.text != "", reviews.c.title != ""))
        .order_by(reviews.c.timestamp.desc(), reviews.c.seq.desc())
        .limit(n)
    )
    with db.read() as connection:
        return [Review(rating, title, text, moment or 0) for rating, title, text, moment in connection.execute(query)]


def _shown() -> list[ColumnElement[bool]]:
    """Return the conditions of an item that shoppers may see: on sale already, and not hidden."""
    return [
        or_(items.c.hidden.is_(None), items.c.hidden.is_(False)),
        or_(items.c.available_from.is_(None), items.c.available_from <= now()),
    ]


def _where(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    conditions = _shown()
    if wanted.category is not None:
        below = items.c.category.startswith(wanted.category + SEPARATOR, autoescape=True)
        conditions.append(or_(items.c.category == wanted.category, below))
    if wanted.brands:
        conditions.append(items.c.brand.in_(wanted.brands))
    if wanted.price_min is not None:
        conditions.append(items.c.price >= wanted.price_min)
    if wanted.price_max is not None:
        conditions.append(items.c.price <= wanted.price_max)
    if wanted.in_stock:
        conditions.append(or_(items.c.in_stock.is_(None), items.c.in_stock.is_(True)))
        conditions.append(or_(items.c.stock.is_(None), items.c.stock > 0))
    for word in (wanted.text or "").split()[:_MOST_WORDS]:
        conditions.append(or_(*(column.icontains(word, autoescape=True) for column in _SEARCHED)))
    return conditions
