"""How an evaluation looks in a terminal: small tables of at most 80 columns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group

from aisle.cli import show
from aisle.shop.moments import format_day

if TYPE_CHECKING:
    from aisle.app.training.measuring import Measured
    from aisle.app.training.placement_report import PlacementFigures
    from aisle.engine.shelf.long_tail import TailCost
    from aisle.evaluation.bootstrap import Interval
    from aisle.evaluation.compare import Comparison
    from aisle.evaluation.evaluate import Figures, Intervals


def measured_tables(measured: "Sequence[Measured]") -> Group:
    """Return the tables of models on the held-out weeks; of stars and of differences only where there are some."""
    tables = [_ranking(measured), _segments(measured), _beyond(measured)]
    if any(one.report.stars for one in measured):
        tables.append(_stars(measured))
    if any(one.versus for one in measured):
        tables.append(_differences(measured))
    return Group(*tables)


def placements_table(placements: "Sequence[PlacementFigures]") -> Group:
    """Return the table of the placements' shelves on the held-out weeks."""
    columns = ("placement", "shelves", "as promised", "hits", "NDCG")
    rows = [
        (one.placement, f"{one.questions:,}", f"{one.kept:.0%}", _short(one.hit_rate), _short(one.ndcg))
        for one in placements
    ]
    return show.table("Placement by placement: ten places, by what was known before", columns, rows, right=columns[1:])


def tail_table(costs: "Sequence[TailCost]") -> Group:
    """Return the table of what the rule `long_tail` costs."""
    rows = [tuple(_short(figure) for figure in (one.share, one.exposure, one.ndcg, one.cost)) for one in costs]
    columns = ("long_tail", "share it gets", "NDCG", "cost")
    return show.table("What a share for less popular items costs", columns, rows, right=columns)


def _ranking(measured: "Sequence[Measured]") -> Group:
    report = measured[0].report
    columns = ("model", "items", "recall", "prec", "F1", "NDCG", "MAP", "MRR", "hits")
    rows = []
    for one in measured:
        rows.append((one.model, "all", *_figures(one.report.all, one.report.intervals)))
        if one.report.novel and one.report.novel_intervals:
            rows.append(("", "novel", *_figures(one.report.novel, one.report.novel_intervals)))
    days = f"{format_day(report.cut)} to {format_day(report.end - 1)}"
    title = f"{report.target} by {report.all.shoppers:,} shoppers, {days}: the best {report.k} of all items"
    return show.table(title, columns, rows, right=columns[2:])


def _figures(figures: "Figures", intervals: "Intervals") -> tuple[str, ...]:
    return (
        _ranged(intervals.recall),
        _short(figures.precision),
        _short(figures.f1),
        _ranged(intervals.ndcg),
        _short(figures.map),
        _short(figures.mrr),
        _short(figures.hit_rate),
    )


def _segments(measured: "Sequence[Measured]") -> Group:
    parts = ("new", "returning", "heavy", "cold_items")
    first = measured[0].report.segments
    columns = ("model", *(f"{part.replace('_', ' ')} ({getattr(first, part).shoppers:,})" for part in parts))
    rows = [(one.model, *(_short(getattr(one.report.segments, part).ndcg) for part in parts)) for one in measured]
    return show.table("NDCG by kind of shopper, and for items that were hardly known", columns, rows, right=columns[1:])


def _beyond(measured: "Sequence[Measured]") -> Group:
    columns = ("model", "cover", "bits", "divers", "popul", "tail", "Gini", "seren", "miscal", "fit", "score")
    rows = []
    for one in measured:
        of = one.report.beyond
        shares = (of.diversity, of.popularity, of.long_tail, of.gini, of.serendipity, of.miscalibration)
        bits = "" if of.novelty is None else f"{of.novelty:.1f}"
        times = (_time(one.fit_seconds), _time(one.report.seconds))
        rows.append((one.model, _short(one.report.coverage), bits, *map(_short, shares), *times))
    return show.table("What the lists are like, and what they cost", columns, rows, right=columns[1:])


def _stars(measured: "Sequence[Measured]") -> Group:
    columns = ("model", "RMSE", "MAE", "ratings", "shoppers")
    rows = [
        (one.model, _ranged(stars.rmse), _ranged(stars.mae), f"{stars.ratings:,}", f"{stars.shoppers:,}")
        for one in measured
        if (stars := one.report.stars)
    ]
    return show.table("Errors of predicted stars", columns, rows, right=columns[1:])


def _differences(measured: "Sequence[Measured]") -> Group:
    rows = []
    for one in measured:
        if one.versus:
            rows.append((one.model, "all", *_difference(one.versus.ndcg)))
            if one.versus.novel_ndcg:
                rows.append(("", "novel", *_difference(one.versus.novel_ndcg)))
    columns = ("model", "items", "NDCG", "from", "to", "finding")
    return show.table(f"Against {measured[0].model}, shopper by shopper", columns, rows, right=columns[2:5])


def _difference(comparison: "Comparison") -> tuple[str, ...]:
    change = comparison.difference
    return (*(f"{number:+.4f}" for number in (change.value, change.low, change.high)), comparison.finding.value)


def _ranged(interval: "Interval") -> str:
    """Write a figure with half the width of its interval."""
    return f"{_short(interval.value)} ±{_short((interval.high - interval.low) / 2)}"


def _short(share: float | None) -> str:
    """Write a share without its leading zero, so that a row fits into 80 columns."""
    return "" if share is None else f"{share:.3f}".removeprefix("0")


def _time(seconds: float) -> str:
    return f"{seconds:.1f}s" if seconds < 100 else f"{seconds:.0f}s"
