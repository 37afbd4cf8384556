"""The models table: every model that was trained, and which one is live."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal, cast

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from aisle.shop.errors import NoModel
from aisle.shop.moments import now
from aisle.storage.connection import Database
from aisle.storage.tables import models
from aisle.storage.work import leases
from aisle.storage.work.leases import Lease

Status = Literal["candidate", "live", "retired", "refused"]


class ModelRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trained model, as the shop's database knows it."""

    version: int
    created: int
    status: Status
    path: str | None
    """The folder of its bundle, relative to the folder of models; null once the bundle was removed."""
    recipe: dict[str, Any]
    metrics: dict[str, Any]
    note: str
    promoted: int | None
    """When it last went live; later for each model than for those promoted before, and null after a rollback."""
    run_id: str | None
    """The run of the experiment tracker that shows its training; null if none does."""


_IN_ORDER: Final = select(models).order_by(models.c.version)


def add(
    db: Database, *, recipe: Mapping[str, Any], metrics: Mapping[str, Any], note: str = "", lease: Lease | None = None
) -> ModelRow:
    """Enter a new candidate; its path is its version in six digits.

    Raises
    ------
    Overtaken
        If somebody else has taken over the lease under which it was trained.
    """
    values = {
        "created": now(),
        "status": "candidate",
        "recipe": msgspec.json.encode(recipe).decode(),
        "metrics": msgspec.json.encode(metrics).decode(),
        "note": note,
    }
    with db.write() as connection:
        if lease is not None:
            leases.check(connection, lease)
        entered = connection.execute(insert(models).values(values))
        version = cast("Row[Any]", entered.inserted_primary_key).version
        _change(connection, version, path=f"{version:06d}")
        return _get(connection, version)


def list_(db: Database) -> list[ModelRow]:
    """Return every model, oldest first."""
    with db.read() as connection:
        return [_model(row) for row in connection.execute(_IN_ORDER)]


def get(db: Database, version: int) -> ModelRow:
    """Return one model.

    Raises
    ------
    NoModel
        If there is none of this version.
    """
    with db.read() as connection:
        return _get(connection, version)


def live(db: Database) -> ModelRow | None:
    """Return the model that answers shoppers, or None before the first."""
    with db.read() as connection:
        row = connection.execute(select(models).where(models.c.status == "live")).first()
    return None if row is None else _model(row)


def promote(db: Database, version: int, lease: Lease | None = None) -> ModelRow:
    """Make a model the live one and retire the one before it.

    Raises
    ------
    NoModel
        If there is none of this version, or its bundle was removed.
    Overtaken
        If somebody else has taken over the lease under which it was trained.
    """
    with db.write() as connection:
        if lease is not None:
            leases.check(connection, lease)
        _take_turns(connection)
        chosen = _get(connection, version)
        if chosen.path is None:
            raise NoModel(f"the bundle of model {version} was removed; run `aisle train` for a new one")
        last = connection.execute(select(func.max(models.c.promoted))).scalar() or 0
        _retire_live(connection)
        # A rollback goes by this order, which a clock that was put back must not change.
        _change(connection, version, status="live", promoted=max(now(), last + 1))
        return _get(connection, version)


def refuse(db: Database, version: int, note: str) -> ModelRow:
    """Mark a candidate as refused by the promotion gate, with the reason.

    Raises
    ------
    NoModel
        If there is none of this version.
    """
    with db.write() as connection:
        _get(connection, version)
        _change(connection, version, status="refused", note=note)
        return _get(connection, version)


def note_run(db: Database, version: int, run_id: str) -> None:
    """Note the run of the experiment tracker that shows the training of a model."""
    with db.write() as connection:
        _change(connection, version, run_id=run_id)


def previous(db: Database) -> ModelRow | None:
    """Return the model that `rollback` would make live, or None."""
    with db.read() as connection:
        return _previous(connection)


def rollback(db: Database) -> ModelRow:
    """Retire the live model, make the one before it live again, and return that one.

    Raises
    ------
    NoModel
        If no model was live before.
    """
    with db.write() as connection:
        _take_turns(connection)
        before = _previous(connection)
        if before is None:
            raise NoModel("no earlier model to go back to; run `aisle train`")
        # The retired model loses its promotion, so that no later rollback leads to it.
        _retire_live(connection, promoted=None)
        _change(connection, before.version, status="live")
        return _get(connection, before.version)


def clear_paths(db: Database, versions: Iterable[int]) -> None:
    """Note that the bundles of these models were removed."""
    with db.write() as connection:
        connection.execute(update(models).where(models.c.version.in_(list(versions))).values(path=None))


def _previous(connection: Connection) -> ModelRow | None:
    promoted = select(models.c.promoted).where(models.c.status == "live").scalar_subquery()
    earlier = select(models).where(models.c.promoted < promoted, models.c.path.is_not(None))
    row = connection.execute(earlier.order_by(models.c.promoted.desc()).limit(1)).first()
    return None if row is None else _model(row)


def _take_turns(connection: Connection) -> None:
    """Make whoever else would change the live model wait, on servers too, so that there is never more than one."""
    connection.execute(select(models.c.version).with_for_update()).all()


def _retire_live(connection: Connection, **values: Any) -> None:
    connection.execute(update(models).where(models.c.status == "live").values(status="retired", **values))


def _change(connection: Connection, version: int, **values: Any) -> None:
    connection.execute(update(models).where(models.c.version == version).values(values))


def _get(connection: Connection, version: int) -> ModelRow:
    row = connection.execute(select(models).where(models.c.version == version)).first()
    if row is None:
        raise NoModel(f"there is no model {version}; `aisle models list` shows all of them")
    return _model(row)


def _model(row: Row[Any]) -> ModelRow:
    values = row._asdict()
    values |= {name: msgspec.json.decode(values[name]) for name in ("recipe", "metrics")}
    return ModelRow(**values)
