"""What was counted for network addresses goes when it is two days old, whoever comes or not."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select

from aisle.app.serve import Live
from aisle.app.serving.address_watch import AddressWatch
from aisle.app.settings import Settings
from aisle.shop.moments import DAY, now
from aisle.storage.connection import Database
from aisle.storage.log.passing import address_salts


def _days(db: Database) -> list[int]:
    with db.read() as connection:
        return list(connection.execute(select(address_salts.c.day).order_by(address_salts.c.day)).scalars())


def test_a_server_deletes_what_is_too_old_as_it_starts(folder: Path) -> None:
    today = now() // DAY
    with Live(Settings.read(folder)) as live:
        with live.db.write() as connection:
            connection.execute(insert(address_salts), [{"day": today - age, "salt": b"s" * 32} for age in range(4)])
        live.addresses.follow()
        live.addresses.close()
        assert _days(live.db) == [today - 1, today]


def test_a_database_that_does_not_answer_is_told_of(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Live(Settings.read(folder)) as live:
        watch = AddressWatch(live.db.as_if_away())
        watch.follow()
        watch.close()
    assert "is not deleted" in caplog.text
