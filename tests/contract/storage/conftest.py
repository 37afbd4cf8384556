"""One set of tests for every database: each test's `db` is a new shop's, on each of them in turn.

A worker makes one database per server and empties it between tests; what changes the tables themselves asks for
`fresh_url`.
"""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from aisle.storage.connection import Database
from tests import databases


class Shops:
    """The databases of one worker, made when they are first asked for."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack
        self._urls: dict[str, str] = {}

    def url(self, kind: str, folder: Path) -> str:
        """Return the URL of an empty shop: a server's own one emptied, or a copy of SQLite's file in the folder."""
        databases.needed(kind)
        if kind not in self._urls:
            new = self._folder / kind
            new.mkdir()
            self._urls[kind] = self._stack.enter_context(databases.new_shop(kind, new))
            self._empty(kind)
        if kind in databases.JOURNAL_MODES:
            copied = shutil.copy(self._urls[kind].removeprefix("sqlite:///"), folder / "aisle.db")
            return f"sqlite:///{copied}"
        self._empty(kind)
        return self._urls[kind]

    def _empty(self, kind: str) -> None:
        with databases.open_database(kind, self._urls[kind]) as db:
            databases.empty(db)


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    with ExitStack() as stack:
        yield Shops(tmp_path_factory.mktemp("shops"), stack)


@pytest.fixture(params=databases.KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    databases.needed(name)
    return name


@pytest.fixture
def url(kind: str, shops: Shops, tmp_path: Path) -> str:
    """The URL of a new shop's database."""
    return shops.url(kind, tmp_path)


@pytest.fixture
def db(kind: str, url: str) -> Iterator[Database]:
    """A new shop's database."""
    with databases.open_database(kind, url) as database:
        yield database


@pytest.fixture
def fresh_url(kind: str, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, for those who change them."""
    with databases.new_database(kind, tmp_path) as url:
        yield url


@pytest.fixture
def fresh_db(kind: str, fresh_url: str) -> Iterator[Database]:
    """A database with the tables of a new shop, for those who change them."""
    from aisle.storage import migrations

    with databases.open_database(kind, fresh_url) as database:
        migrations.upgrade(database)
        yield database
