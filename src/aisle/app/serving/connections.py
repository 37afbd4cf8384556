"""How a process of the shop uses its database: requests read quickly or not at all, all else takes its time."""

import logging
from dataclasses import replace
from typing import Final

from aisle.app.serving.last_known import LastKnown
from aisle.app.settings import Settings
from aisle.shop.errors import DatabaseUnavailable
from aisle.storage.connection import Database, connect, connect_for_requests
from aisle.storage.migrations import check

SILENCE_SECONDS: Final = 30.0
"""How long a server waits for a database that says nothing, for all that is not the read of a request."""

_log: Final = logging.getLogger(__name__)


def connections(settings: Settings, last_known: LastKnown, *, in_server: bool) -> tuple[Database, Database]:
    """Open the shop's database twice: for all that is done with it, and for what requests read.

    In a server, a read that is not answered in time opens a breaker, and then neither side waits for the database until
    it answers again. Elsewhere both are the same, and wait.

    Raises
    ------
    DatabaseUnavailable
        If it does not answer, and nothing was known last.
    SchemaError
        If its tables are of another version; those of one that is away are looked at when it answers.
    StorageError, SettingsError
        As for `connect`.
    """
    if not in_server:
        db = connect(settings.database_url)
        check(db)
        return db, db
    reads = connect_for_requests(settings.database_url, settings.serve.database_seconds, check)
    db = replace(connect(settings.database_url, silence=SILENCE_SECONDS), breaker=reads.breaker)
    try:
        check(reads if last_known.is_there else db)
    except DatabaseUnavailable as error:
        if not last_known.is_there:
            raise
        _log.warning("starting with what was known last: %s", error)
    return db, reads
