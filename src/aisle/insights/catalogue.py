"""Findings about the catalogue: what it lacks, and where it does not fit the events."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import polars as pl

from aisle.insights.finding import Finding, Severity, graded
from aisle.insights.tally import COUNT, Tally
from aisle.insights.values import odd_catalogue_prices
from aisle.shop.columns import CATEGORY, CURRENCY, IMAGE_URL, ITEM_GROUP_ID, ITEM_ID, PRICE, TITLE


class Wanted(NamedTuple):
    """A column that items should have: what it costs without, and from which share of items on that is serious."""

    article: str
    shares: tuple[float, ...]
    advice: str


WANTED: Final = {
    TITLE: Wanted("a title", (0.01, 0.5), "Shelves show ids instead, and nothing can be learnt from words."),
    IMAGE_URL: Wanted("an image", (0.05,), "Shelves show words alone, which few click."),
    PRICE: Wanted("a price", (0.01, 0.5), "Price filters leave these items out, and shelves show no price."),
    CATEGORY: Wanted("a category", (0.05,), "Category rules and variety cannot work for them."),
}
"""The columns whose coverage is measured."""

COLUMNS: Final = (ITEM_ID, ITEM_GROUP_ID, CURRENCY, *WANTED)
"""The columns of items that are read."""


def catalogue_findings(tally: Tally, catalogue: pl.DataFrame, reviewed: pl.DataFrame) -> Iterator[Finding]:
    """Yield the findings about a catalogue; `reviewed` has the `item_id` and `count` of reviews."""
    if catalogue.is_empty():
        yield Finding(
            name="no_catalogue",
            severity=Severity.WARNING,
            what="Items of events of which nothing is known: the catalogue is empty",
            count=tally.items.height,
            of=tally.items.height,
            advice="aisle import catalogue.csv --as items brings titles, prices, images and categories.",
        )
        return
    yield from _unknown_items(tally.items, catalogue, "events", "Events")
    yield from _unknown_items(reviewed, catalogue, "reviews", "Reviews")
    yield from _idle_items(tally, catalogue)
    yield from _uncovered(catalogue)
    yield from _same_titles(catalogue)
    yield from odd_catalogue_prices(catalogue)


def coverage(catalogue: pl.DataFrame) -> dict[str, float]:
    """Return the share of items that have each of the columns `WANTED`."""
    if catalogue.is_empty():
        return {}
    return {name: 1 - catalogue[name].null_count() / catalogue.height for name in WANTED}


def _unknown_items(counts: pl.DataFrame, catalogue: pl.DataFrame, kind: str, what: str) -> Iterator[Finding]:
    if counts.is_empty():
        return
    unknown = counts.join(catalogue, on=ITEM_ID, how="anti").sort(COUNT, ITEM_ID, descending=[True, False])
    if unknown.is_empty():
        return
    of, count = int(counts[COUNT].sum()), int(unknown[COUNT].sum())
    yield Finding(
        name=f"unknown_items_of_{kind}",
        severity=graded(count / of, 0.01, 0.2),
        what=f"{what} of {unknown.height:,} items that are not in the catalogue",
        count=count,
        of=of,
        example=f"{unknown[ITEM_ID][0]}: {unknown[COUNT][0]:,} {kind}",
        advice="Import the rest of the catalogue, or look whether events and catalogue spell ids alike.",
    )


def _idle_items(tally: Tally, catalogue: pl.DataFrame) -> Iterator[Finding]:
    known = tally.items if len(tally.items) else pl.DataFrame(schema={ITEM_ID: pl.String})
    idle = catalogue.join(known, on=ITEM_ID, how="anti").sort(ITEM_ID)
    if idle.is_empty():
        return
    yield Finding(
        name="idle_items",
        severity=graded(idle.height / catalogue.height, 0.5),
        what="Items of the catalogue without a single event",
        count=idle.height,
        of=catalogue.height,
        example=_titled(idle.row(0, named=True)),
        advice="New or unseen items: nothing but their words, category and price can recommend them. Hide what is no "
        "longer sold.",
    )


def _uncovered(catalogue: pl.DataFrame) -> Iterator[Finding]:
    for name, wanted in WANTED.items():
        lacking = catalogue.filter(pl.col(name).is_null()).sort(ITEM_ID)
        if lacking.height:
            yield Finding(
                name=f"without_{name}",
                severity=graded(lacking.height / catalogue.height, *wanted.shares),
                what=f"Items without {wanted.article}",
                count=lacking.height,
                of=catalogue.height,
                example=_titled(lacking.row(0, named=True)),
                advice=wanted.advice,
            )


def _same_titles(catalogue: pl.DataFrame) -> Iterator[Finding]:
    """Search titles of several items that are not variants of one product."""
    products = catalogue.filter(pl.col(TITLE).is_not_null()).with_columns(
        pl.coalesce(ITEM_GROUP_ID, ITEM_ID).alias("product")
    )
    same = products.group_by(TITLE).agg(
        pl.col("product").n_unique(), pl.col(ITEM_ID).sort().head(3), pl.len().alias("items")
    )
    same = same.filter(pl.col("product") > 1).sort("items", TITLE, descending=[True, False])
    if same.is_empty():
        return
    title, _, ids, items = same.row(0)
    yield Finding(
        name="same_titles",
        severity=Severity.INFO,
        what="Items that share their title with another product",
        count=int(same["items"].sum()),
        of=catalogue.height,
        example=f"{title}: {', '.join(ids)}" + (" …" if items > len(ids) else ""),
        advice="If they are variants, give them one item_group_id, so that a shelf shows one of them.",
    )


def _titled(item: dict[str, object]) -> str:
    return f"{item[ITEM_ID]} ({item[TITLE]})" if item[TITLE] else str(item[ITEM_ID])
