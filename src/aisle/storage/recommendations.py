"""The recommendations table: the shelves of all shoppers as they were last computed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select

from aisle.shop.columns import RANK, RECOMMENDATIONS
from aisle.storage import erased
from aisle.storage.connection import Database
from aisle.storage.parts import parts
from aisle.storage.tables import recommendations


def replace(db: Database, placement: str, user_ids: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> int:
    """Replace the shelves of some shoppers in one transaction, and return how many rows they have now.

    A reader finds a shopper's old shelf or the new one, never some of both. Erased people get none.

    Parameters
    ----------
    placement
        Where the shelves stand.
    user_ids
        Whose shelves to replace; shoppers without rows have no shelf from then on.
    rows
        In the order of `shop.columns.RECOMMENDATIONS`.
    """
    with db.write() as connection:
        gone = erased.among(connection, set(user_ids))
        for part in parts(user_ids):
            old = recommendations.c.user_id.in_(part), recommendations.c.placement == placement
            connection.execute(delete(recommendations).where(*old))
        kept = [dict(zip(RECOMMENDATIONS, row, strict=True)) for row in rows if row[0] not in gone]
        if kept:
            connection.execute(insert(recommendations), kept)
    return len(kept)


def forget_older(db: Database, placement: str, created: int) -> int:
    """Remove a placement's shelves that were computed before a moment: those of shoppers who are no longer known."""
    old = recommendations.c.placement == placement, recommendations.c.created < created
    with db.write() as connection:
        return connection.execute(delete(recommendations).where(*old)).rowcount


def of_user(db: Database, user_id: str, placement: str) -> list[tuple[Any, ...]]:
    """Return a shopper's shelf, best first, in the order of `shop.columns.RECOMMENDATIONS`."""
    mine = recommendations.c.user_id == user_id, recommendations.c.placement == placement
    query = select(*(recommendations.c[name] for name in RECOMMENDATIONS)).where(*mine)
    with db.read() as connection:
        return [tuple(row) for row in connection.execute(query.order_by(recommendations.c[RANK]))]
