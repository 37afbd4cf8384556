"""PostgreSQL's driver with a limit to the time that an answer takes, which it lacks."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.abc import RV, PQGen
from sqlalchemy import Engine, event


def limit_silence(engine: Engine, seconds: float) -> None:
    """Give a connection up that does not answer for so many seconds."""

    class Impatient(psycopg.Connection[Any]):
        def wait(self, gen: PQGen[RV], interval: float = seconds, timeout: float | None = None) -> RV:
            try:
                return super().wait(gen, min(interval, seconds), seconds if timeout is None else timeout)
            except psycopg.OperationalError:
                self.pgconn.finish()  # nobody knows what it would answer next
                raise

    def connect(_dialect: Any, _record: Any, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
        return Impatient.connect(*arguments, **options)

    event.listen(engine, "do_connect", connect)
