"""What a network address counts for: the events beyond it are stored like all others, and marked as `over_cap`.

Whoever holds a browser key can call themselves as many sessions as they like, and each would be a voter. They cannot
have as many addresses. So of the events that come with a browser key, an address counts for so many a day (UTC) of one
kind with one item, and for so many in all; models count only those, see `prepare.votes`.

No address is stored. It is counted under a digest that takes a random salt of the day; both are deleted when the day
after the next one begins, and then nobody can tell who sent what. A backup has neither.
"""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from secrets import token_bytes
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from aisle.shop.columns import EVENT, EVENTS, ITEM_ID
from aisle.shop.errors import Refused
from aisle.shop.events import KINDS_WITHOUT_ITEM
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_or_add, rows_with
from aisle.storage.log.passing import address_salts, address_votes
from aisle.storage.parts import parts

OF_ONE_ITEM: Final = 10
"""So many events of one kind with one item count in a day of an address, unless the settings say otherwise."""

TIMES_IN_ALL: Final = 200
"""So many times as many events count in a day of an address in all."""

_KIND: Final = list(EVENTS).index(EVENT) + 1
_ITEM: Final = list(EVENTS).index(ITEM_ID) + 1
"""Places in a row that has its digest before the columns of an event."""

_VOTES: Final = select(address_votes.c.digest, address_votes.c.votes)

Row = tuple[Any, ...]


class _Vote(NamedTuple):
    """The digests under which an event counts."""

    in_all: bytes
    of_item: bytes


class AddressVotes:
    """Counts for one process at a time, and in the database for all of them.

    Parameters
    ----------
    db
        The shop's database.
    of_one_item
        How many events of one kind with one item count in a day of an address.
    clock
        Returns the present moment in microseconds.
    """

    def __init__(self, db: Database, of_one_item: int = OF_ONE_ITEM, clock: Callable[[], int] = now) -> None:
        self._db = db
        self._of_one_item = of_one_item
        self._clock = clock
        self._day = 0
        self._salt = b""
        self._full: set[bytes] = set()

    def begin(self) -> None:
        """Find out which day it is; a new one begins with a salt of its own, and what is too old is deleted.

        Raises
        ------
        StorageError
            If the database refuses.
        """
        day = self._clock() // DAY
        if day != self._day:
            forget_old(self._db, self._clock())
            self._salt = _salt_of(self._db, day)
            self._day = day
            self._full.clear()

    def marked(
        self, connection: Connection, rows: Sequence[tuple[int, Row]], addresses: Sequence[str | None]
    ) -> list[Row]:
        """Return new rows as they are inserted, those that are over a cap marked; joins the transaction.

        Parameters
        ----------
        rows
            Whose each is, by its place in `addresses`, and the row: its digest, the columns of an event, and `came_as`.
        addresses
            Of browsers; None: the event is not a browser's.
        """
        votes = [_vote_of(addresses[place], row, self._salt) for place, row in rows]
        over = self._over_cap(connection, votes)
        if True not in over:
            return [row for _, row in rows]
        no_import = None
        return [(*row, no_import, 1 if beyond else None) for (_, row), beyond in zip(rows, over, strict=True)]

    def _over_cap(self, connection: Connection, votes: Sequence[_Vote | None]) -> list[bool]:
        """Count votes, and return which are over a cap."""
        some = {digest for vote in votes if vote and self._full.isdisjoint(vote) for digest in vote}
        before = _taken(connection, list(some))
        in_all, of_item = self._of_one_item * TIMES_IN_ALL, self._of_one_item
        taken, over = dict(before), []
        for vote in votes:
            beyond = False
            if vote is not None:
                so_far, of_item_so_far = taken.get(vote.in_all, 0), taken.get(vote.of_item, 0)
                beyond = so_far >= in_all or of_item_so_far >= of_item or not self._full.isdisjoint(vote)
                if not beyond:
                    taken[vote.in_all], taken[vote.of_item] = so_far + 1, of_item_so_far + 1
            over.append(beyond)
        if True in over:
            # What is stored only grows until the day ends: these need not be looked up again.
            self._full |= {vote.in_all for vote in votes if vote and before.get(vote.in_all, 0) >= in_all}
            self._full |= {vote.of_item for vote in votes if vote and before.get(vote.of_item, 0) >= of_item}
        # In one order in every process, so that none waits for another that waits for it.
        added = sorted((digest, self._day, count - before.get(digest, 0)) for digest, count in taken.items())
        insert_or_add(connection, address_votes, [row for row in added if row[-1]])
        return over


def forget_old(db: Database, moment: int) -> None:
    """Delete what was counted before the day before a moment.

    Raises
    ------
    StorageError
        If the database refuses.
    """
    too_old = moment // DAY - 1
    with db.read() as connection:
        old = connection.execute(select(address_salts.c.day).where(address_salts.c.day < too_old).limit(1)).first()
    if old is not None:
        with db.write() as connection:
            connection.execute(delete(address_votes).where(address_votes.c.day < too_old))
            connection.execute(delete(address_salts).where(address_salts.c.day < too_old))


def _salt_of(db: Database, day: int) -> bytes:
    """Return the salt of a day; whichever process comes first makes it."""
    with db.read() as connection:
        salt: bytes | None = connection.execute(select(address_salts.c.salt).where(address_salts.c.day == day)).scalar()
    if salt is not None:
        return salt
    made = token_bytes(32)
    try:
        with db.write() as connection:
            connection.execute(insert(address_salts).values(day=day, salt=made))
    except Refused:  # another process was first
        return _salt_of(db, day)
    return made


def _vote_of(address: str | None, row: Row, salt: bytes) -> _Vote | None:
    """Return what an event counts for; None for one that is no browser's, or about no item."""
    kind, item = row[_KIND], row[_ITEM]
    if address is None or item is None or kind in KINDS_WITHOUT_ITEM:
        return None
    # The halves keep what one address does in one place of the table, which is one page to write.
    in_all = blake2b(address.encode(), key=salt, digest_size=8).digest()
    of_item = blake2b(f"{address} {kind} {item}".encode(), key=salt, digest_size=8).digest()
    return _Vote(in_all + bytes(8), in_all + of_item)


def _taken(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    """Return how many votes some digests have; those without any are left out."""
    return {digest: votes for some in parts(digests) for digest, votes in rows_with(connection, _VOTES, some)}
