"""The trainings table: what the training of each model told of it."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from aisle.storage.connection import Database
from aisle.storage.rows import transact
from aisle.storage.tables import trainings


def store(db: Database, version: int, record: Mapping[str, Any]) -> None:
    """Store what a training told of a model, instead of what was stored of it before."""
    text = json.dumps(record)  # unlike msgspec's, with figures that are not a number

    def work(connection: Connection) -> None:
        connection.execute(delete(trainings).where(trainings.c.version == version))
        connection.execute(insert(trainings).values(version=version, record=text))

    transact(db, work)


def records(db: Database) -> dict[int, dict[str, Any]]:
    """Return what is stored, by version; models of an older Aisle have nothing."""
    with db.read() as connection:
        rows = connection.execute(select(trainings.c.version, trainings.c.record)).all()
    return {row.version: json.loads(row.record) for row in rows}
