from pathlib import Path

import msgspec
import pytest

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write


def ga4(**event: object) -> str:
    """Return a line of a GA4 export."""
    common = {"event_timestamp": "1600000000000000", "user_pseudo_id": "p.1"}
    return msgspec.json.encode(common | event).decode()


def test_ga4_gives_one_event_for_each_item(tmp_path: Path) -> None:
    parameters = [
        {"key": "ga_session_id", "value": {"string_value": None, "int_value": "77"}},
        {"key": "currency", "value": {"string_value": "EUR"}},
    ]
    items = [
        {"item_id": "a", "item_name": "A", "item_category": "X", "item_category2": "Y", "price": 1.5, "quantity": "2"},
        {"item_id": "b", "item_name": "(not set)", "price": None},
    ]
    line = ga4(
        event_name="purchase",
        event_params=parameters,
        items=items,
        user_id="u",
        ecommerce={"transaction_id": "t"},
    )
    outcome = ingest(write(tmp_path / "a.jsonl", line), Plan(format="ga4"))
    columns = ("event", "user_id", "session_id", "item_id", "quantity", "price", "currency", "transaction_id")
    assert outcome.events.select(columns).rows() == [
        ("purchase", "u", "p.1.77", "a", 2, 1_500_000, "EUR", "t"),
        ("purchase", "u", "p.1.77", "b", None, None, "EUR", "t"),
    ]
    assert outcome.events["event_id"].n_unique() == 2
    assert outcome.accepted["items"].select("item_id", "title", "category").rows() == [
        ("a", "A", "X > Y"),
        ("b", None, None),
    ]


def test_ga4_skips_what_is_no_event_of_a_shop(tmp_path: Path) -> None:
    lines = [ga4(event_name="page_view"), ga4(event_name="click"), ga4(event_name="view_search_results")]
    outcome = ingest(write(tmp_path / "a.jsonl", *lines), Plan(format="ga4"))
    assert (outcome.read, outcome.events["event"].to_list()) == (1, ["search"])


@pytest.mark.parametrize("items", ["x", [1], {"item_id": "a"}])
def test_ga4_lines_of_another_shape_are_rejected(tmp_path: Path, items: object) -> None:
    line = ga4(event_name="view_item", items=items)
    outcome = ingest(write(tmp_path / "a.jsonl", line, ga4(event_name="view_item", items=[])), Plan(format="ga4"))
    assert outcome.lines == [1, 2]
    assert outcome.reasons[0].startswith("is not shaped like an event of this format")
    assert outcome.reasons[1] == "item_id is missing; view_item needs one"
