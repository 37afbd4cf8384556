import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aisle.evaluation.holdout import Holdout, hold_out
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


def segmented(shown: NDArray[np.int32], holdout: Holdout) -> Segments:
    hits, k = ranking.find_hits(shown, holdout.truth.indptr, holdout.truth.items), shown.shape[1]
    return Segments.of(shown, ranking.recall(hits, k), ranking.ndcg(hits, k), holdout)


def test_every_shopper_is_of_one_kind_and_cold_items_are_judged_apart() -> None:
    holdout = hold_out(EVENTS, Weights(), Window(CUT, 110 * DAY))
    shown = np.tile(np.array([[0, 2]], np.int32), (3, 1))  # a and c for everybody
    segments = segmented(shown, holdout)

    assert (segments.new.shoppers, segments.new.recall) == (1, 1)
    assert (segments.returning.shoppers, segments.returning.recall) == (1, 0)
    assert (segments.heavy.shoppers, segments.heavy.recall) == (1, 1)
    # Only b has fewer than five events; a was bought five times.
    assert (segments.cold_items.shoppers, segments.cold_items.recall) == (1, 0)


def test_a_kind_without_shoppers_has_no_figures() -> None:
    holdout = hold_out(EVENTS.filter(pl.col("user_id") != "stranger"), Weights(), Window(CUT, 110 * DAY))
    shown = np.zeros((2, 1), np.int32)
    segments = segmented(shown, holdout)

    assert (segments.new.shoppers, segments.new.recall, segments.new.ndcg) == (0, None, None)
    assert segments.heavy.ndcg == pytest.approx(1)
