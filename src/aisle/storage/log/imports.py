"""The imports table: every import has a number, and what it stored can be told by it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import Connection, Row, delete, func, insert, select, update

from aisle.shop.columns import TABLES
from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import DAY, from_moment, now
from aisle.storage.connection import Database
from aisle.storage.tables import events, import_changes, imports, metadata

Counts = Mapping[str, Mapping[str, int]]
"""For each table, how many rows were stored, duplicate and so on."""


KEPT_DAYS: Final = 90
"""So long it is known what an import changed of rows that were there before, and it can be undone."""


class Origin(NamedTuple):
    """Which import rows come from."""

    number: int | None = None
    """None: none that has a number."""
    says_kind: bool = True
    """Whether the kinds of its events may replace those of stored ones."""


NO_IMPORT: Final = Origin()


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """An import, as the shop's database knows it."""

    number: int
    created: int
    finished: int | None
    """Null: it is at work, or was cut off."""
    undone: int | None
    files: list[str]
    options: list[str]
    """The options that it got."""
    counts: dict[str, dict[str, int]]
    """Empty before it is finished."""


def begin(db: Database, files: Sequence[str], options: Sequence[str]) -> int:
    """Enter an import that starts, and return its number; what imports that are too old changed is forgotten."""
    values = {"created": now(), "files": _text(list(files)), "options": _text(list(options))}
    with db.write() as connection:
        connection.execute(delete(import_changes).where(import_changes.c.import_number <= newest_forgotten(connection)))
        entered = connection.execute(insert(imports).values(**values, readings="[]", counts="{}"))
        return int(cast("Row[Any]", entered.inserted_primary_key).number)


def note_readings(db: Database, number: int, readings: Sequence[str]) -> None:
    """Note how an import reads its files, as texts that a later import understands."""
    with db.write() as connection:
        connection.execute(_of(number).values(readings=_text(list(readings))))


def finish(db: Database, number: int, counts: Counts) -> None:
    """Enter that an import is complete."""
    with db.write() as connection:
        connection.execute(_of(number).values(finished=now(), counts=_text(counts)))


def readings(db: Database) -> list[str]:
    """Return how all imports read their files, each way once; those undone too, as other rows may go by their ids."""
    with db.read() as connection:
        texts = connection.execute(select(imports.c.readings).order_by(imports.c.number)).scalars()
        return list(dict.fromkeys(one for text in texts for one in msgspec.json.decode(text, type=list[str])))


def starts_without(db: Database) -> bool:
    """Tell whether the oldest event is of no import: only then can any be from before imports had numbers."""
    oldest = select(events.c.import_number).order_by(events.c.seq).limit(1)
    with db.read() as connection:
        return any(number is None for number in connection.execute(oldest).scalars())


def hold(connection: Connection, number: int | None) -> None:
    """Make sure that an import still counts; until the transaction ends, nobody undoes it.

    Raises
    ------
    InputError
        If it was undone.
    """
    if number is None:
        return
    undone = select(imports.c.undone).where(imports.c.number == number).with_for_update(read=True)
    if connection.execute(undone).scalar() is not None:
        raise InputError(f"import {number} was undone while it was at work; what it had not stored yet is left out")


def list_(db: Database) -> list[ImportRow]:
    """Return every import, newest first."""
    with db.read() as connection:
        return [_row(row) for row in connection.execute(select(imports).order_by(imports.c.number.desc()))]


def get(db: Database, number: int) -> ImportRow:
    """Return one import.

    Raises
    ------
    NotFound
        If there is none with this number.
    """
    with db.read() as connection:
        return get_within(connection, number)


def get_within(connection: Connection, number: int, *, lock: bool = False) -> ImportRow:
    """Do as `get` in a transaction; `lock` keeps the import from storing until it ends."""
    query = select(imports).where(imports.c.number == number)
    row = connection.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise NotFound(f"there is no import {number}; aisle imports list shows all")
    return _row(row)


def mark_undone(connection: Connection, number: int) -> None:
    """Enter that an import was taken back."""
    connection.execute(_of(number).values(undone=now()))


def newest_forgotten(connection: Connection) -> int:
    """Return the number of the newest import that is too old to be undone; 0 if none is."""
    too_old = select(func.max(imports.c.number)).where(imports.c.created < now() - KEPT_DAYS * DAY)
    return connection.execute(too_old).scalar() or 0


def still_there(db: Database, number: int) -> dict[str, int]:
    """Return how many rows that an import stored each table still has."""
    with db.read() as connection:
        return {name: connection.execute(_stored_by(name, number)).scalar_one() for name in TABLES}


def _stored_by(name: str, number: int) -> Any:
    table = metadata.tables[name]
    return select(func.count()).select_from(table).where(table.c.import_number == number)


def undone_sentence(row: ImportRow) -> str:
    """Say that an import cannot be undone again."""
    moment = from_moment(row.undone or 0)
    return f"import {row.number} was undone on {moment:%Y-%m-%d at %H:%M} UTC; nothing of it is left to take back"


def _of(number: int) -> Any:
    return update(imports).where(imports.c.number == number)


def _row(row: Row[Any]) -> ImportRow:
    values = row._asdict()
    del values["readings"]
    decoded = {name: msgspec.json.decode(values[name]) for name in ("files", "options", "counts")}
    return ImportRow(**values | decoded)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
