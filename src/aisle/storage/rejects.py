"""The rejects table: rows that could not be taken in, with the reason, until somebody mends them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, Protocol, TypeAlias

from sqlalchemy import Connection, bindparam, delete, func, select, update

from aisle.shop.events import MAX_TEXT_BYTES
from aisle.shop.moments import now
from aisle.storage import erased
from aisle.storage.connection import Database
from aisle.storage.dialects import insert_new
from aisle.storage.digest import digest
from aisle.storage.mentions import values
from aisle.storage.parts import parts
from aisle.storage.rows import Stored
from aisle.storage.tables import rejects


class RejectLike(Protocol):
    """What the door says of a row that it turned away."""

    @property
    def source(self) -> str:
        """The file's name, or `api`."""

    @property
    def line(self) -> int | None:
        """The line in the file, from 1."""

    @property
    def table(self) -> str:
        """The table that the row was meant for."""

    @property
    def reason(self) -> str:
        """Why it was turned away, for people."""

    @property
    def raw(self) -> str:
        """The row as it came."""


class RejectRow(NamedTuple):
    """A row that was turned away."""

    source: str
    line: int | None
    table: str
    reason: str
    raw: str
    created: int


class Waiting(NamedTuple):
    """A row that was turned away, for whoever tries it again."""

    seq: int
    digest: bytes
    created: int
    source: str
    line: int | None
    table: str
    reason: str
    raw: str


_Row: TypeAlias = tuple[bytes, int, str, int | None, str, str, bytes]
"""A reject as it is stored, without its number."""

_NEWEST: Final = select(
    rejects.c.source,
    rejects.c.line,
    rejects.c.table_name,
    rejects.c.reason,
    rejects.c.raw,
    rejects.c.created,
).order_by(rejects.c.seq.desc())


def add(db: Database, turned_away: Iterable[RejectLike]) -> Stored:
    """Keep rows that were turned away; the same line of the same file again counts as duplicate.

    A row that names an erased person is not kept.

    Raises
    ------
    StorageError
        If the database refuses; then none of the rows is kept.
    """
    created = now()
    rows = [_row(one, created) for one in turned_away]
    if not rows:
        return Stored(0, 0)
    with db.write() as connection:
        kept = _living(connection, rows)
        stored = insert_new(connection, rejects, kept) if kept else 0
    return Stored(stored, len(kept) - stored, len(rows) - len(kept))


def _living(connection: Connection, rows: list[_Row]) -> list[_Row]:
    gone = erased.digests(connection)
    return [row for row in rows if gone.isdisjoint(map(digest, values(row[-1])))] if gone else rows


def _row(one: RejectLike, created: int) -> _Row:
    source, raw = _printable(one.source), one.raw.encode(errors="backslashreplace")[:MAX_TEXT_BYTES]
    key = digest("\0".join((source, str(one.line), raw.decode(errors="replace"))))
    return key, created, source, one.line, one.table, _printable(one.reason), raw


def _printable(text: str) -> str:
    """Return a text that every database takes: file names and quoted values may hold half characters and NUL."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def list_(db: Database, limit: int) -> list[RejectRow]:
    """Return the rows turned away last, newest first."""
    with db.read() as connection:
        found = connection.execute(_NEWEST.limit(limit))
        return [RejectRow._make(row)._replace(raw=row.raw.decode(errors="replace")) for row in found]


def count(db: Database) -> int:
    """Return how many rows wait to be mended."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(rejects)).scalar_one()


def sources(db: Database) -> list[str]:
    """Return where the rows that wait came from."""
    # Not DISTINCT, by which some databases take A.csv and a.csv for one.
    with db.read() as connection:
        return sorted(set(connection.execute(select(rejects.c.source)).scalars()))


def waiting(db: Database, source: str) -> list[Waiting]:
    """Return the rows of one source that wait to be mended, in the order in which they stood there."""
    query = select(rejects).where(rejects.c.source == source).order_by(rejects.c.seq)
    with db.read() as connection:
        found = [Waiting(*row)._replace(raw=row.raw.decode(errors="replace")) for row in connection.execute(query)]
    # A text is compared without regard to case by some databases.
    return sorted((one for one in found if one.source == source), key=lambda one: (one.table, one.line or 0, one.seq))


def settle(db: Database, done: Sequence[int], again: Mapping[int, str]) -> None:
    """Let go of the rows that were mended, and note why the others were turned away again."""
    with db.write() as connection:
        for part in parts(done):
            connection.execute(delete(rejects).where(rejects.c.seq.in_(part)))
        if again:
            changed = update(rejects).where(rejects.c.seq == bindparam("number")).values(reason=bindparam("because"))
            told = [{"number": seq, "because": _printable(reason)} for seq, reason in again.items()]
            connection.execute(changed, told)
