import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.storage import migrations
from aisle.storage.connection import Database, connect
from aisle.storage.database.sqlite import choose_sqlite, sqlite_drivers, sqlite_engine


@pytest.fixture(scope="session")
def new_shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a new shop's database, to be copied."""
    path = tmp_path_factory.mktemp("new") / "aisle.db"
    with connect(f"sqlite:///{path}", create=True) as db:
        migrations.upgrade(db)
    return path


@pytest.fixture(params=["WAL", "DELETE"])
def db(request: pytest.FixtureRequest, new_shop: Path, tmp_path: Path) -> Iterator[Database]:
    """A new shop's database, in the usual journal mode and in the one of a SQLite that is not safe in that."""
    path = Path(shutil.copy(new_shop, tmp_path / "aisle.db"))
    driver, _ = choose_sqlite(sqlite_drivers())
    with Database(sqlite_engine(path, driver, request.param), str(path)) as database:
        yield database
