"""Findings about the catalogue."""

import polars as pl
import pytest

from aisle.insights.finding import Severity
from tests.insights.logs import START, event, findings, healthy, item, tally


def test_an_empty_catalogue_is_one_finding() -> None:
    names = findings(tally(*healthy()))

    assert list(names) == ["no_catalogue"]


@pytest.mark.parametrize(
    ("column", "severity"),
    [
        ("title", Severity.SERIOUS),
        ("image_url", Severity.WARNING),
        ("price", Severity.SERIOUS),
        ("category", Severity.WARNING),
    ],
)
def test_what_items_lack_is_found(column: str, severity: Severity) -> None:
    finding = findings(tally(*healthy()), item("mug", **{column: None}))[f"without_{column}"]

    assert (finding.count, finding.of, finding.severity) == (1, 1, severity)


def test_items_without_events_are_idle() -> None:
    finding = findings(tally(*healthy()), item("mug"), item("cup"))["idle_items"]

    assert (finding.count, finding.of, finding.example) == (1, 2, "cup (The cup)")


def test_reviews_of_unknown_items_are_found() -> None:
    reviewed = pl.DataFrame({"item_id": ["mug", "ghost"], "count": [9, 3]})
    finding = findings(tally(*healthy()), item("mug"), reviewed=reviewed)["unknown_items_of_reviews"]

    assert (finding.count, finding.of, finding.example) == (3, 12, "ghost: 3 reviews")


def test_items_of_one_title_are_found_but_not_variants_of_one_product() -> None:
    events = tally(*healthy(), *(event(START, "user-1", name, "view_item") for name in ("a", "b", "c", "d")))
    twins = [item("a", title="Cup"), item("b", title="Cup")]
    variants = [item("c", title="Pot", item_group_id="pot"), item("d", title="Pot", item_group_id="pot")]
    finding = findings(events, item("mug"), *twins, *variants)["same_titles"]

    assert (finding.count, finding.example) == (2, "Cup: a, b")


def test_an_item_that_costs_far_more_than_the_others_is_found() -> None:
    items = [item("mug"), *(item(f"i{n}", price=(n + 1) * 1_000_000) for n in range(9)), item("fee", price=10**15)]
    finding = findings(tally(*healthy()), *items)["odd_catalogue_prices"]

    assert (finding.count, finding.example) == (1, "fee for £1,000,000,000.00")
