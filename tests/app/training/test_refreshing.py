"""Trending items and bestsellers follow the shop between two trainings; the bounds of voters hold."""

from pathlib import Path

import numpy as np
import pytest

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.training.refreshing import refresh
from aisle.engine.request import ShelfRequest
from aisle.models import fresh, registry
from aisle.shop import columns, moments
from aisle.shop.errors import NoModel
from aisle.shop.moments import DAY
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.storage.shoppers import people
from tests.small_shop import TOOLS

SUDDEN = TOOLS[4]


def sell(live: Live, item_id: str, shoppers: list[str], times: int = 1) -> None:
    rows = [
        {columns.EVENT_ID: f"sudden-{item_id}-{user}-{time}", columns.EVENT: "purchase", columns.USER_ID: user,
         columns.ITEM_ID: item_id, columns.TIMESTAMP: moments.now() - 1_000_000 + time}
        for user in shoppers for time in range(times)
    ]  # fmt: skip
    events.store(live.db, [tuple(row.get(name) for name in columns.EVENTS) for row in rows])


def crowd(size: int = 40) -> list[str]:
    return [f"new-{number}" for number in range(size)]


def shelf(live: Live, placement: str, n: int = 20) -> list[str]:
    live.model_watch.refresh()
    return [item.item_id for item in live.shelf(ShelfRequest(placement=placement, n=n)).items]


@pytest.mark.parametrize("placement", ["trending", "bestsellers"])
def test_a_sudden_seller_rises_after_the_refresh_and_before_a_training(live: Live, placement: str) -> None:
    before = shelf(live, placement)
    sell(live, SUDDEN, crowd())
    assert shelf(live, placement) == before
    done = refresh(live.db, live.settings)
    after = shelf(live, placement)
    assert (done.version, done.models, live.model_version()) == (1, ("popularity", "trending"), 1)
    assert after[0] == SUDDEN != before[0]
    assert sorted(after) == sorted(before)  # whatever is not lifted still stands behind


def test_what_is_lifted_has_the_scores_of_a_training(live: Live) -> None:
    sell(live, SUDDEN, crowd())
    refresh(live.db, live.settings)
    live.model_watch.refresh()
    refreshed = live.model_watch.current()
    with Shop(live.settings) as shop:
        shop.train(force=True)
    live.model_watch.refresh()
    trained = live.model_watch.current()
    assert (trained.version, trained.fresh) == (2, {})
    for name in ("trending", "popularity"):
        anew, of_training = (model.recommender(name) for model in (refreshed, trained))
        assert anew is not None
        assert of_training is not None
        lifted = of_training.scores_ > 0  # type: ignore[attr-defined]
        assert lifted.any()
        np.testing.assert_allclose(anew.scores_[lifted], of_training.scores_[lifted], rtol=1e-4)  # type: ignore[attr-defined]


def test_one_voter_lifts_nothing(live: Live) -> None:
    sell(live, SUDDEN, ["a script"], times=500)
    refresh(live.db, live.settings)
    assert SUDDEN not in shelf(live, "trending", 3)


def test_a_hidden_item_stays_away_and_so_does_one_the_model_does_not_know(live: Live) -> None:
    sell(live, SUDDEN, crowd())
    sell(live, "unheard of", crowd())
    items.upsert(live.db, [tuple({columns.ITEM_ID: SUDDEN, columns.HIDDEN: True}.get(name) for name in columns.ITEMS)])
    refresh(live.db, live.settings)
    assert {SUDDEN, "unheard of"}.isdisjoint(shelf(live, "trending"))


def test_erased_shoppers_count_no_more_at_the_next_refresh(live: Live) -> None:
    sell(live, SUDDEN, crowd(12))
    refresh(live.db, live.settings)
    assert shelf(live, "trending", 1) == [SUDDEN]
    for user_id in crowd(12):
        people.erase(live.db, user_id)
    refresh(live.db, live.settings)
    assert shelf(live, "trending", 1) != [SUDDEN]


def test_an_event_with_a_clock_of_another_year_is_passed_over(live: Live) -> None:
    sell(live, SUDDEN, crowd())
    row = {columns.EVENT_ID: "stray", columns.EVENT: "purchase", columns.USER_ID: "u", columns.ITEM_ID: TOOLS[0],
           columns.TIMESTAMP: moments.now() + 4000 * DAY}  # fmt: skip
    events.store(live.db, [tuple(row.get(name) for name in columns.EVENTS)])
    refresh(live.db, live.settings)
    assert shelf(live, "trending", 1) == [SUDDEN]


def test_the_bundle_of_the_model_stays_as_it_is_and_old_ones_are_cleared_away(live: Live, folder: Path) -> None:
    bundle = folder / "models" / "000001"
    before = {path.name: path.stat().st_mtime_ns for path in bundle.iterdir()}
    for _ in range(4):
        refresh(live.db, live.settings)
    assert {path.name: path.stat().st_mtime_ns for path in bundle.iterdir()} == before
    assert len(list((folder / "models" / fresh.FOLDER).iterdir())) == fresh.KEPT


def test_a_damaged_one_is_passed_over_and_the_next_one_taken(live: Live, folder: Path) -> None:
    before = shelf(live, "trending")
    sell(live, SUDDEN, crowd())
    refresh(live.db, live.settings)
    place = fresh.newest(folder / "models", registry.get(live.db, 1))
    assert place is not None
    file = next(place.glob("trending.*.npy"))
    file.write_bytes(file.read_bytes()[:-1])
    assert shelf(live, "trending") == before
    refresh(live.db, live.settings)
    assert shelf(live, "trending", 1) == [SUDDEN]


def test_one_of_another_bundle_under_the_same_version_is_passed_over(live: Live, folder: Path) -> None:
    sell(live, SUDDEN, crowd())
    before = shelf(live, "trending")
    row = registry.get(live.db, 1)
    models = {"trending": live.model_watch.current().recommender("trending")}
    fresh.save(folder / "models", row, "another digest", models, 0)  # type: ignore[arg-type]
    assert shelf(live, "trending") == before


def test_a_server_on_its_own_copies_takes_it_too(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "copies").mkdir()
    with Live(Settings.read(folder), tmp_path / "copies") as server:
        shelf(server, "trending")
        sell(server, SUDDEN, crowd())
        refresh(server.db, server.settings)
        assert shelf(server, "trending", 1) == [SUDDEN]


def test_the_worker_does_it_and_says_so(live: Live, tmp_path: Path) -> None:
    from aisle.app.progress import silent
    from aisle.app.work.kinds import kind_named

    run = kind_named("refresh").run
    with Shop(live.settings) as shop:
        known = refresh(shop.db, shop.settings).events
        assert run(shop, silent) == f"popularity and trending of model 1 know {known} of the newest events."
        assert 0 < known < 240  # what was bought long ago is not read
    with Shop.open(tmp_path / "empty") as empty:
        assert run(empty, silent).startswith("Nothing was refreshed: no model yet")
        with pytest.raises(NoModel):
            refresh(empty.db, empty.settings)
