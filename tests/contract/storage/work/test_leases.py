"""Leases, on every database: one holder at a time, and a silent one is overtaken."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from aisle.shop.errors import Busy, Overtaken
from aisle.storage.connection import Database
from aisle.storage.work import leases, models

RACES = 50


def test_a_lease_has_one_holder(db: Database) -> None:
    with leases.held(db, "training") as lease:
        assert leases.holder(db, "training") == lease.holder
        with pytest.raises(Busy, match=r"another training runs since \d\d:\d\d UTC .* or (29|30) seconds if"):
            leases.take(db, "training")
        assert leases.take(db, "worker").token == 1
    assert leases.holder(db, "training") is None
    assert leases.take(db, "training").token == 2


def test_a_silent_holder_is_overtaken_and_told(db: Database) -> None:
    stalled = leases.take(db, "training", silence=0.0)
    after = leases.take(db, "training")
    assert after.token == stalled.token + 1
    with db.write() as connection:
        leases.check(connection, after)
        with pytest.raises(Overtaken, match="another process took over"):
            leases.check(connection, stalled)
    assert not leases.sign(db, stalled)
    leases.give_back(db, stalled)
    assert leases.holder(db, "training") == after.holder


def test_a_holder_that_was_silent_but_not_overtaken_goes_on(db: Database) -> None:
    lease = leases.take(db, "training", silence=0.0)
    with db.write() as connection:
        leases.check(connection, lease)
    assert leases.sign(db, lease)
    assert leases.holder(db, "training") == lease.holder


def test_a_holder_gives_signs_of_life(db: Database) -> None:
    with leases.held(db, "training", silence=1.0):
        time.sleep(1.5)
        with pytest.raises(Busy):
            leases.take(db, "training")


def test_what_an_overtaken_holder_would_publish_is_refused(db: Database) -> None:
    stalled = leases.take(db, "training", silence=0.0)
    version = models.add(db, recipe={}, metrics={}, lease=stalled).version
    after = leases.take(db, "training")
    with pytest.raises(Overtaken):
        models.add(db, recipe={}, metrics={}, lease=stalled)
    with pytest.raises(Overtaken):
        models.promote(db, version, stalled)
    assert [row.status for row in models.list_(db)] == ["candidate"]
    assert models.promote(db, version, after).status == "live"


def test_of_those_who_race_for_a_lease_one_gets_it(db: Database) -> None:
    start = threading.Barrier(4)

    def race(number: int) -> bool:
        start.wait()
        try:
            leases.take(db, f"race {number}")
        except Busy:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        for number in range(RACES):
            assert sum(threads.map(race, [number] * 4)) == 1
