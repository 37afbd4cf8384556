"""The catalogue as shoppers walk through it: categories, brands, and the items that match a filter."""

from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, false, func, or_, select

from aisle.shop.moments import now
from aisle.storage.catalogue import search as full_text
from aisle.storage.connection import Database
from aisle.storage.tables import items, reviews

SEPARATOR: Final = " > "
"""What stands between the steps of a category path."""

Order = Literal["newest", "price", "-price", "title"]


class ItemFilter(NamedTuple):
    """Which items; None does not filter."""

    categories: tuple[str, ...] = ()
    """Any of these paths: the items there and below."""
    brands: tuple[str, ...] = ()
    """Any of these."""
    price_min: int | None = None
    price_max: int | None = None
    """Millionths of the currency unit, both included."""
    in_stock: bool = False
    """Only what can be bought now."""
    text: str | None = None
    """Words that all stand in the title, the brand, the category or the tags, the last one perhaps cut short."""


class Match(NamedTuple):
    """An item that a search found."""

    item_id: str
    relevance: float
    """How well its words fit, comparable within one search only."""


class Review(NamedTuple):
    """What a shopper wrote about an item."""

    rating: float | None
    title: str | None
    text: str | None
    timestamp: int


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
    count = _select(db, wanted._replace(brands=()), items.c.brand, func.count()).where(items.c.brand.is_not(None))
    with db.read() as connection:
        rows = connection.execute(count.group_by(items.c.brand)).all()
    return dict(sorted((brand, number) for brand, number in rows))


def listed(db: Database, wanted: ItemFilter, n: int, offset: int) -> list[str]:
    """Return the ids of n items that match a filter, in the order of their ids."""
    query = _select(db, wanted, items.c.item_id).order_by(items.c.item_id).limit(n).offset(offset)
    with db.read() as connection:
        return list(connection.execute(query).scalars())


def find(db: Database, wanted: ItemFilter, order: Order = "title") -> list[str]:
    """Return the ids of all items that match a filter, in an order; items without its value come last."""
    by = _ORDERS[order]
    column = items.c[{"newest": "available_from", "title": "title"}.get(order, "price")]
    query = _select(db, wanted, items.c.item_id).order_by(column.is_(None), by, items.c.item_id)
    with db.read() as connection:
        return list(connection.execute(query).scalars())


def search(db: Database, wanted: ItemFilter, n: int) -> list[Match]:
    """Return the n items that match a filter and whose words fit its text best; none if it has no words."""
    words = full_text.words_of(wanted.text or "")
    if not words:
        return []
    matching = full_text.matching(db.engine.dialect.name, words)
    relevance = matching.relevance.label("relevance")
    query = select(items.c.item_id, relevance).select_from(matching.source)
    query = query.where(matching.condition, *_where(wanted)).order_by(relevance.desc(), items.c.item_id).limit(n)
    with db.read() as connection:
        return [Match._make(row) for row in connection.execute(query)]


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


def _select(db: Database, wanted: ItemFilter, *columns: Any) -> Select[Any]:
    """Return a query of the items that match a filter."""
    query = select(*columns).where(*_where(wanted))
    if wanted.text is None:
        return query
    words = full_text.words_of(wanted.text)
    if not words:
        return query.where(false())
    matching = full_text.matching(db.engine.dialect.name, words)
    return query.select_from(matching.source).where(matching.condition)


def _shown() -> list[ColumnElement[bool]]:
    """Return the conditions of an item that shoppers may see: on sale already, and not hidden."""
    return [
        or_(items.c.hidden.is_(None), items.c.hidden.is_(False)),
        or_(items.c.available_from.is_(None), items.c.available_from <= now()),
    ]


def _where(wanted: ItemFilter) -> list[ColumnElement[bool]]:
    conditions = _shown()
    if wanted.categories:
        conditions.append(or_(*map(_is_below, wanted.categories)))
    if wanted.brands:
        conditions.append(items.c.brand.in_(wanted.brands))
    if wanted.price_min is not None:
        conditions.append(items.c.price >= wanted.price_min)
    if wanted.price_max is not None:
        conditions.append(items.c.price <= wanted.price_max)
    if wanted.in_stock:
        conditions.append(or_(items.c.in_stock.is_(None), items.c.in_stock.is_(True)))
        conditions.append(or_(items.c.stock.is_(None), items.c.stock > 0))
    return conditions


def _is_below(category: str) -> ColumnElement[bool]:
    return or_(items.c.category == category, items.c.category.startswith(category + SEPARATOR, autoescape=True))
