"""What a shopper was shown in vain steps back: live, in a batch, and as `why` tells it."""

from pathlib import Path

import polars as pl
import pytest

from aisle.app.serve import Live
from aisle.app.serving.placements import with_rules
from aisle.app.shop import Shop
from aisle.shop import moments
from aisle.shop.moments import DAY, HOUR, MINUTE
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from tests.storage.samples import row

USER = "user-0"
AGES = (HOUR, DAY, 2 * DAY)


def serve(live: Live, item_ids: list[str], *ages: int, placement: str = "recommended-for-you") -> None:
    """Store shelves that were shown so long ago."""
    items = tuple(ServedItem(item_id, place, 1.0, 1.0) for place, item_id in enumerate(item_ids, 1))
    now = moments.now()
    served = [
        Impression(f"{placement} {age}", now - age, USER, None, placement, "personal", None, 1, items) for age in ages
    ]
    impressions.add(live.db, served)


def act(live: Live, kind: str, item_id: str, ago: int) -> None:
    told = {"event_id": f"{kind} {item_id} {ago}", "event": kind, "user_id": USER, "item_id": item_id}
    events.store(live.db, [row("events", **told, timestamp=moments.now() - ago)])


def shelf(live: Live, n: int = 4) -> list[str]:
    return [item.item_id for item in live.recommend(USER, n).items]


def test_what_was_shown_on_three_visits_steps_back(live: Live) -> None:
    before = shelf(live, 8)
    serve(live, before[:2], *AGES)
    assert shelf(live) == before[2:6]


def test_a_click_keeps_it(live: Live) -> None:
    before = shelf(live, 8)
    serve(live, before[:2], *AGES)
    act(live, "select_item", before[0], 30 * MINUTE)
    now = shelf(live, 8)
    assert before[1] in now[-1:] or before[1] not in now
    assert before[0] in shelf(live, 7)


def test_two_visits_and_another_placement_change_nothing(live: Live) -> None:
    before = shelf(live)
    serve(live, before[:2], *AGES[:2])
    serve(live, before[:2], *AGES, placement="trending")
    assert shelf(live) == before


def test_where_a_browser_tells_what_it_showed_only_that_counts(live: Live) -> None:
    before = shelf(live, 8)
    serve(live, before[:2], *AGES)
    for age in AGES:
        act(live, "view_item_list", before[1], age - MINUTE)
    assert shelf(live) == [before[0], *before[2:5]]


def test_a_look_long_after_the_shelf_is_at_something_else(live: Live) -> None:
    before = shelf(live, 8)
    serve(live, before[:2], DAY, 2 * DAY, 3 * DAY)
    act(live, "view_item_list", before[0], DAY // 2)
    assert shelf(live) == before[:4]


def test_why_names_it(live: Live) -> None:
    first = shelf(live)[0]
    serve(live, [first], *AGES)
    why = live.why(USER, first, 4)
    assert (why.dropped_by, why.rank, why.place) == ("fatigue", 1, None)
    assert why.verdict == "left out by the rule fatigue"


@pytest.mark.parametrize("seen", [False, True])
def test_a_batch_is_as_live(folder: Path, tmp_path: Path, seen: bool) -> None:
    with Shop.open(folder) as shop:
        before = shelf(shop, 8)
        serve(shop, before[:3], *AGES)
        for age in AGES if seen else ():
            act(shop, "view_item_list", before[1], age - MINUTE)
        live = shelf(shop)
        shop.recommend_all(4, tmp_path / "shelves.parquet")
    table = pl.read_parquet(tmp_path / "shelves.parquet").filter(pl.col("user_id") == USER).sort("rank")
    assert live != before[:4]
    assert table["item_id"].to_list() == live


def test_a_shop_may_switch_it_off(live: Live) -> None:
    before = shelf(live)
    serve(live, before[:2], *AGES)
    main = live.placements["recommended-for-you"]
    live.placements["recommended-for-you"] = with_rules(main, {"fatigue": False})
    assert shelf(live) == before


def test_without_a_database_nothing_steps_back(live: Live) -> None:
    before = shelf(live)
    serve(live, before[:2], *AGES)
    assert [item.item_id for item in live.as_if_away().recommend(USER, 4).items] == before
