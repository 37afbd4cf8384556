"""What an administrator does: models live or not, and what was rejected."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from msgspec import Meta, Struct

from aisle.app.serve import Live
from aisle.app.tracking.tracker import follow_live
from aisle.models import registry
from aisle.shop.errors import NoModel, NotFound
from aisle.shop.moments import from_moment
from aisle.shop.rejects import Reject
from aisle.storage.log import rejects as storage
from aisle.web.access.caller import Caller
from aisle.web.endpoint import Nothing


class Model(Struct, frozen=True):
    """A trained model."""

    version: int
    status: str
    trained: Annotated[str, Meta(description="When, as ISO 8601.")]
    note: str


class Version(Struct, frozen=True, forbid_unknown_fields=True):
    """The version of a model."""

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]


class RejectsWanted(Struct, frozen=True, forbid_unknown_fields=True):
    """How many rejects are wanted."""

    n: Annotated[int, Meta(ge=1, le=1000)] = 20


class Rejects(Struct, frozen=True):
    """The newest rejects, and how many there are in all."""

    total: int
    rejects: list[Reject]


def models(live: Live, _caller: Caller, _given: Nothing) -> list[Model]:
    """Return all trained models, newest first."""
    rows = registry.list_(live.db)[::-1]
    return [Model(row.version, row.status, from_moment(row.created).isoformat(), row.note) for row in rows]


def promote(live: Live, _caller: Caller, given: Version) -> Version:
    """Make a model live; every process follows within two seconds."""
    with _looked_up():
        registry.promote(live.db, live.settings.bundles, given.version)
    follow_live(live.db, live.settings)
    return given


def rollback(live: Live, _caller: Caller, _given: Nothing) -> Version:
    """Make the model live again that was live before."""
    with _looked_up():
        version = registry.rollback(live.db, live.settings.bundles).version
    follow_live(live.db, live.settings)
    return Version(version)


@contextmanager
def _looked_up() -> Iterator[None]:
    """Let a model that is not there be not found: the shop answers as before, so there is nothing to wait for."""
    try:
        yield
    except NoModel as error:
        raise NotFound(str(error)) from None


def rejects(live: Live, _caller: Caller, wanted: RejectsWanted) -> Rejects:
    """Return the newest rejects."""
    rows = [Reject(row.source, row.line, row.table, row.reason, row.raw) for row in storage.list_(live.db, wanted.n)]
    return Rejects(storage.count(live.db), rows)
