"""The same tests on SQLite, MariaDB and PostgreSQL: `db` is an empty shop on each of them in turn.

A worker makes one database per server, which its tests empty; it is dropped at the end.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import create_engine, delete, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from aisle.storage import migrations
from aisle.storage.connection import Database, connect
from aisle.storage.erased import LOCK
from aisle.storage.tables import erased, metadata

SERVERS: Final = {
    "mysql": ("AISLE_TEST_MYSQL_URL", "mysql+pymysql://root@127.0.0.1:3306/test"),
    "postgresql": ("AISLE_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test"),
}


@contextmanager
def new_database(kind: str, name: str) -> Iterator[str]:
    """Make a database beside the one that the tests are given, and drop it afterwards."""
    variable, usual = SERVERS[kind]
    server = make_url(os.environ.get(variable, usual))
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}"))
            connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError as error:
        if os.environ.get("AISLE_TEST_REQUIRE_ALL") == "1":
            raise
        pytest.skip(f"no {kind} server at {server.host}:{server.port}: {error.orig}")
    yield server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}" + (" WITH (FORCE)" if kind == "postgresql" else "")))
    engine.dispose()


def empty(db: Database) -> None:
    with db.write() as connection:
        for table in metadata.sorted_tables:
            connection.execute(delete(table) if table is not erased else delete(table).where(erased.c.digest != LOCK))


class Urls:
    """The databases of one worker, each made when it is first asked for."""

    def __init__(self, stack: ExitStack, folder: Path, worker: str) -> None:
        self._stack = stack
        self._folder = folder
        self._worker = worker
        self._made: dict[str, str] = {}

    def of(self, kind: str, folder: Path) -> str:
        if kind not in self._made:
            self._made[kind] = self._make(kind)
            with connect(self._made[kind], create=True) as db:
                migrations.upgrade(db)
        if kind == "sqlite":
            return f"sqlite:///{shutil.copy(self._folder / 'aisle.db', folder / 'aisle.db')}"
        with connect(self._made[kind]) as db:
            empty(db)
        return self._made[kind]

    def _make(self, kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{self._folder}/aisle.db"
        return self._stack.enter_context(new_database(kind, f"aisle_people_{self._worker}"))


@pytest.fixture(scope="session")
def urls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Urls]:
    with ExitStack() as stack:
        worker = f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
        yield Urls(stack, tmp_path_factory.mktemp("people"), worker)


@pytest.fixture(params=["sqlite", *SERVERS])
def url(request: pytest.FixtureRequest, urls: Urls, tmp_path: Path) -> str:
    """The URL of an empty shop's database."""
    return urls.of(request.param, tmp_path)


@pytest.fixture
def db(url: str) -> Iterator[Database]:
    """An empty shop's database."""
    with connect(url) as database:
        yield database
