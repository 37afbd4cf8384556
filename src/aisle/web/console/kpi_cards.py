"""The cards of the overview: which KPIs it shows, each with the numbers that it comes from."""

from typing import TYPE_CHECKING, Final, NamedTuple

from aisle.web.console.parts.card import Card

if TYPE_CHECKING:
    from aisle.app.data.kpi_overview import KpiOverview


class Kpi(NamedTuple):
    """How a KPI is shown."""

    label: str
    of: str
    """Of what it is: `shop` or `shelves`."""
    name: str
    format: str
    raw: str = ""
    """The numbers under it, as of `format`, of the columns `from_`."""
    from_: tuple[str, ...] = ()
    about: str = ""
    more_is_better: bool = True


_MONEY: Final = "{:,.2f} {currency}"

KPIS: Final = (
    Kpi("Orders", "shop", "orders", "{:,.0f}", "{:,.0f} pieces", ("units",)),
    Kpi("Revenue", "shop", "revenue", "{:,.0f} {currency}"),
    Kpi("Order value", "shop", "order_value", _MONEY, "of {:,.0f} orders", ("orders",)),
    Kpi("Visitors", "shop", "visitors", "{:,.0f}", "counted by day", about="Who comes on two days is counted twice"),
    Kpi("Repeat buyers", "shop", "repeat_rate", "{:.1%}", "{:,.0f} of {:,.0f} buyers", ("returning_buyers", "buyers"),
        "Buyers who had bought on an earlier day"),
    Kpi("Clicks per item seen", "shelves", "ctr", "{:.2%}", "{:,.0f} clicks of {:,.0f} seen", ("clicks", "seen")),
    Kpi("Conversion", "shelves", "conversion", "{:.1%}", "{:,.0f} orders of {:,.0f} clicks", ("orders", "clicks"),
        "Orders owed to shelves, per click"),
    Kpi("Owed to shelves", "shop", "helped_share", "{:.1%}", "{:,.0f} orders", ("helped_orders",),
        "The share of the revenue that a shelf led to"),
    Kpi("Returns", "shop", "return_rate", "{:.1%}", "{:,.0f} of {:,.0f} pieces", ("returned_units", "units"),
        more_is_better=False),
)  # fmt: skip


def cards(found: "KpiOverview") -> list[Card]:
    """Return the cards of a period's KPIs."""
    shown, coverage = [_card(kpi, found) for kpi in KPIS], found.coverage
    if coverage is None:
        return shown
    covered = Card(
        "Coverage",
        f"{coverage:.1%}",
        "of the catalogue stood on a shelf",
        coverage,
        None if found.before is None else found.before.coverage or 0.0,
    )
    return [*shown, covered]


def _card(kpi: Kpi, found: "KpiOverview") -> Card:
    values = getattr(found, kpi.of)
    value, raw = values.get(kpi.name), [values.get(name) for name in kpi.from_]
    return Card(
        kpi.label,
        "–" if value is None else kpi.format.format(value, currency=found.currency),
        "" if None in raw else kpi.raw.format(*raw),
        value,
        None if found.before is None else getattr(found.before, kpi.of).get(kpi.name) or 0.0,
        kpi.more_is_better,
        kpi.about,
    )
