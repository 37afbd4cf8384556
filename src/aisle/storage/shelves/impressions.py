"""The impressions table: every shelf that was served, a row each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from aisle.shop import columns
from aisle.storage.connection import Database
from aisle.storage.database.dialects import as_text, insert_all
from aisle.storage.parts import parts
from aisle.storage.shoppers import segments
from aisle.storage.shoppers.identities import known_user
from aisle.storage.shoppers.owners import under_owners
from aisle.storage.tables import impressions

_ITEMS: Final = list(columns.IMPRESSIONS).index(columns.ITEMS_SHOWN)

_REMOVED: Final = 5_000
"""How many shelves are removed in one transaction, for which writers wait."""


_STREAMED: Final = 1_000
"""How many shelves are read at a time."""


EXPLORED: Final = 0.5
"""What stands at its place with a smaller propensity was drawn, or traded its place, to explore."""


class ServedItem(NamedTuple):
    """A place of a shelf; the first has position 1."""

    item_id: str
    position: int
    score: float | None
    """The model's score; None for an item that only fills the shelf up."""
    propensity: float
    """How probable it was that this item would stand here; 1 where nothing is left to chance."""


class ShownShelf(NamedTuple):
    """What a shopper was shown."""

    timestamp: int
    item_ids: list[str]


class Impression(NamedTuple):
    """A shelf that was served."""

    recommendation_id: str
    timestamp: int
    user_id: str | None
    session_id: str | None
    placement: str
    strategy: str
    """What fills the placement."""
    fallback: str | None
    """What filled it instead, if that had nothing to show."""
    model_version: int | None
    """None for a shelf that no model filled."""
    items: tuple[ServedItem, ...]
    variant: str | None = None
    """Of which experiments it is part, and what they make of it."""


_places = msgspec.json.Decoder(list[ServedItem])
_SHOWN: Final = select(impressions.c.timestamp, impressions.c[columns.ITEMS_SHOWN]).where(
    impressions.c.placement == bindparam("placement"), impressions.c.timestamp >= bindparam("since")
)
_SHOWN_TO: Final = (
    _SHOWN.where(impressions.c.user_id == known_user("user_id"))
    .order_by(impressions.c.timestamp.desc())
    .limit(bindparam("newest"))
)
_MOMENTS: Final = _SHOWN_TO.with_only_columns(impressions.c.timestamp)
_moments: Final = msgspec.json.Decoder(list[tuple[int]])


def add(db: Database, served: Sequence[Impression]) -> int:
    """Store shelves in one commit, and return how many; those of erased people are not stored.

    A later page of a shelf that is stored already joins it, and none of its places counts twice.

    Raises
    ------
    StorageError
        If the database refuses; then none is stored.
    """
    rows = [
        (*impression[:_ITEMS], msgspec.json.encode(impression.items).decode(), *impression[_ITEMS + 1 :])
        for impression in _whole(served)
    ]
    with db.write() as connection:
        kept = {row[0]: row for row in under_owners(connection, impressions, rows) if row is not None}
        before = _stored(connection, list(kept))
        insert_all(connection, impressions, [row for name, row in kept.items() if name not in before])
        for name, text in before.items():
            places = _together(_places.decode(text), _places.decode(kept[name][_ITEMS]))
            changed = update(impressions).where(impressions.c.recommendation_id == name)
            connection.execute(changed.values({columns.ITEMS_SHOWN: msgspec.json.encode(places).decode()}))
    return len(kept)


def _whole(served: Iterable[Impression]) -> list[Impression]:
    """Return shelves with their pages put together."""
    shelves: dict[str, Impression] = {}
    for page in served:
        before = shelves.get(page.recommendation_id)
        shelves[page.recommendation_id] = (
            page if before is None else before._replace(items=_together(before.items, page.items))
        )
    return list(shelves.values())


def _together(places: Iterable[ServedItem], more: Iterable[ServedItem]) -> tuple[ServedItem, ...]:
    """Return the places of two pages of a shelf in their order."""
    by_position = {place.position: place for place in (*more, *places)}
    return tuple(by_position[position] for position in sorted(by_position))


