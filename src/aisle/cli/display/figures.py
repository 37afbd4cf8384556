"""How figures of models look in a terminal: small tables of at most 80 columns."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import astuple
from rich.console import Group
from rich.text import Text

from aisle.app.training.figures import Measurements
from aisle.cli.display.terminal import table
from aisle.recommenders.second_stage.item_state import ENOUGH

LEGEND: Final = {
    "recall": "share of what shoppers took that was on their list",
    "prec": "share of the list that they took",
    "NDCG": "like recall, the first places count more",
    "MAP": "mean precision at each item they took",
    "MRR": "1 / place of the first item they took",
    "hits": "share of shoppers with at least one",
    "cover": "share of items on any list",
    "bits": "how unknown the items are",
    "divers": "how unlike each other, to 1",
    "popul": "1 bestseller, .5 middle of the catalogue",
    "tail": "share of places with rarities",
    "Gini": "0 all shown equally, 1 always the same",
    "seren": "share of places with a hit that is no bestseller",
    "miscal": "how far a list's categories are from the shopper's, 0 in proportion",
}
"""What the columns of the tables mean; docs/figures.md says more."""

PLACEMENTS_LEGEND: Final = {
    "shelves": "how many were filled for shoppers of these weeks",
    "as promised": "share that the placement's own strategy filled, not a fallback",
    "of items": "share of the shop's items for which it finds something",
    "hits": "share of shelves with an item that the shopper took",
    "NDCG": "share of what could be hit that was, the first places count more",
}

SHARES_LEGEND: Final = {
    "seen_share, repeat_share": "at most this share of a shelf was seen, or bought, before",
    "NDCG without": "with neither rule",
    "cost": "the share of NDCG that the rules cost, most likely between the next two",
}

TAIL_LEGEND: Final = {
    "long_tail": "the share of places that the rule asks for",
    "share it gets": "the share that less popular items have then",
    "cost": "the NDCG that this costs",
}

RELIABILITY_LEGEND: Final = {
    "stated, observed": "the mean chance, and the share of items that were taken",
    "ratio": "observed / stated, with the range it would have with other such shoppers",
}

if TYPE_CHECKING:
    from aisle.app.training.calibrating import Reliability
    from aisle.app.training.measuring import Measured
    from aisle.app.training.placement_report import PlacementFigures, ShareCost
    from aisle.engine.shelf.long_tail import TailCost
    from aisle.evaluation.bootstrap import Interval
    from aisle.evaluation.compare import Comparison
    from aisle.evaluation.evaluate import Figures, Intervals


def measured_tables(models: "Sequence[Measured]") -> Group:
    """Return the tables of models on the held-out weeks; of stars and of differences only where there are any."""
    tables = [_ranking(models), _segments(models), _beyond(models)]
    if any(model.report.stars for model in models):
        tables.append(_stars(models))
    if any(model.versus for model in models):
        tables.append(_differences(models))
    shoppers = models[0].report.all.shoppers
    notes = [] if shoppers >= ENOUGH else [f"Only {shoppers} shoppers: too few to tell one model from another."]
    return Group(*tables, *(Text(note, style="dim") for note in notes), _explained(LEGEND))


def _explained(legend: Mapping[str, str]) -> Text:
    """Return what the columns of a table mean, to stand under it."""
    return Text("; ".join(f"{column}: {meaning}" for column, meaning in legend.items()), style="dim")


def placements_table(placements: "Sequence[PlacementFigures]") -> Group:
    """Return the table of the placements' shelves on the held-out weeks."""
    columns = ("placement", "shelves", "as promised", "of items", "hits", "NDCG")
    rows = [
        (
            figures.placement,
            f"{figures.questions:,}",
            f"{figures.kept:.0%}",
            "" if figures.items is None else f"{figures.items:.0%}",
            _short(figures.hit_rate),
            _short(figures.ndcg),
        )
        for figures in placements
    ]
    title = "Shelves of ten items on each placement, in the held-out weeks"
    return Group(table(title, columns, rows, right=columns[1:]), _explained(PLACEMENTS_LEGEND))


