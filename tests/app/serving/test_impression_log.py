"""Impressions behind the answer: stored, shed and counted."""

import pytest

from aisle.app.serve import Live
from aisle.app.serving import impression_log
from aisle.app.serving.impression_log import ImpressionLog
from aisle.engine.request import ShelfRequest
from aisle.shop.errors import NotFound
from aisle.storage.connection import connect
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression


def served(number: int) -> Impression:
    return Impression(f"r{number}", number, "u", None, "home", "personal", None, 1, ())


def test_a_served_shelf_is_a_row_with_all_that_stood_on_it(live: Live) -> None:
    shelf = live.shelf_to_show(ShelfRequest(user_id="user-0", session_id="s", n=5))
    live.impressions.close()
    row = impressions.get(live.db, shelf.recommendation_id)
    assert row is not None
    assert (row.user_id, row.session_id, row.placement, row.strategy) == ("user-0", "s", shelf.placement, "personal")
    assert (row.model_version, row.fallback, live.impressions.stored) == (1, None, 1)
    assert [(item.item_id, item.score) for item in row.items] == [(item.item_id, item.score) for item in shelf.items]
    assert [item.position for item in row.items] == [1, 2, 3, 4, 5]
    assert live.recommendation_ids.is_ours(shelf.recommendation_id)
    assert not live.recommendation_ids.is_ours("0" * 36)


def test_a_shelf_that_is_only_looked_at_leaves_no_impression(live: Live) -> None:
    live.recommend("user-0")
    with pytest.raises(NotFound):
        live.shelf_to_show(ShelfRequest(user_id="user-0", placement="attic"))
    live.impressions.close()
    assert impressions.count(live.db) == 0


def test_the_thread_that_stores_is_not_woken_for_each_shelf(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(impression_log, "COMMIT_SHELVES", 8)
    log, woken = ImpressionLog(live.db), list[int]()
    notify = log._changed.notify_all

    def note_and_notify() -> None:
        woken.append(log.waiting)
        notify()

    monkeypatch.setattr(log._changed, "notify_all", note_and_notify)
    with live.db.write():  # so that nothing is taken out of the queue twice
        for number in range(12):
            log.add(served(number))
    assert set(woken) <= {1, 8}
    log.close()
    assert log.stored == 12


def test_what_comes_to_a_full_queue_is_shed_and_counted(live: Live) -> None:
    log = ImpressionLog(live.db, capacity=2)
    with live.db.write():
        for number in range(5):
            log.add(served(number))
    log.close()
    assert (log.stored + log.shed, log.waiting) == (5, 0)
    assert log.shed >= 1
    assert impressions.count(live.db) == log.stored >= 2


def test_what_a_database_does_not_take_is_counted_as_shed(caplog: pytest.LogCaptureFixture) -> None:
    with connect("postgresql://bob@127.0.0.1:1/shop") as db:
        log = ImpressionLog(db)
        log.add(served(1))
        log.close()
    assert (log.stored, log.shed) == (0, 1)
    assert "1 impressions are lost" in caplog.text


def test_a_closed_log_sheds(live: Live) -> None:
    live.impressions.close()
    live.impressions.add(served(1))
    assert live.impressions.shed == 1