def _stored(connection: Connection, recommendation_ids: Sequence[str]) -> dict[str, str]:
    """Return the items of the shelves that are stored already, as text; nobody else changes them meanwhile."""
    name = impressions.c.recommendation_id
    known = [
        found for some in parts(recommendation_ids) for found in connection.scalars(select(name).where(name.in_(some)))
    ]
    # Only what is there is locked: locks on what is not would hold up whoever stores other shelves.
    query = select(name, impressions.c[columns.ITEMS_SHOWN]).with_for_update()
    return {found: text for some in parts(known) for found, text in connection.execute(query.where(name.in_(some)))}


def get(db: Database, recommendation_id: str) -> Impression | None:
    """Return a shelf that was served, or None if it was not, or not stored."""
    query = select(*(impressions.c[name] for name in columns.IMPRESSIONS)).where(
        impressions.c.recommendation_id == recommendation_id
    )
    with db.read() as connection:
        row = connection.execute(query).first()
    return None if row is None else _impression(row)


def ids(db: Database, placement: str, since: int) -> list[str]:
    """Return the ids of the shelves that a placement's own strategy filled for known users since a moment."""
    query = (
        select(impressions.c.recommendation_id)
        .where(impressions.c.timestamp >= since, impressions.c.placement == placement)
        .where(impressions.c.user_id.is_not(None), impressions.c.fallback.is_(None))
        .order_by(impressions.c.timestamp, impressions.c.recommendation_id)
    )
    with db.read() as connection:
        return list(connection.execute(query).scalars())


def of_ids(db: Database, recommendation_ids: Sequence[str]) -> list[Impression]:
    """Return the shelves of some ids, in any order; those without items are left out."""
    query = select(*(impressions.c[name] for name in columns.IMPRESSIONS))
    with db.read() as connection:
        rows = [
            row
            for some in parts(recommendation_ids)
            for row in connection.execute(query.where(impressions.c.recommendation_id.in_(some)))
        ]
    return [shelf for shelf in map(_impression, rows) if shelf.items]


def shown_to(
    db: Database,
    user_id: str,
    placement: str,
    since: int,
    newest: int,
    worth_reading: Callable[[Sequence[int]], bool] = lambda moments: bool(moments),
) -> list[ShownShelf]:
    """Return a shopper's newest shelves of a placement since a moment, newest first.

    Parameters
    ----------
    worth_reading
        Whether what stood on them is asked for at all, given when they were served; if not, none is returned.
    """
    values = {"user_id": user_id, "placement": placement, "since": since, "newest": newest}
    # The moments are in an index, where what stood on the shelves takes reading them.
    if not worth_reading([moment for (moment,) in _moments_of(db, values)]):
        return []
    return [ShownShelf(moment, _item_ids(text)) for moment, text in db.rows(_SHOWN_TO, values)]


def _moments_of(db: Database, values: Mapping[str, Any]) -> Sequence[tuple[int]]:
    if db.is_file:
        ((text,),) = db.rows(as_text(_MOMENTS, values["newest"]), values)
        return _moments.decode(text)
    return db.rows(_MOMENTS, values)


def explored(db: Database, user_id: str, placement: str, since: int, newest: int) -> int:
    """Return how many items of a shopper's newest shelves of a placement since a moment were shown to explore."""
    values = {"user_id": user_id, "placement": placement, "since": since, "newest": newest}
    shelves = (_places.decode(text) for _, text in db.rows(_SHOWN_TO, values))
    return sum(place.propensity < EXPLORED for shelf in shelves for place in shelf)


