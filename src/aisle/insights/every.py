"""Every insight, in the order in which a page shows them."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from aisle.insights.customers import cohorts, customers_by_month, repeat_purchases, repurchase_intervals, rfm
from aisle.insights.demand import funnel_by_category, funnel_by_week, seasons, weekday_hours
from aisle.insights.insight import Insight
from aisle.insights.items import also_viewed, correlations
from aisle.insights.opinions import aspects_by_item, stars
from aisle.insights.sales import baskets, brands, categories, long_tail, price_bands, returns
from aisle.insights.shop_log import ShopLog
from aisle.shop.errors import InputError

INSIGHTS: Final[dict[str, Callable[[ShopLog], Insight]]] = {
    "funnel_by_week": funnel_by_week,
    "funnel_by_category": funnel_by_category,
    "weekday_hours": weekday_hours,
    "seasons": seasons,
    "categories": categories,
    "brands": brands,
    "price_bands": price_bands,
    "baskets": baskets,
    "long_tail": long_tail,
    "returns": returns,
    "rfm": rfm,
    "repeat_purchases": repeat_purchases,
    "cohorts": cohorts,
    "customers_by_month": customers_by_month,
    "repurchase_intervals": repurchase_intervals,
    "also_viewed": also_viewed,
    "correlations": correlations,
    "stars": stars,
    "aspects": aspects_by_item,
}
"""Computes each insight, by its name."""


def chosen(names: Iterable[str] = ()) -> list[str]:
    """Return the names of insights as they are, or all.

    Raises
    ------
    InputError
        If there is no such insight.
    """
    wanted = list(names) or list(INSIGHTS)
    for name in wanted:
        if name not in INSIGHTS:
            raise InputError(f"{name!r} is no insight; choose from {', '.join(INSIGHTS)}")
    return wanted


def compute(log: ShopLog, names: Iterable[str] = ()) -> Iterator[Insight]:
    """Yield the insights of these names, or all."""
    for name in chosen(names):
        yield INSIGHTS[name](log)
