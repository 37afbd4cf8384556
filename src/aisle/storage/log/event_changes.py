"""Which stored events changed, so that a copy of them may be kept elsewhere and only what changed read again.

New events need no entry: their numbers go up. Whatever changes or removes stored ones enters the blocks of their
numbers, in its own transaction.
"""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, insert, select, update

from aisle.shop.columns import STORED_EVENTS
from aisle.storage.database.dialects import insert_or_update
from aisle.storage.frames import frames_of
from aisle.storage.parts import parts
from aisle.storage.tables import event_changes, events

if TYPE_CHECKING:
    import polars as pl

BLOCK: Final = 100_000
"""How many numbers of events a block has."""

NEWEST: Final = -1
"""No block, but a row with the newest version: a writer locks it until its transaction ends."""

EPOCH: Final = -2
"""No block, but a row with a number that tells this database from any other and from itself before a restore."""

_VERSION: Final = select(event_changes.c.version)


class State(NamedTuple):
    """What a copy compares itself with."""

    epoch: int
    version: int
    last: int
    """The number of the last event; 0 without events."""


class Tail(NamedTuple):
    """What is in a block."""

    rows: int
    last: int
    """The greatest number in it; 0 if it is empty."""
    event_id: str | None
    """The id of the event with that number."""


def blocks_of(connection: Connection, condition: ColumnElement[bool]) -> list[int]:
    """Return the blocks of some events, to be entered once these have changed or are gone."""
    block = func.floor(events.c.seq / BLOCK) if connection.dialect.name == "mysql" else events.c.seq // BLOCK
    return [int(number) for number in connection.execute(select(block).where(condition).distinct()).scalars()]


def enter(connection: Connection, blocks: Iterable[int]) -> None:
    """Enter that events of some blocks change with this transaction, as its last deed."""
    changed = set(blocks)
    if changed:
        version = _advance(connection)
        insert_or_update(connection, event_changes, [(block, version) for block in sorted(changed)])


def renew(connection: Connection) -> None:
    """Enter that every event may be another one, as in a new database and after a restore."""
    insert_or_update(connection, event_changes, [(EPOCH, secrets.randbits(62))])


def state(connection: Connection) -> State:
    """Return what the events are at this moment."""
    rows = connection.execute(select(event_changes).where(event_changes.c.block < 0))
    versions = {row.block: row.version for row in rows}
    last = connection.execute(select(func.max(events.c.seq))).scalar()
    return State(versions.get(EPOCH, 0), versions.get(NEWEST, 0), last or 0)


def count(connection: Connection) -> int:
    """Return how many events there are."""
    return connection.execute(select(func.count()).select_from(events)).scalar_one()


def changed_since(connection: Connection, version: int) -> set[int]:
    """Return the blocks that changed after a version."""
    changed = select(event_changes.c.block).where(event_changes.c.version > version, event_changes.c.block >= 0)
    return set(connection.execute(changed).scalars())


def tail(connection: Connection, block: int) -> Tail:
    """Return how many events a block holds, and its last one."""
    within = _within(block)
    rows = connection.execute(select(func.count()).select_from(events).where(*within)).scalar_one()
    query = select(events.c.seq, events.c.event_id).where(*within).order_by(events.c.seq.desc()).limit(1)
    last = connection.execute(query).first()
    return Tail(rows, *last) if last else Tail(0, 0, None)


def event_ids(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """Return the ids of the events with these numbers, of those that there are."""
    query = select(events.c.seq, events.c.event_id)
    found: dict[int, str] = {}
    for some in parts(numbers):
        found.update((row.seq, row.event_id) for row in connection.execute(query.where(events.c.seq.in_(some))))
    return found


def next_block(connection: Connection, after: int) -> int | None:
    """Return the first block that holds an event with a number greater than this one."""
    first = connection.execute(select(func.min(events.c.seq)).where(events.c.seq > after)).scalar()
    return None if first is None else int(first) // BLOCK


def read(connection: Connection, block: int, after: int, columns: Sequence[str]) -> Iterator["pl.DataFrame"]:
    """Yield some columns of the events of a block whose numbers are greater than one."""
    types = {name: STORED_EVENTS[name] for name in columns}
    query = select(*(events.c[name] for name in columns)).where(*_within(block), events.c.seq > after)
    return frames_of(connection, query, types, BLOCK // 2)


def _within(block: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return events.c.seq >= block * BLOCK, events.c.seq < (block + 1) * BLOCK


def _advance(connection: Connection) -> int:
    """Return a new version, once all writers of older ones are done."""
    newest = event_changes.c.block == NEWEST
    advance = update(event_changes).where(newest).values(version=event_changes.c.version + 1)
    if connection.execute(advance).rowcount == 0:
        connection.execute(insert(event_changes), {"block": NEWEST, "version": 1})
    version: int = connection.execute(_VERSION.where(newest)).scalar_one()
    return version
