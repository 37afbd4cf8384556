import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.metrics import ranking
from aisle.metrics.ranking import Hits, Values, find_hits

Metric = Callable[[Hits, int], Values]

METRICS: list[Metric] = [
    ranking.recall,
    ranking.precision,
    ranking.f1,
    ranking.ndcg,
    ranking.average_precision,
    ranking.reciprocal_rank,
    ranking.hit_rate,
]


def hits_of(ranked: list[list[int]], relevant: list[list[int]]) -> Hits:
    indptr = np.cumsum([0, *(len(one) for one in relevant)], dtype=np.int64)
    items = np.array([item for one in relevant for item in one], np.int32)
    return find_hits(np.array(ranked, np.int32), indptr, items)


@pytest.fixture
def hits() -> Hits:
    """Hits at ranks 2, 3 and 5 of three, then at rank 1 of one, then none, then nothing to find."""
    return hits_of(
        [[4, 1, 2, 9, 3], [7, 0, 1, -1, -1], [5, 6, -1, -1, -1], [0, 1, 2, 3, 4]],
        [[1, 2, 3], [7], [8, 9], []],
    )


def test_hits_are_found_per_query() -> None:
    hits = hits_of([[4, 1, -1], [1, 4, -1]], [[1, 3], [4]])

    assert hits.at.tolist() == [[False, True, False], [False, True, False]]
    assert hits.relevant.tolist() == [2, 1]


# The first query has hits at ranks 2, 3 and 5, of three relevant items.
@pytest.mark.parametrize(
    ("metric", "at_2", "at_5"),
    [
        (ranking.recall, 1 / 3, 1.0),
        (ranking.precision, 1 / 2, 3 / 5),
        (ranking.f1, 2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3), 2 * (3 / 5) / (3 / 5 + 1)),
        (
            ranking.ndcg,
            (1 / math.log2(3)) / (1 + 1 / math.log2(3)),
            (1 / math.log2(3) + 1 / 2 + 1 / math.log2(6)) / (1 + 1 / math.log2(3) + 1 / 2),
        ),
        (ranking.average_precision, (1 / 2) / 2, (1 / 2 + 2 / 3 + 3 / 5) / 3),
        (ranking.reciprocal_rank, 1 / 2, 1 / 2),
        (ranking.hit_rate, 1.0, 1.0),
    ],
)
def test_each_metric_is_what_its_formula_says(metric: Metric, at_2: float, at_5: float, hits: Hits) -> None:
    assert metric(hits, 2)[0] == pytest.approx(at_2, abs=1e-12)
    assert metric(hits, 5)[0] == pytest.approx(at_5, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
def test_a_query_without_a_hit_has_zero(metric: Metric, hits: Hits) -> None:
    assert metric(hits, 5)[2] == 0


@pytest.mark.parametrize("metric", METRICS)
def test_a_query_with_nothing_to_find_has_no_value(metric: Metric, hits: Hits) -> None:
    assert np.isnan(metric(hits, 5)).tolist() == [False, False, False, True]


def test_empty_places_count_against_precision(hits: Hits) -> None:
    assert ranking.precision(hits, 5)[1] == 1 / 5


@pytest.mark.parametrize("metric", METRICS)
def test_a_list_shorter_than_k_is_as_good_as_its_items(metric: Metric) -> None:
    short = hits_of([[1, 2]], [[2, 5]])
    padded = hits_of([[1, 2, -1, -1]], [[2, 5]])

    assert metric(short, 4) == pytest.approx(metric(padded, 4), abs=1e-12)


def test_more_relevant_items_than_places_do_not_lower_ndcg_and_map() -> None:
    hits = hits_of([[1, 2]], [[1, 2, 3, 4]])

    assert ranking.ndcg(hits, 2) == ranking.average_precision(hits, 2) == 1
    assert ranking.recall(hits, 2) == 1 / 2


def test_lists_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="2 ranked lists do not match 1 lists"):
        hits_of([[1], [2]], [[1]])


def test_coverage_counts_each_item_once_and_no_empty_place() -> None:
    ranked = np.array([[0, 1, 5], [1, -1, -1]], np.int32)

    assert ranking.coverage(ranked, 8, 2) == 2 / 8
    assert ranking.coverage(ranked, 8, 3) == 3 / 8


def test_the_mean_leaves_out_queries_without_a_value() -> None:
    assert ranking.mean(np.array([1.0, np.nan, 0.0])) == 0.5


def test_the_mean_of_no_values_is_none() -> None:
    assert math.isnan(ranking.mean(np.array([np.nan])))


lists = st.lists(st.integers(0, 12), unique=True, min_size=1, max_size=8)
cutoffs = st.integers(1, 10)


@pytest.mark.parametrize("metric", METRICS)
@given(shown=lists, relevant=lists, k=cutoffs)
def test_values_are_between_0_and_1(metric: Metric, shown: list[int], relevant: list[int], k: int) -> None:
    [value] = metric(hits_of([shown], [relevant]), k)

    assert 0 <= value <= 1 + 1e-12


@pytest.mark.parametrize("metric", METRICS)
@given(relevant=lists)
def test_a_perfect_list_has_1(metric: Metric, relevant: list[int]) -> None:
    [value] = metric(hits_of([relevant], [relevant[::-1]]), len(relevant))

    assert value == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("metric", METRICS)
@given(shown=lists, relevant=lists, k=cutoffs, place=st.integers(1, 7))
def test_moving_a_hit_up_never_hurts(metric: Metric, shown: list[int], relevant: list[int], k: int, place: int) -> None:
    if place >= len(shown) or shown[place] not in relevant or shown[place - 1] in relevant:
        return
    better = [*shown[: place - 1], shown[place], shown[place - 1], *shown[place + 1 :]]

    [before], [after] = (metric(hits_of([one], [relevant]), k) for one in (shown, better))

    assert after >= before


@pytest.mark.parametrize("metric", [ranking.recall, ranking.reciprocal_rank, ranking.hit_rate])
@given(shown=lists, relevant=lists, k=cutoffs)
def test_a_longer_list_finds_no_less(metric: Metric, shown: list[int], relevant: list[int], k: int) -> None:
    hits = hits_of([shown], [relevant])

    assert metric(hits, k + 1) >= metric(hits, k)
