import math

import msgspec
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aisle.evaluation.evaluate import Report, evaluate
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.ratings.baseline import Baseline, BaselineConfig

CUT = 20_000 * 86_400_000_000
WINDOW = Window(cut=CUT, end=CUT + 10)


class Shelf:
    """Recommends the same items to everybody, but never an excluded one."""

    def __init__(self, items: list[int]) -> None:
        self.items = items

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        items = np.full((len(queries), n), -1, np.int32)
        for query in range(len(queries)):
            barred = set() if exclude is None else set(exclude.slice(query, query + 1).items.tolist())
            row = [item for item in self.items if item not in barred][:n]
            items[query, : len(row)] = row
        return Ranked(items, self._scores(items))

    @staticmethod
    def _scores(items: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.where(items < 0, np.nan, 1).astype(np.float32)


def held_out(*bought: tuple[str, str]) -> Holdout:
    """Hold out purchases; before, ann bought a, and ben b; c, d and e are known."""
    past = [("ann", "a"), ("ben", "b"), (None, "c"), (None, "d"), (None, "e")]
    rows = [(*pair, CUT - 1) for pair in past] + [(*pair, CUT) for pair in bought]
    table = pl.DataFrame(rows, ["user_id", "item_id", "timestamp"], orient="row").with_columns(event=pl.lit("purchase"))
    return hold_out(table, Weights(), WINDOW)


def test_everything_bought_counts_for_all_and_only_the_new_for_novel() -> None:
    holdout = held_out(("ann", "a"), ("ann", "c"), ("ben", "d"))

    evaluation = evaluate(Shelf([0, 1, 2]), holdout, 2)

    # Everybody is shown a, b; without what they own, ann is shown b, c, and ben a, c.
    second = 1 / math.log2(3)
    np.testing.assert_allclose(evaluation.ndcg, [1 / (1 + second), 0])
    np.testing.assert_allclose(evaluation.novel_ndcg, [second, 0])
    report = evaluation.report
    assert report.all.shoppers == 2
    assert report.all.recall == pytest.approx((1 / 2 + 0) / 2)
    assert report.all.precision == pytest.approx((1 / 2 + 0) / 2)
    assert report.all.f1 == pytest.approx((1 / 2 + 0) / 2)
    assert report.all.map == pytest.approx((1 / 2 + 0) / 2)
    assert report.all.mrr == pytest.approx((1 + 0) / 2)
    assert report.all.hit_rate == pytest.approx((1 + 0) / 2)
    assert report.all.ndcg == report.intervals.ndcg.value == pytest.approx(evaluation.ndcg.mean())
    assert report.novel is not None
    assert report.novel.recall == pytest.approx((1 + 0) / 2)
    assert report.coverage == 2 / 5


def test_shoppers_with_nothing_novel_are_no_part_of_novel() -> None:
    evaluation = evaluate(Shelf([0, 1]), held_out(("ann", "a"), ("ben", "a")), 1)

    assert np.isnan(evaluation.novel_ndcg).tolist() == [True, False]
    assert evaluation.report.novel is not None
    assert evaluation.report.novel.shoppers == 1
    assert evaluation.report.novel.hit_rate == 1


def test_novel_is_absent_where_everybody_only_rebuys() -> None:
    assert evaluate(Shelf([0]), held_out(("ann", "a")), 1).report.novel is None


def test_new_shoppers_are_counted_and_told_apart() -> None:
    report = evaluate(Shelf([0]), held_out(("ann", "a"), ("zoe", "b"), ("zac", "b"), ("zed", "b")), 1).report

    assert report.new_shoppers == 0.75
    assert report.all.hit_rate == 0.25
    assert report.returning is not None
    assert report.returning.shoppers == 1
    assert report.returning.hit_rate == 1


def test_returning_is_absent_where_everybody_is_new() -> None:
    assert evaluate(Shelf([0]), held_out(("zoe", "b")), 1).report.returning is None


def test_the_report_says_what_was_asked() -> None:
    report = evaluate(Shelf([0]), held_out(("ann", "a")), 3).report

    assert (report.k, report.target, report.cut, report.end) == (3, "purchase", WINDOW.cut, WINDOW.end)
    assert report.seconds >= 0


def test_a_report_is_the_same_after_a_trip_through_json() -> None:
    report = evaluate(Shelf([0, 1]), held_out(("ann", "a"), ("ben", "c")), 2).report

    assert msgspec.json.decode(msgspec.json.encode(report), type=Report) == report


def test_headline_figures_have_intervals() -> None:
    report = evaluate(Shelf([0, 1]), held_out(("ann", "a"), ("ann", "c"), ("ben", "d")), 2).report

    assert report.intervals.recall.value == report.all.recall
    assert report.intervals.mrr.value == report.all.mrr
    assert report.intervals.hit_rate.value == report.all.hit_rate == 0.5
    assert (report.intervals.hit_rate.low, report.intervals.hit_rate.high) == (0, 1)
    assert report.novel is not None
    assert report.novel_intervals is not None
    assert report.novel_intervals.ndcg.value == report.novel.ndcg


def test_one_shopper_says_next_to_nothing() -> None:
    intervals = evaluate(Shelf([0]), held_out(("ann", "a")), 1).report.intervals

    assert (intervals.ndcg.low, intervals.ndcg.high) == (0, 1)


def test_a_list_shorter_than_n_is_judged_as_it_is() -> None:
    report = evaluate(Shelf([0]), held_out(("ann", "a"), ("ben", "a")), 20).report

    assert report.all.recall == 1
    assert report.all.precision == pytest.approx(1 / 20)
    assert report.beyond.diversity is None


def rated(*stars: tuple[str, str, float, int]) -> Holdout:
    """Hold out ratings, each of a user, an item and a time."""
    table = pl.DataFrame(stars, ["user_id", "item_id", "rating", "timestamp"], orient="row")
    return hold_out(table.with_columns(event=pl.lit("rate")), Weights(), WINDOW)


def fitted(holdout: Holdout) -> Baseline:
    return Baseline(BaselineConfig()).fit(holdout.train, seed=0)


def test_predicted_stars_are_compared_with_those_given() -> None:
    holdout = rated(("ann", "a", 5, CUT - 2), ("ben", "b", 1, CUT - 1), ("ann", "b", 4, CUT), ("ben", "a", 2, CUT))
    model = fitted(holdout)

    report = evaluate(model, holdout, 2, rating_model=model).report

    assert report.stars is not None
    assert (report.stars.ratings, report.stars.shoppers) == (2, 2)
    predicted = model.predict(np.array([0, 1]), np.array([1, 0]))
    assert report.stars.mae.value == pytest.approx(np.abs(predicted - [4, 2]).mean())


def test_equal_ratings_are_predicted_without_error() -> None:
    holdout = rated(("ann", "a", 5, CUT - 2), ("ben", "b", 5, CUT - 1), ("ann", "b", 5, CUT), ("ben", "a", 5, CUT))
    model = fitted(holdout)

    report = evaluate(model, holdout, 2, rating_model=model).report

    assert report.stars is not None
    assert (report.stars.rmse.value, report.stars.rmse.high) == (0, 0)


def test_without_stars_in_the_window_there_are_no_errors_of_stars() -> None:
    past = [("ann", "a", "rate", 5.0, CUT - 2), ("ben", "b", "rate", 1.0, CUT - 1)]
    table = pl.DataFrame(
        [*past, ("ann", "b", "purchase", None, CUT)],
        ["user_id", "item_id", "event", "rating", "timestamp"],
        orient="row",
    )
    holdout = hold_out(table, Weights(), WINDOW)
    model = fitted(holdout)

    assert evaluate(model, holdout, 2, rating_model=model).report.stars is None


def test_models_that_only_rank_have_no_errors_of_stars() -> None:
    holdout = rated(("ann", "a", 5, CUT - 2), ("ann", "a", 4, CUT))

    assert evaluate(Shelf([0]), holdout, 1).report.stars is None
