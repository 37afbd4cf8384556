"""The KPIs of a period at a glance: in total, day by day, by placement, in words, and beside the period before."""

from functools import partial
from typing import Final, NamedTuple

import polars as pl

from aisle.app.data.kpis import Kpis, counted, counted_by_segment, coverage
from aisle.insights.insight import percent
from aisle.shop.columns import CURRENCY, DAY, PLACEMENT, SEGMENT
from aisle.storage.connection import Database
from aisle.storage.shoppers import segments

WORTH_SAYING: Final = 0.01
"""A smaller change is none."""


class KpiOverview(NamedTuple):
    """The KPIs of a period. Money is in the currency that brought most."""

    currency: str
    """Empty, if nothing was paid."""
    shop: dict[str, float | None]
    """The whole shop: counts and rates."""
    shelves: dict[str, float | None]
    """All shelves together."""
    before: "KpiOverview | None"
    """The same for the period before."""
    coverage: float | None
    """None without a catalogue, and of a segment."""
    days: pl.DataFrame
    """`day`, `orders`, `revenue`, `visitors`, and of the shelves `seen`, `clicks`, `ctr`."""
    placements: pl.DataFrame
    """A row for each placement: what was served, seen, clicked and bought, and the rates."""
    segments: pl.DataFrame
    """A row for each segment of whom somebody came, of all placements."""
    other_currencies: list[str]
    """Those whose money is left out."""


def kpi_overview(
    db: Database,
    since: int,
    until: int,
    placement: str | None = None,
    before: tuple[int, int] | None = None,
    segment: str | None = None,
) -> KpiOverview:
    """Return the KPIs from the day `since` up to, not including, `until`, as they are counted by now.

    Parameters
    ----------
    placement
        The only placement whose shelves count; those of all by default.
    before
        The days that they are compared with.
    segment
        The only segment whose members count; everybody by default.

    Raises
    ------
    NotFound
        If there is no such segment.
    """
    number = None if segment is None else segments.get(db, segment).number
    of_days = partial(counted, db, since, until, placement=placement, segment=number)
    total = of_days()
    currencies = [name for name in total.shop.sort("revenue", descending=True)[CURRENCY].to_list() if name]
    currency = currencies[0] if currencies else ""
    return KpiOverview(
        currency,
        _row(total.shop, currency),
        _row(total.shelves, currency),
        None if before is None else kpi_overview(db, *before, placement, segment=segment),
        coverage(db, since, until) if segment is None else None,
        _by_day(of_days((DAY,), daily=True), currency),
        _in(of_days((PLACEMENT,)).shelves, currency).drop(CURRENCY),
        _in(counted_by_segment(db, since, until), currency).drop(CURRENCY).sort("visitors", descending=True),
        currencies[1:],
    )


def in_words(now: KpiOverview, span: str) -> list[str]:
    """Return what the KPIs of a period say, in sentences."""
    said = [_orders(now, span)]
    if now.shelves.get("seen"):
        rate, clicks, seen = (now.shelves[name] or 0 for name in ("ctr", "clicks", "seen"))
        said.append(
            f"{percent(rate)} of the items seen on shelves were clicked ({clicks:,.0f} of {seen:,.0f})"
            f"{_change(now, 'shelves', 'ctr')}.{_best(now.placements)}"
        )
    if share := now.shop.get("helped_share"):
        said.append(f"Shelves led to {percent(share)} of the revenue.")
    if now.other_currencies:
        said.append(f"Money in {', '.join(now.other_currencies)} is left out.")
    return said


def _orders(now: KpiOverview, span: str) -> str:
    orders = now.shop.get("orders") or 0
    if not orders:
        return f"Nothing was ordered from {span}."
    worth = f" worth {now.shop['revenue']:,.2f} {now.currency}" if now.shop.get("revenue") else ""
    if worth and now.before is not None and now.before.shop.get("orders"):
        changes = _change(now, "shop", "orders"), _change(now, "shop", "revenue")
        return f"From {span} there were {orders:,.0f} orders{changes[0]}; they were{worth}{changes[1]}."
    return f"From {span} there were {orders:,.0f} orders{worth}{_change(now, 'shop', 'orders')}."


def _change(now: KpiOverview, of: str, name: str) -> str:
    """Return how something changed since the period before, as the end of a sentence; empty if nobody asked."""
    if now.before is None:
        return ""
    value, earlier = getattr(now, of).get(name), getattr(now.before, of).get(name)
    if not value or not earlier:
        return ", and nothing to compare with in the period before"
    change = value / earlier - 1
    if abs(change) < WORTH_SAYING:
        return ", as in the period before"
    return f", {percent(abs(change))} {'more' if change > 0 else 'less'} than in the period before"


def _best(placements: pl.DataFrame) -> str:
    clicked = placements.filter(pl.col("clicks") > 0).sort("ctr", PLACEMENT, descending=[True, False])
    if clicked.height < 2:
        return ""
    best, worst = clicked.row(0, named=True), clicked.row(-1, named=True)
    return (
        f" Most on {best[PLACEMENT]} ({percent(best['ctr'])}), least on {worst[PLACEMENT]} ({percent(worst['ctr'])})."
    )


def _in(frame: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Keep of each thing the row in a currency; of a thing without it, the one that has the counts."""
    keys = [name for name in (DAY, PLACEMENT, SEGMENT) if name in frame.columns]
    kept = frame.with_columns((pl.col(CURRENCY) == currency).alias("is_it")).sort("is_it", descending=True)
    paid = pl.col(CURRENCY).is_in([currency, ""])
    money = [
        name
        for name in (
            "orders",
            "units",
            "revenue",
            "order_value",
            "helped_orders",
            "helped_revenue",
            "returned_units",
            "returned_revenue",
            "revenue_per_thousand",
            "revenue_per_visitor",
        )
        if name in frame.columns
    ]
    kept = kept.unique(keys, keep="first", maintain_order=True) if keys else kept.head(1)
    return kept.with_columns(pl.when(paid).then(pl.col(money))).drop("is_it")  # fmt: skip


def _row(frame: pl.DataFrame, currency: str) -> dict[str, float | None]:
    rows = _in(frame, currency).drop(CURRENCY).rows(named=True)
    return rows[0] if rows else {}


def _by_day(daily: Kpis, currency: str) -> pl.DataFrame:
    shop = _in(daily.shop, currency).select(DAY, "orders", "revenue", "visitors")
    shelves = _in(daily.shelves, currency).select(DAY, "seen", "clicks", "ctr")
    return shop.join(shelves, on=DAY, how="left").sort(DAY)
