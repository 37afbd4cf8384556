"""The metrics of experiments: each says what it adds up of a unit, what it divides by, and which way is better."""

from typing import Final, Literal

from msgspec import Struct

from aisle.experiments.statistics.capping import QUANTILE

Kind = Literal["money", "share", "number"]

COUNTS: Final = (
    "shelves",
    "fallbacks",
    "clicks",
    "carts",
    "orders",
    "units",
    "revenue",
    "returned_units",
    "returned_revenue",
)
"""What is counted of a unit, from the moment at which it first saw the experiment. Money is in currency units."""

BEFORE: Final = ("carts", "orders", "units", "revenue", "returned_units", "returned_revenue")
"""What is counted before the experiment, too."""


class Metric(Struct, frozen=True):
    """A metric: a mean over units, or a ratio of two means."""

    name: str
    what: str
    """What it says, in words."""
    top: str
    """What is added up, of `COUNTS`."""
    under: str | None = None
    """What it is divided by, of `COUNTS`; None: the number of units."""
    kind: Kind = "number"
    better: Literal["up", "down"] = "up"
    most: float | None = None
    """What one unit counts at most."""
    cap: float | None = None
    """The quantile above which a unit's value is cut; None: none is."""
    quantile: float | None = None
    """Which quantile of those above 0 it is, if it is not a mean."""

    @property
    def has_past(self) -> bool:
        """Whether the time before the experiment tells something."""
        return self.quantile is None and {self.top, self.under or self.top} <= set(BEFORE)

    @property
    def is_of_shelves(self) -> bool:
        """Whether it is about what happens on shelves, which a holdout has none of."""
        return bool({self.top, self.under} & {"shelves", "fallbacks", "clicks"})


METRICS: Final = {
    metric.name: metric
    for metric in (
        Metric("revenue_per_visitor", "revenue per visitor", "revenue", kind="money", cap=QUANTILE),
        Metric("conversion", "visitors who order", "orders", kind="share", most=1),
        Metric("orders_per_visitor", "orders per visitor", "orders"),
        Metric("carts_per_visitor", "items put into the cart per visitor", "carts"),
        Metric("click_rate", "clicks per shelf", "clicks", "shelves", kind="share"),
        Metric("order_value", "revenue per order", "revenue", "orders", kind="money"),
        Metric("median_buyer", "what half of the buyers spend at least", "revenue", kind="money", quantile=0.5),
        Metric(
            "return_rate", "pieces sent back per piece sold", "returned_units", "units", kind="share", better="down"
        ),
        Metric("fallback_rate", "shelves that a fallback filled", "fallbacks", "shelves", kind="share", better="down"),
    )
}
"""Every metric by name."""
