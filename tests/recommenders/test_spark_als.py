"""What is learnt on Spark is what the local models learn, on a cluster of separate processes."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from aisle.evaluation.queries import query_batch
from aisle.prepare.build import build
from aisle.prepare.interactions import Interactions
from aisle.prepare.weigh import Weights
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.implicit.co_purchase import CoPurchase, CoPurchaseConfig
from aisle.recommenders.ratings.als_wr import ALSWR, ALSWRConfig
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY
from tests.lively_shop import END, WEIGHTS, lively_events

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

    from aisle.prepare.spark.log import SparkLog

NOW = 19_000 * DAY
FLAT = Weights(half_life_days=None)
SEED = 1


def both(spark: "SparkSession", events: pl.DataFrame, weights: Weights, now: int) -> "tuple[SparkLog, Interactions]":
    """Return a log on Spark and at hand."""
    from aisle.prepare.spark.frames import to_spark
    from aisle.prepare.spark.log import SparkLog, cleaned_on_spark

    return SparkLog.of(cleaned_on_spark(to_spark(spark, events)), weights, now), build(events, weights, now)


@pytest.fixture(scope="module")
def lively(spark: "SparkSession") -> "tuple[SparkLog, Interactions]":
    return both(spark, lively_events(), WEIGHTS, END)


def circle(event: str = "purchase") -> pl.DataFrame:
    """Make shoppers who take three neighbours of a circle each, so that all rows have equally many entries."""
    rows = [(event, f"u{one:02}", f"i{(one + step) % 12:02}", NOW) for one in range(12) for step in range(3)]
    return pl.DataFrame(rows, ["event", "user_id", "item_id", "timestamp"], orient="row")


def test_where_rows_are_alike_mllib_reaches_the_same_minimum(spark: "SparkSession") -> None:
    from aisle.recommenders.spark_als import fit_als

    log, data = both(spark, circle(), FLAT, NOW + 1)
    config = ALSConfig(factors=3, iterations=15, regularization=0.05, unobserved_weight=0.3)
    queries = query_batch(data, np.arange(12, dtype=np.int32))
    local, learnt = ALS(config).fit(data, seed=SEED), fit_als(config, log, data, SEED)

    assert learnt.arrays().keys() == local.arrays().keys()
    for name, array in local.arrays().items():
        assert learnt.arrays()[name].dtype == array.dtype
        assert learnt.arrays()[name].shape == array.shape
    np.testing.assert_allclose(learnt.score(queries), local.score(queries), atol=1e-2)


def test_als_ranks_as_the_local_one_does(lively: "tuple[SparkLog, Interactions]") -> None:
    from aisle.recommenders.spark_als import fit_als

    log, data = lively
    config = ALSConfig(factors=8, iterations=6)
    queries = query_batch(data, np.arange(len(data.users), dtype=np.int32))
    local, learnt = (
        model.score(queries) for model in (ALS(config).fit(data, seed=SEED), fit_als(config, log, data, 1))
    )

    assert np.corrcoef(local[np.isfinite(local)], learnt[np.isfinite(learnt)])[0, 1] > 0.97


def test_what_nobody_has_touched_has_no_vector(spark: "SparkSession") -> None:
    from aisle.prepare.spark.log import SparkLog
    from aisle.recommenders.spark_als import fit_als

    log, data = both(spark, circle(), FLAT, NOW + 1)
    log = SparkLog.of(log.events, FLAT, NOW + 1, more_items=["a new one"])

    vectors = fit_als(ALSConfig(factors=3, iterations=1), log, data, SEED).item_vectors_
    assert log.items.ids[0] == "a new one"
    assert (np.abs(vectors).sum(axis=1) > 0).tolist() == [False] + [True] * 12


def test_stars_are_predicted_as_by_the_local_model(spark: "SparkSession") -> None:
    from aisle.recommenders.spark_als import fit_als_wr

    draw = np.random.default_rng(3)
    user, item = draw.integers(0, 40, 900), draw.integers(0, 20, 900)
    liked = 3 + (user % 2 * 2 - 1) * (item % 2 * 2 - 1)
    events = pl.DataFrame(
        {
            "event": "rate",
            "user_id": [f"u{one}" for one in user],
            "item_id": [f"i{one}" for one in item],
            "rating": np.clip(np.rint(liked + draw.normal(0, 0.7, 900)), 1, 5),
            "timestamp": NOW + np.arange(900),
        }
    )
    log, data = both(spark, events, FLAT, NOW + 1000)
    config = ALSWRConfig(factors=4, regularization=0.05, iterations=6)
    local, learnt = ALSWR(config).fit(data, seed=SEED), fit_als_wr(config, log, data, SEED)
    users = data.users.numbers([f"u{one}" for one in user])
    items = data.items.numbers([f"i{one}" for one in item])
    errors = [np.sqrt(np.mean((model.predict(users, items) - liked) ** 2)) for model in (local, learnt)]

    assert learnt.scale == local.scale
    assert {name: array.shape for name, array in learnt.arrays().items()} == {
        name: array.shape for name, array in local.arrays().items()
    }
    assert errors[1] < 1.1 * errors[0] < 0.6


@pytest.mark.parametrize("measure", ["llr", "lift", "probability"])
def test_partners_are_those_of_the_local_model(lively: "tuple[SparkLog, Interactions]", measure: str) -> None:
    from aisle.recommenders.spark_als import fit_co_purchase

    log, data = lively
    config = CoPurchaseConfig.parse({"measure": measure, "neighbours": 7})
    expected = CoPurchase(config).fit(data, seed=SEED).arrays()
    counted = fit_co_purchase(config, log, data, SEED).arrays()

    assert counted.keys() == expected.keys()
    assert expected["indices"].size > 50
    for name, array in expected.items():
        assert counted[name].dtype == array.dtype
        np.testing.assert_allclose(counted[name], array, rtol=1e-6, err_msg=name)


def test_too_little_to_learn_from_is_said(spark: "SparkSession") -> None:
    from aisle.recommenders.spark_als import fit_als, fit_als_wr, fit_co_purchase

    log, data = both(spark, circle("remove_from_cart"), FLAT, NOW + 1)
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        fit_als(ALSConfig(), log, data, SEED)
    with pytest.raises(NotEnoughData, match="no shopper has rated"):
        fit_als_wr(ALSWRConfig(), log, data, SEED)
    with pytest.raises(NotEnoughData, match="nothing was bought"):
        fit_co_purchase(CoPurchaseConfig(), log, data, SEED)
