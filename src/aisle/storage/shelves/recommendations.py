"""The recommendations table: the shelves of all shoppers as they were last computed."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from aisle.shop.columns import RANK, RECOMMENDATIONS
from aisle.storage.by_user import remove_older, replace_rows
from aisle.storage.connection import Database
from aisle.storage.frames import frames_of
from aisle.storage.tables import recommendations

if TYPE_CHECKING:
    import polars as pl

_ROWS: Final = 50_000


def replace(db: Database, placement: str, user_ids: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Replace a placement's shelves of some users, as `by_user.replace_rows` does."""
    return replace_rows(db, recommendations, user_ids, rows, recommendations.c.placement == placement)


def forget_older(db: Database, placement: str, created: int) -> int:
    """Remove a placement's shelves that were computed before a moment: those of users who are no longer known."""
    return remove_older(db, recommendations, created, recommendations.c.placement == placement)


def stream(db: Database) -> Iterator["pl.DataFrame"]:
    """Yield the shelves of all shoppers as frames."""
    query = select(*(recommendations.c[name] for name in RECOMMENDATIONS))
    with db.read() as connection:
        yield from frames_of(connection, query, RECOMMENDATIONS, _ROWS)


def of_user(db: Database, user_id: str, placement: str) -> list[tuple[Any, ...]]:
    """Return a shopper's shelf, best first, in the order of `shop.columns.RECOMMENDATIONS`."""
    mine = recommendations.c.user_id == user_id, recommendations.c.placement == placement
    query = select(*(recommendations.c[name] for name in RECOMMENDATIONS)).where(*mine)
    with db.read() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(recommendations.c[RANK]))]
