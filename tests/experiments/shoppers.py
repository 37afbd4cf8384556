"""Make-believe shoppers of an experiment, for the tests of its report."""

import numpy as np
import polars as pl

from aisle.experiments.experiment import Experiment, Variant
from aisle.experiments.metrics import BEFORE, COUNTS

TRIAL = Experiment(
    name="trial",
    placement="home",
    variants=(Variant(name="as-is"), Variant(name="popular", settings={"strategy": "bestsellers"})),
)


def shoppers(
    growth: float, number: int = 2_000, days: int = 14, variants: tuple[str, ...] = ("as-is", "popular")
) -> pl.DataFrame:
    """Return what shoppers did, by day; the orders and clicks of all variants but the first grow."""
    rng = np.random.default_rng(7)
    frames = []
    for place, variant in enumerate(variants):
        more = growth if place else 1.0
        taste = rng.gamma(4.0, 0.25, number)
        first = rng.integers(days - 1, size=number)
        for day in (first, first + 1):
            orders = rng.poisson(0.8 * more * taste)
            revenue = orders * rng.lognormal(3, 0.3, number)
            columns = dict.fromkeys(COUNTS, np.zeros(number)) | {
                "shelves": np.full(number, 2.0),
                "clicks": rng.binomial(4, np.minimum(0.3 * more * taste / 2, 1.0)).astype(float),
                "carts": orders.astype(float),
                "orders": orders.astype(float),
                "units": 2.0 * orders,
                "revenue": revenue,
                "returned_units": rng.binomial(orders, 0.1).astype(float),
            }
            frames.append(
                pl.DataFrame(columns).with_columns(
                    pl.Series("unit", [f"{variant} {one}" for one in range(number)]),
                    pl.Series("day", day),
                    pl.lit(variant).alias("variant"),
                    pl.Series("known", np.arange(number) % 3 > 0),
                    *(
                        pl.Series(f"before_{name}", np.where(np.arange(number) % 3 > 0, taste * 30, 0))
                        for name in BEFORE
                    ),
                )
            )
    return pl.concat(frames).sort("unit", "day")
