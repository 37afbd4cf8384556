"""Cards and tables."""

import urllib.parse

import polars as pl
import pytest
from starlette.requests import Request

from aisle.app.serve import Live
from aisle.web.console.parts.card import Card
from aisle.web.console.parts.filters import CATEGORY, View
from aisle.web.console.parts.table import Table


@pytest.mark.parametrize(
    ("now", "before", "more_is_better", "change", "tone", "arrow"),
    [
        (12.0, 10.0, True, 0.2, "better", "↑"),
        (12.0, 10.0, False, 0.2, "worse", "↑"),
        (8.0, 10.0, True, -0.2, "worse", "↓"),
        (10.0, 10.0, True, 0.0, "same", "→"),
        (10.0, 0.0, True, None, "same", "→"),
        (10.0, None, True, None, "same", "→"),
    ],
)
def test_a_card_says_how_its_figure_changed(
    now: float, before: float | None, more_is_better: bool, change: float | None, tone: str, arrow: str
) -> None:
    card = Card("Orders", "12", now=now, before=before, more_is_better=more_is_better)
    assert card.change == (None if change is None else pytest.approx(change))
    assert (card.tone, card.arrow) == (tone, arrow)


def test_a_table_writes_its_cells_and_links_those_that_filter(live: Live) -> None:
    scope = {"type": "http", "method": "GET", "path": "/p", "query_string": b"brand=b", "headers": []}
    frame = pl.DataFrame({"category": ["Tea", None], "orders": [1234, 5], "click_rate": [0.125, float("nan")]})
    table = Table("Categories", frame, {"click_rate": "{:.1%}"}, {"category": CATEGORY})
    assert table.heads == [("category", False), ("orders", True), ("click rate", True)]
    rows = table.rows(View(live, Request(scope), (CATEGORY,)))
    assert rows[0] == [("Tea", "/p?brand=b&category=Tea"), ("1,234", None), ("12.5%", None)]
    assert [cell.text for cell in rows[1]] == ["–", "5", "–"]
    assert rows[1][0].address is None
    assert table.rows()[0][0].address is None


def test_no_cell_of_the_csv_is_a_formula() -> None:
    table = Table("T", pl.DataFrame({"name": ["=1+1"], "n": [-1]}))
    assert urllib.parse.unquote(table.csv_address).endswith("name,n\r\n'=1+1,-1\r\n")
