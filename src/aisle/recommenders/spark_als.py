"""Models learnt on Spark: matrix factorisation by MLlib, and what is bought together by joins.

Each function returns a model of the usual class with the same arrays as if one machine had trained it, so that it folds
shoppers in, explains and goes into bundles. Nothing here scores.

**Implicit ALS.** With c = 1 + α w, MLlib minimises

    Σ c (p_ui - x_u·y_i)²  +  regParam (Σ_u n_u |x_u|² + Σ_i n_i |y_i|²)

over all pairs, n being the entries of a row: the regularisation of Zhou et al. (2008). Ours (`kernels.als_numpy`) is

    Σ (w0 + w) (p_ui - x_u·y_i)²  +  Σ_u r_u |x_u|² + Σ_i r_i |y_i|²,    r = λ (n + w0 · others)^ν

Divided by w0, the first sums are the same if α = 1 / w0. The second ones agree in the mean over entries if
w0 · regParam is Σ r_u / Σ n_u for users and Σ r_i / Σ n_i for items. MLlib has one number for both, and as users can be
scaled up and items down without changing any product, what counts is the product of the two: regParam is their
geometric mean over w0. At our minimum both sides pay alike. MLlib's item vectors have another length than that, and are
multiplied by the fourth root of Σ r_u / Σ r_i. Rows that are lighter than others pay less than they would with ν below
1, heavier ones more.

**Explicit ALS.** MLlib minimises Σ (r - x·y)² + regParam (Σ n_u |x_u|² + Σ n_i |y_i|²), which is what `als_wr` does
with λ = regParam, but without biases. It therefore gets the stars minus μ, b_i and b_u, which are solved first, one
after the other, each by the ridge regression that `als_wr` uses: b = Σ residual / (n + λ n).
"""

from collections.abc import Callable
from typing import Any, Final

import narwhals as nw
import numpy as np
import polars as pl
from numpy.typing import NDArray
from pyspark.ml.recommendation import ALS as MLlibALS  # noqa: N811
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from aisle.kernels.csr import CSR
from aisle.kernels.partners_numpy import Partners, Value, pair_values
from aisle.prepare.interactions import Interactions
from aisle.prepare.spark.executors import cores
from aisle.prepare.spark.frames import kept, to_polars
from aisle.prepare.spark.log import ITEM, USER, SparkLog
from aisle.prepare.votes import counted_of
from aisle.prepare.weigh import WEIGHT
from aisle.recommenders.base import Recommender
from aisle.recommenders.implicit.als import ALS, ALSConfig, row_ridge
from aisle.recommenders.implicit.co_purchase import FORMULAS, CoPurchase, CoPurchaseConfig
from aisle.recommenders.ratings.als_wr import ALSWR, ALSWRConfig
from aisle.recommenders.ratings.star_ratings import Scale
from aisle.shop.columns import EVENT, ITEM_ID, RATING, SESSION_ID, TIMESTAMP, TRANSACTION_ID, USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import EventKind
from aisle.shop.moments import DAY

Floats = NDArray[np.float32]


def fit_als(config: ALSConfig, log: SparkLog, data: Interactions, seed: int) -> ALS:
    """Learn item vectors by MLlib's implicit ALS.

    Raises
    ------
    NotEnoughData
        If nobody likes anything.
    """
    with kept(log.numbered(log.pairs())) as pairs:
        items, users = len(log.items), log.users_count()
        sums = (_ridge_sum(pairs, side, others, config) for side, others in ((USER, items), (ITEM, users)))
        (entries, of_users), (_, of_items) = sums
        if entries == 0:
            raise NotEnoughData("nobody likes anything in these events; import purchases, carts, views or ratings")
        weight = config.unobserved_weight
        mllib = MLlibALS(
            rank=config.factors, maxIter=config.iterations, regParam=np.sqrt(of_users * of_items) / (weight * entries),
            implicitPrefs=True, alpha=1 / weight, userCol=USER, itemCol=ITEM, ratingCol=WEIGHT, seed=seed,
        ).setNumBlocks(cores(pairs.sparkSession))  # fmt: skip
        vectors = _vectors(mllib.fit(pairs).itemFactors, items, config.factors)
    return ALS(config).adopt(vectors * np.float32((of_users / of_items) ** 0.25))


def _ridge_sum(pairs: DataFrame, side: str, others: int, config: ALSConfig) -> tuple[int, float]:
    """Return the number of entries, and Σ r over the rows of one side that have any."""
    sizes = to_polars(pairs.groupBy(side).count().groupBy("count").agg(F.count("*").alias("rows")))
    entries, rows = sizes["count"].to_numpy(), sizes["rows"].to_numpy()
    return int(entries @ rows), float(row_ridge(entries, others, config).astype(np.float64) @ rows)