def reliability_table(reliability: "Reliability") -> Group:
    """Return the table of stated chances and of what was observed."""
    rows = [
        (f"{number}", f"{one.stated:.2%}", f"{one.observed:.2%}", *(f"{figure:.2f}" for figure in astuple(one.ratio)))
        for number, one in enumerate(reliability.bins, 1)
    ]
    better = reliability.better
    title = f"Chances within {reliability.days:.0f} days, by tenths of the lists of {reliability.shoppers:,} shoppers"
    note = (
        f"Brier score {reliability.brier:.5f}, smaller than that of one constant by {better.value:.5f} "
        f"({better.low:.5f} to {better.high:.5f})."
    )
    columns = ("tenth", "stated", "observed", "ratio", "from", "to")
    return Group(table(title, columns, rows, right=columns), Text(note, style="dim"), _explained(RELIABILITY_LEGEND))


def shares_table(costs: "Sequence[ShareCost]") -> Group:
    """Return the table of what the rules `seen_share` and `repeat_share` cost."""
    columns = ("placement", "seen_share", "repeat_share", "NDCG without", "NDCG", "cost", "from", "to")
    rows = [
        (
            cost.placement,
            *map(_short, (cost.seen_share, cost.repeat_share, cost.without, cost.ndcg)),
            f"{cost.cost.value:.1%}",
            f"{cost.cost.low:.1%}",
            f"{cost.cost.high:.1%}",
        )
        for cost in costs
    ]
    costs_table = table("What it costs to show shoppers less of what they know", columns, rows, right=columns[1:])
    return Group(costs_table, _explained(SHARES_LEGEND))


def tail_table(costs: "Sequence[TailCost]") -> Group:
    """Return the table of what the rule `long_tail` costs."""
    rows = [tuple(map(_short, (cost.share, cost.exposure, cost.ndcg, cost.cost))) for cost in costs]
    columns = ("long_tail", "share it gets", "NDCG", "cost")
    costs_table = table("What a share for less popular items costs", columns, rows, right=columns)
    return Group(costs_table, _explained(TAIL_LEGEND))


def _ranking(models: "Sequence[Measured]") -> Group:
    columns = ("model", "items", "recall", "prec", "F1", "NDCG", "MAP", "MRR", "hits")
    rows = []
    for model in models:
        rows.append((model.model, "all", *_figures(model.report.all, model.report.intervals)))
        if model.report.novel and model.report.novel_intervals:
            rows.append(("", "novel", *_figures(model.report.novel, model.report.novel_intervals)))
    return table(Measurements(models).title(), columns, rows, right=columns[2:])


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


def _segments(models: "Sequence[Measured]") -> Group:
    names = ("new", "returning", "heavy", "cold_items")
    first = models[0].report.segments
    columns = ("model", *(f"{name.replace('_', ' ')} ({getattr(first, name).shoppers:,})" for name in names))
    rows = [(model.model, *(_short(getattr(model.report.segments, name).ndcg) for name in names)) for model in models]
    return table("NDCG by kind of shopper, and for items with few events", columns, rows, right=columns[1:])


def _beyond(models: "Sequence[Measured]") -> Group:
    columns = ("model", "cover", "bits", "divers", "popul", "tail", "Gini", "seren", "miscal", "fit", "score")
    rows = []
    for model in models:
        beyond = model.report.beyond
        shares = (
            beyond.diversity,
            beyond.popularity,
            beyond.long_tail,
            beyond.gini,
            beyond.serendipity,
            beyond.miscalibration,
        )
        bits = "" if beyond.novelty is None else f"{beyond.novelty:.1f}"
        times = (_time(model.fit_seconds), _time(model.report.seconds))
        rows.append((model.model, _short(model.report.coverage), bits, *map(_short, shares), *times))
    return table("What the lists are like, and the time they take", columns, rows, right=columns[1:])


def _stars(models: "Sequence[Measured]") -> Group:
    columns = ("model", "RMSE", "MAE", "ratings", "shoppers")
    rows = [
        (model.model, _ranged(stars.rmse), _ranged(stars.mae), f"{stars.ratings:,}", f"{stars.shoppers:,}")
        for model in models
        if (stars := model.report.stars)
    ]
    return table("Errors of predicted stars", columns, rows, right=columns[1:])


def _differences(models: "Sequence[Measured]") -> Group:
    rows = []
    for model in models:
        if model.versus:
            rows.append((model.model, "all", *_difference(model.versus.ndcg)))
            if model.versus.novel_ndcg:
                rows.append(("", "novel", *_difference(model.versus.novel_ndcg)))
    columns = ("model", "items", "NDCG", "from", "to", "finding")
    return table(f"Against {models[0].model}, shopper by shopper", columns, rows, right=columns[2:5])


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
