"""Drafts: the rules of a placement that somebody edits and has not published, one for each author."""

from typing import NamedTuple

from sqlalchemy import Connection, and_, delete, insert, select, update

from aisle.shop.errors import Conflict, Refused
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.rows import transact
from aisle.storage.tables import rule_drafts


class DraftRow(NamedTuple):
    """A draft."""

    placement: str
    author: str
    rules: str
    """A JSON object."""
    based_on: int
    """The newest version that the author knew."""
    revision: int
    """How often it was saved."""
    changed: int


def list_(db: Database, placement: str | None = None) -> list[DraftRow]:
    """Return the drafts of a placement, or all, newest first."""
    query = select(rule_drafts).order_by(rule_drafts.c.changed.desc(), rule_drafts.c.author)
    if placement is not None:
        query = query.where(rule_drafts.c.placement == placement)
    with db.read() as connection:
        return [DraftRow._make(row) for row in connection.execute(query)]


def get(db: Database, placement: str, author: str) -> DraftRow | None:
    """Return an author's draft for a placement."""
    return next((row for row in list_(db, placement) if row.author == author), None)


def save(db: Database, placement: str, author: str, rules: str, based_on: int, revision: int) -> DraftRow:
    """Save a draft over the revision that its author knows; 0: over none.

    Raises
    ------
    Conflict
        If it was saved or removed elsewhere meanwhile, as in another window; then it stays as it is.
    """
    row = DraftRow(placement, author, rules, based_on, revision + 1, now())
    mine = and_(rule_drafts.c.placement == placement, rule_drafts.c.author == author)

    def work(connection: Connection) -> int:
        if revision == 0:
            return connection.execute(insert(rule_drafts).values(**row._asdict())).rowcount
        known = and_(mine, rule_drafts.c.revision == revision)
        return connection.execute(update(rule_drafts).where(known).values(**row._asdict())).rowcount

    try:
        saved = transact(db, work)
    except Refused:
        saved = 0
    if not saved:
        raise Conflict(
            f"your draft for placement {placement!r} was changed in another window; look at both, then decide"
        )
    return row


def remove(db: Database, placement: str, author: str) -> None:
    """Remove an author's draft for a placement, if there is one."""
    mine = and_(rule_drafts.c.placement == placement, rule_drafts.c.author == author)
    transact(db, lambda connection: connection.execute(delete(rule_drafts).where(mine)))
