import math

import numpy as np
import polars as pl
import pytest

from aisle.evaluation import beyond
from aisle.evaluation.beyond import Beyond
from aisle.evaluation.holdout import Holdout, hold_out
from aisle.metrics.ranking import find_hits
from aisle.prepare.split import Window
from aisle.prepare.weigh import Weights

CUT = 20_000 * 86_400_000_000

PAST = [("ann", "a"), ("ann", "b"), ("ben", "a"), ("cat", "a"), ("cat", "c"), ("dan", "d")]
"""Bought before the window: a by three of four, the rest by one each."""


@pytest.fixture
def holdout() -> Holdout:
    """Ann buys c and ben d in the window, and zoe, who is new, a."""
    bought = [("ann", "c"), ("ben", "d"), ("zoe", "a")]
    rows = [(*pair, CUT - 1) for pair in PAST] + [(*pair, CUT) for pair in bought]
    table = pl.DataFrame(rows, ["user_id", "item_id", "timestamp"], orient="row").with_columns(event=pl.lit("purchase"))
    return hold_out(table, Weights(), Window(cut=CUT, end=CUT + 10))


def beyond_of(holdout: Holdout, *lists: list[int], category: list[int] | None = None) -> Beyond:
    shown = np.array(lists, np.int32)
    hits = find_hits(shown, holdout.truth.indptr, holdout.truth.items)
    numbers = None if category is None else np.array(category, np.int32)
    return Beyond.of(shown, hits, holdout, shown.shape[1], numbers)


def test_figures_by_hand(holdout: Holdout) -> None:
    figures = beyond_of(holdout, [0, 2], [3, -1], [0, 1])

    bits = math.log2(4 / 3), 2.0
    assert figures.novelty == pytest.approx(((bits[0] + 2) / 2 + 2 + (bits[0] + 2) / 2) / 3)
    # Item a shares one user each with b and c, of which nobody else has any: a cosine of 1 / sqrt(3).
    assert figures.diversity == pytest.approx(1 - 1 / math.sqrt(3))
    # a is at the place (3 + 4) / 8, the others at (0 + 3) / 8.
    assert figures.popularity == pytest.approx((5 / 8 + 3 / 8 + 5 / 8) / 3)
    # Of six, a has the first three; c and d begin in the last third, at 4 and 5.
    assert figures.long_tail == pytest.approx((1 / 2 + 1 + 0) / 3)
    # Exposures 1, 1, 1, 2.
    assert figures.gini == pytest.approx((-3 - 1 + 1 + 3 * 2) / (4 * 5))
    # a and b are the two most popular: ann's c and ben's d are finds, zoe's a is not.
    assert figures.serendipity == pytest.approx((1 / 2 + 1 / 2 + 0) / 3)


def test_calibration_is_by_popularity_where_there_are_no_categories(holdout: Holdout) -> None:
    figures = beyond_of(holdout, [0, 1], [0, 0], [3, 3])

    # Ann's list has her own items, ben's his own only; zoe has no history to compare with.
    assert figures.groups == "popularity"
    assert figures.miscalibration == pytest.approx(0, abs=1e-12)


def test_calibration_is_by_category_where_there_are_some(holdout: Holdout) -> None:
    figures = beyond_of(holdout, [2, 3], [1, 1], [0, 0], category=[0, 0, 1, 1])

    # Ann had the first category only and gets the second; ben gets what he had.
    assert figures.groups == "category"
    assert figures.miscalibration == pytest.approx(-math.log(0.01) / 2)


def test_what_no_list_has_is_null(holdout: Holdout) -> None:
    empty = beyond_of(holdout, [-1], [-1], [-1])

    assert (empty.novelty, empty.diversity, empty.popularity, empty.long_tail, empty.gini) == (None,) * 5
    assert empty.miscalibration is None
    assert empty.serendipity == 0


def test_diversity_is_taken_from_a_sample(holdout: Holdout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beyond, "SAMPLE", 2)

    # The first and the last list have nothing in common within, the one between is left out.
    assert beyond_of(holdout, [2, 3], [0, 1], [1, 3]).diversity == pytest.approx(1)