def fit_als_wr(config: ALSWRConfig, log: SparkLog, data: Interactions, seed: int) -> ALSWR:
    """Learn the biases and vectors of items by MLlib's explicit ALS; those of the users of `data` follow from them.

    Raises
    ------
    NotEnoughData
        If nobody has rated anything.
    """
    with kept(log.numbered(log.stars())) as stars:
        lowest, highest, mean = stars.agg(F.min(RATING), F.max(RATING), F.mean(RATING)).collect()[0]
        if mean is None:
            raise NotEnoughData("no shopper has rated anything with stars; import rate events")
        of_items = _biases(stars, F.col(RATING) - mean, ITEM, config)
        with_items = stars.join(of_items, ITEM)
        of_users = _biases(with_items, F.col(RATING) - mean - F.col(f"{ITEM}_bias"), USER, config)
        residual = F.col(RATING) - mean - F.col(f"{ITEM}_bias") - F.col(f"{USER}_bias")
        mllib = MLlibALS(
            rank=config.factors, maxIter=config.iterations, regParam=config.regularization,
            userCol=USER, itemCol=ITEM, ratingCol="residual", seed=seed,
        ).setNumBlocks(cores(stars.sparkSession))  # fmt: skip
        factors = mllib.fit(with_items.join(of_users, USER).withColumn("residual", residual)).itemFactors
        vectors = _vectors(factors, len(log.items), config.factors)
        biases = np.zeros(len(log.items), np.float32)
        table = to_polars(of_items)
        biases[table[ITEM].to_numpy()] = table[f"{ITEM}_bias"].to_numpy()
    return ALSWR(config).adopt(Scale(lowest, highest, mean), biases, vectors, data)


def _biases(stars: DataFrame, residual: Any, side: str, config: ALSWRConfig) -> DataFrame:
    """Return b = Σ residual / (n + λ n) of each row of one side."""
    shrunk = F.mean(residual) / (1 + config.regularization)
    return stars.groupBy(side).agg(shrunk.alias(f"{side}_bias"))


def _vectors(factors: DataFrame, rows: int, length: int) -> Floats:
    """Return MLlib's vectors as an array (rows, length), with zeros for rows without entries."""
    table = to_polars(factors)
    vectors = np.zeros((rows, length), np.float32)
    vectors[table["id"].to_numpy()] = table["features"].explode().to_numpy().reshape(-1, length)
    return vectors


def fit_co_purchase(config: CoPurchaseConfig, log: SparkLog, data: Interactions, seed: int) -> CoPurchase:
    """Count the baskets of each pair of items on Spark, and value the pairs here.

    Raises
    ------
    NotEnoughData
        If nothing was bought.
    """
    with kept(log.with_items(_places(_counting(log.events)))) as places:
        baskets = places.select("basket").distinct().count()
        if baskets == 0:
            raise NotEnoughData("nothing was bought in these events; import orders to learn what is bought together")
        counted = to_polars(places.groupBy(ITEM).count())
        others = places.select("basket", F.col(ITEM).alias("other"))
        met = places.join(others, "basket").filter(F.col(ITEM) != F.col("other"))
        sums = met.groupBy(ITEM, "other").agg(F.count("*").alias("times"), F.countDistinct("owner").alias("owners"))
        links = to_polars(sums.filter(F.col("times") >= config.min_support))
    counts = np.zeros(len(log.items), np.int64)
    counts[counted[ITEM].to_numpy()] = counted["count"].to_numpy()
    value = Value(FORMULAS[config.measure], np.ones(1), counts, baskets, config.min_support, repeats=False)
    return CoPurchase(config).adopt(_best(links, value, config.neighbours), counts)


def _counting(events: DataFrame) -> DataFrame:
    """Return the events that count; all, if they are nobody's."""
    if events.filter(F.col(USER_ID).isNotNull() | F.col(SESSION_ID).isNotNull()).isEmpty():
        return events
    counted: DataFrame = counted_of(nw.from_native(events)).to_native()
    return counted


def _places(events: DataFrame) -> DataFrame:
    """Return what was bought: `item_id`, `basket` and `owner`, each item once per basket.

    Baskets and owners are hashed to 64 bits: among ten million of them, two collide with a chance of a few millionths.
    """
    transaction, user = F.col(TRANSACTION_ID), F.col(USER_ID)
    bought = events.filter((F.col(EVENT) == EventKind.PURCHASE.value) & (transaction.isNotNull() | user.isNotNull()))
    day = F.floor(F.col(TIMESTAMP) / DAY)
    basket = F.when(transaction.isNotNull(), F.xxhash64(transaction)).otherwise(F.xxhash64(user, day))
    once = bought.groupBy(basket.alias("basket"), ITEM_ID).agg(F.min_by(USER_ID, TIMESTAMP).alias(USER_ID))
    # A basket without a shopper is an owner of its own.
    owner = F.when(user.isNotNull(), F.xxhash64(user)).otherwise(F.col("basket"))
    return once.select(ITEM_ID, "basket", owner.alias("owner"))


def _best(links: pl.DataFrame, value: Value, k: int) -> Partners:
    """Return the k most valuable partners of each item."""
    item, other, times, owners = (links[name].to_numpy() for name in (ITEM, "other", "times", "owners"))
    n_item, n_other = value.counts[item], value.counts[other]
    values = pair_values(times.astype(np.float64), times, n_item, n_other, value).astype(np.float32)
    order = np.lexsort((other, -values, item))
    order = order[values[order] > 0]
    place = np.arange(len(order)) - np.searchsorted(item[order], item[order])
    order = order[place < k]
    indptr = np.append(0, np.cumsum(np.bincount(item[order], minlength=len(value.counts)))).astype(np.int64)
    best = CSR(indptr, other[order].astype(np.int32), values[order])
    return Partners(best, times[order].astype(np.int32), owners[order].astype(np.int32))


FITS: Final[dict[str, Callable[[Any, SparkLog, Interactions, int], Recommender[Any]]]] = {
    "als": fit_als,
    "als_wr": fit_als_wr,
    "co_purchase": fit_co_purchase,
}
"""The function that learns each model on Spark from its settings, the log, the events on this machine and the seed."""