def stream_shown(db: Database, placement: str, since: int) -> Iterator[tuple[str, ShownShelf]]:
    """Yield the shelves of a placement since a moment with the shopper of each, newest first; none of nobody."""
    user = impressions.c.user_id
    query = _SHOWN.add_columns(user).where(user.is_not(None)).order_by(impressions.c.timestamp.desc())
    with db.read() as connection:
        rows = connection.execution_options(yield_per=_STREAMED).execute(
            query, {"placement": placement, "since": since}
        )
        for moment, text, user_id in rows:
            yield user_id, ShownShelf(moment, _item_ids(text))


def of_models(db: Database, placement: str, versions: Sequence[int], since: int) -> Iterator[tuple[int, str, str, int]]:
    """Yield the model, the shopper, the id and the number of items of the shelves that some models filled."""
    shopper = func.coalesce(impressions.c.user_id, impressions.c.session_id, impressions.c.recommendation_id)
    query = select(
        impressions.c.model_version, shopper, impressions.c.recommendation_id, impressions.c[columns.ITEMS_SHOWN]
    ).where(
        impressions.c.timestamp >= since,
        impressions.c.placement == placement,
        impressions.c.model_version.in_(versions),
        impressions.c.fallback.is_(None),
    )
    with db.read() as connection:
        for version, who, recommendation_id, text in connection.execution_options(yield_per=_STREAMED).execute(query):
            yield version, who, recommendation_id, len(_places.decode(text))


def scores(db: Database, placement: str, version: int, since: int, until: int, most: int) -> list[float]:
    """Return the scores of what a model showed on a placement in some time, of the newest shelves."""
    moment = impressions.c.timestamp
    query = (
        select(impressions.c[columns.ITEMS_SHOWN])
        .where(moment >= since, moment < until, impressions.c.placement == placement)
        .where(impressions.c.model_version == version, impressions.c.fallback.is_(None))
        .order_by(moment.desc())
        .limit(most)
    )
    with db.read() as connection:
        shelves = [msgspec.json.decode(text, type=list[ServedItem]) for text in connection.execute(query).scalars()]
    return [item.score for shelf in shelves for item in shelf if item.score is not None]


def newest(db: Database, n: int) -> list[tuple[str, set[str]]]:
    """Return of the n newest shelves their placements and the items on them."""
    query = select(impressions.c[columns.PLACEMENT], impressions.c[columns.ITEMS_SHOWN])
    query = query.order_by(impressions.c.timestamp.desc()).limit(n)
    with db.read() as connection:
        found = connection.execute(query).all()
    decoder = msgspec.json.Decoder(list[ServedItem])
    return [(placement, {item.item_id for item in decoder.decode(items)}) for placement, items in found]


def newest_places(db: Database, n: int, segment: int | None = None) -> dict[str, set[str]]:
    """Return on which placements each item stood, of the n newest shelves: all, or those of a segment's members."""
    newest = select(impressions.c.placement, impressions.c[columns.ITEMS_SHOWN])
    if segment is not None:
        newest = newest.where(segments.is_of(impressions.c.user_id, segment))
    query = newest.order_by(impressions.c.timestamp.desc()).limit(n)
    shown: dict[str, set[str]] = {}
    with db.read() as connection:
        for placement, text in connection.execute(query):
            for item in msgspec.json.decode(text, type=list[ServedItem]):
                shown.setdefault(item.item_id, set()).add(placement)
    return shown


def remove_older(db: Database, before: int) -> int:
    """Remove shelves that were served before a moment, at most some thousands, and return how many."""
    old = select(impressions.c.recommendation_id).where(impressions.c.timestamp < before).limit(_REMOVED)
    with db.write() as connection:
        names = connection.execute(old).scalars().all()
        for some in parts(names):
            connection.execute(delete(impressions).where(impressions.c.recommendation_id.in_(some)))
    return len(names)


def _impression(row: Row[Any]) -> Impression:
    values = row._asdict()
    return Impression(**values | {columns.ITEMS_SHOWN: tuple(_places.decode(values[columns.ITEMS_SHOWN]))})


def _item_ids(text: str) -> list[str]:
    return [place.item_id for place in _places.decode(text)]


def count(db: Database) -> int:
    """Return how many there are."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(impressions)).scalar_one()
