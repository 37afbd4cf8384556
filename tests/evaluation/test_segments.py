import numpy as np
import polars as pl
import pytest

from aisle.evaluation.holdout import hold_out
from aisle.evaluation.segments import Segments
from aisle.metrics import ranking
from aisle.prepare.split import Window
from aisle.prepare.weigh import Weights
from aisle.shop.moments import DAY

CUT = 100 * DAY


def rows(user: str, items: list[str], day: int) -> list[tuple[str, str, str, int]]:
    return [("purchase", user, item, day * DAY + place) for place, item in enumerate(items)]


EVENTS = pl.DataFrame(
    [
        *rows("light", ["a"], 50),
        *rows("usual", ["a"], 51),
        *rows("often", ["a", "b", "c", "d"], 52),
        *rows("others", ["a"], 53),
        *rows("more", ["a"], 54),
        *rows("light", ["b"], 101),
        *rows("often", ["a"], 102),
        *rows("stranger", ["a"], 103),
    ],
    {"event": pl.String, "user_id": pl.String, "item_id": pl.String, "timestamp": pl.Int64},
    orient="row",
)


def test_every_shopper_is_of_one_kind_and_cold_items_are_judged_apart() -> None:
    holdout = hold_out(EVENTS, Weights(), Window(CUT, 110 * DAY))
    shown = np.tile(np.array([[0, 2]], np.int32), (3, 1))  # a and c for everybody
    hits = ranking.find_hits(shown, holdout.truth.indptr, holdout.truth.items)

    found = Segments.of(shown, hits, holdout, 2)

    assert (found.new.shoppers, found.new.recall) == (1, 1)
    assert (found.returning.shoppers, found.returning.recall) == (1, 0)
    assert (found.heavy.shoppers, found.heavy.recall) == (1, 1)
    # Only b was touched by fewer than five; a was bought five times.
    assert (found.cold_items.shoppers, found.cold_items.recall) == (1, 0)


def test_a_kind_without_shoppers_has_no_figures() -> None:
    holdout = hold_out(EVENTS.filter(pl.col("user_id") != "stranger"), Weights(), Window(CUT, 110 * DAY))
    shown = np.zeros((2, 1), np.int32)
    hits = ranking.find_hits(shown, holdout.truth.indptr, holdout.truth.items)

    found = Segments.of(shown, hits, holdout, 1)

    assert (found.new.shoppers, found.new.recall, found.new.ndcg) == (0, None, None)
    assert found.heavy.ndcg == pytest.approx(1)
