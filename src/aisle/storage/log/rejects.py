"""The rejects table: rejected rows with the reason, until they are corrected."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from sqlalchemy import Connection, bindparam, delete, func, select, update

from aisle.shop.events import MAX_TEXT_BYTES
from aisle.shop.moments import now
from aisle.shop.rejects import Reject
from aisle.storage.connection import Database
from aisle.storage.database.dialects import insert_new
from aisle.storage.digest import digest
from aisle.storage.parts import parts
from aisle.storage.rows import Stored
from aisle.storage.shoppers import erased
from aisle.storage.shoppers.mentions import values
from aisle.storage.tables import rejects


class RejectRow(NamedTuple):
    """A rejected row."""

    source: str
    line: int | None
    table: str
    reason: str
    raw: str
    created: int


class Waiting(NamedTuple):
    """A rejected row, to be replayed."""

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


def add(db: Database, new: Iterable[Reject]) -> Stored:
    """Keep rejects: the same line of the same file again is a duplicate, and one that names an erased person is erased.

    Raises
    ------
    StorageError
        If the database refuses; then none of the rows is kept.
    """
    created = now()
    rows = [_row(reject, created) for reject in new]
    if not rows:
        return Stored(0, 0)
    with db.write() as connection:
        kept = _living(connection, rows)
        stored = insert_new(connection, rejects, kept) if kept else 0
    return Stored(stored, len(kept) - stored, len(rows) - len(kept))


def _living(connection: Connection, rows: list[_Row]) -> list[_Row]:
    gone = erased.digests(connection)
    return [row for row in rows if gone.isdisjoint(map(digest, values(row[-1])))] if gone else rows


def _row(reject: Reject, created: int) -> _Row:
    source, raw = _printable(reject.source), reject.raw.encode(errors="backslashreplace")[:MAX_TEXT_BYTES]
    key = digest("\0".join((source, str(reject.line), raw.decode(errors="replace"))))
    return key, created, source, reject.line, reject.table, _printable(reject.reason), raw


def _printable(text: str) -> str:
    """Return a text that every database takes: file names and quoted values may hold half characters and NUL."""
    return text.encode(errors="backslashreplace").decode().replace("\0", "\\x00")


def list_(db: Database, limit: int) -> list[RejectRow]:
    """Return the newest rejects, newest first."""
    with db.read() as connection:
        rows = connection.execute(_NEWEST.limit(limit))
        return [RejectRow._make(row)._replace(raw=row.raw.decode(errors="replace")) for row in rows]


def reasons(db: Database) -> list[tuple[str, str, int, int]]:
    """Return the source, the reason, the number of rejects and the newest one's number, for each source and reason."""
    query = select(rejects.c.source, rejects.c.reason, func.count(), func.max(rejects.c.seq)).group_by(
        rejects.c.source, rejects.c.reason
    )
    with db.read() as connection:
        return [(source, reason, rows, seq) for source, reason, rows, seq in connection.execute(query)]


def numbered(db: Database, seqs: Sequence[int]) -> dict[int, RejectRow]:
    """Return rejects by their numbers."""
    found: dict[int, RejectRow] = {}
    with db.read() as connection:
        for part in parts(seqs):
            query = _NEWEST.add_columns(rejects.c.seq).where(rejects.c.seq.in_(part))
            for *row, seq in connection.execute(query):
                reject = RejectRow(*row)
                found[seq] = reject._replace(raw=row[4].decode(errors="replace"))
    return found


def count(db: Database) -> int:
    """Return how many rejects there are."""
    with db.read() as connection:
        return connection.execute(select(func.count()).select_from(rejects)).scalar_one()


def sources(db: Database) -> list[str]:
    """Return the sources of the rejects."""
    # Not DISTINCT, for which some databases take A.csv and a.csv for one.
    with db.read() as connection:
        return sorted(set(connection.execute(select(rejects.c.source)).scalars()))


def waiting(db: Database, source: str) -> list[Waiting]:
    """Return the rejects of one source, in the order of its lines."""
    query = select(rejects).where(rejects.c.source == source).order_by(rejects.c.seq)
    with db.read() as connection:
        rows = [Waiting(*row)._replace(raw=row.raw.decode(errors="replace")) for row in connection.execute(query)]
    # Some databases compare texts without regard to case.
    return sorted((row for row in rows if row.source == source), key=lambda row: (row.table, row.line or 0, row.seq))


def settle(db: Database, accepted: Sequence[int], reasons: Mapping[int, str]) -> None:
    """Remove the rejects that a replay accepted, and note the new reasons of the others, both by their numbers."""
    with db.write() as connection:
        for part in parts(accepted):
            connection.execute(delete(rejects).where(rejects.c.seq.in_(part)))
        if reasons:
            noted = update(rejects).where(rejects.c.seq == bindparam("number")).values(reason=bindparam("because"))
            rows = [{"number": seq, "because": _printable(reason)} for seq, reason in reasons.items()]
            connection.execute(noted, rows)
