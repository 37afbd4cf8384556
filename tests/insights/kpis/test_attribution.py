import polars as pl
import pytest

from aisle.insights.kpis.attribution import SKEW, WINDOW, Doubt, attribute
from aisle.shop.moments import DAY, MINUTE
from tests.insights.kpis.shelves import NOON, event, events, shelf, shelves


def owed(served: pl.DataFrame, *done: dict[str, object]) -> dict[tuple[str, str | None], str | None]:
    """Return for each event and item the shelf that it is owed to, or else the doubt."""
    rows = attribute(served, events(*done)).iter_rows(named=True)
    return {(row["event_id"], row["item_id"]): row["owed"] or row["doubt"] for row in rows}


HOME = shelf("home", "mug", "pot", "cup")


def test_what_names_a_shelf_and_an_item_on_it_is_owed_to_it() -> None:
    done = [
        event("1", "view_item_list", "mug", NOON + 1, "home"),
        event("2", "select_item", "mug", NOON + 2, "home"),
        event("3", "purchase", "mug", NOON + 9 * DAY, "home"),
    ]
    assert set(owed(shelves(HOME), *done).values()) == {"home"}


def test_a_look_at_a_whole_shelf_is_one_at_each_of_its_items() -> None:
    seen = owed(shelves(HOME), event("1", "view_item_list", None, NOON, "home"))
    assert seen == {("1", "mug"): "home", ("1", "pot"): "home", ("1", "cup"): "home"}


def test_an_order_without_a_shelf_is_owed_to_the_last_click_of_the_same_item_within_the_window() -> None:
    done = [
        event("1", "select_item", "mug", NOON, "home"),
        event("2", "select_item", "mug", NOON + 10, "later"),
        event("in", "purchase", "mug", NOON + 10 + WINDOW),
        event("late", "purchase", "mug", NOON + 11 + WINDOW),
        event("else", "purchase", "pot", NOON + 20),
        event("early", "purchase", "mug", NOON - 1),
        event("other", "purchase", "mug", NOON + 20, user="bert"),
    ]
    found = owed(shelves(HOME, shelf("later", "mug")), *done)
    assert {name: found[name, item] for name, item in found if name.isalpha()} == {
        "in": "later",
        "late": None,
        "else": None,
        "early": None,
        "other": None,
    }


def test_a_session_that_logs_in_keeps_its_clicks() -> None:
    done = [
        event("1", "select_item", "mug", NOON, "home", user=None, session_id="s"),
        event("2", "add_to_cart", "mug", NOON + 1, user="anna", session_id="s"),
        event("3", "purchase", "mug", NOON + 2, user="anna", session_id="other"),
    ]
    assert owed(shelves(HOME), *done)["3", "mug"] == "home"


def test_a_return_is_owed_to_the_shelf_of_its_order() -> None:
    done = [
        event("1", "purchase", "mug", NOON, "home", transaction_id="A"),
        event("2", "purchase", "mug", NOON + 1, transaction_id="B"),
        event("by number", "refund", "mug", NOON + 40 * DAY, transaction_id="A", user=None),
        event("of another", "refund", "mug", NOON + 40 * DAY, transaction_id="B"),
        event("last order", "refund", "mug", NOON + 40 * DAY),
        event("before it", "refund", "mug", NOON - 1),
    ]
    found = owed(shelves(HOME), *done)
    names = ("by number", "of another", "last order", "before it")
    assert [found[name, "mug"] for name in names] == ["home", None, None, None]


@pytest.mark.parametrize(
    ("done", "doubt"),
    [
        (event("x", "select_item", "mug", NOON, "invented"), Doubt.UNKNOWN_SHELF),
        (event("x", "view_item_list", None, NOON, "invented"), Doubt.UNKNOWN_SHELF),
        (event("x", "select_item", "fork", NOON, "home"), Doubt.NOT_ON_SHELF),
        (event("x", "select_item", "mug", NOON - SKEW - 1, "home"), Doubt.BEFORE_SHELF),
        (event("x", "purchase", "pot", NOON + MINUTE, "home"), Doubt.BEFORE_CLICK),
    ],
)
def test_what_does_not_fit_is_owed_to_none(done: dict[str, object], doubt: Doubt) -> None:
    click = event("click", "select_item", "pot", NOON + 2 * MINUTE + SKEW, "home")
    found = attribute(shelves(HOME), events(click, done)).filter(event_id="x")
    assert found["doubt"].to_list() == [doubt.value]
    assert found["owed"].to_list() == [None]


def test_a_clock_that_is_a_little_behind_is_no_doubt() -> None:
    assert owed(shelves(HOME), event("1", "select_item", "mug", NOON - SKEW, "home"))["1", "mug"] == "home"


def test_the_same_look_twice_counts_once_and_is_told() -> None:
    looks = [event(name, "view_item_list", "mug", NOON + 1, "home") for name in ("1", "2", "3")]
    assert sorted(map(str, owed(shelves(HOME), *looks).values())) == ["home", "repeated", "repeated"]


def test_an_empty_log_has_nothing_to_owe() -> None:
    assert owed(shelves()) == {}
    assert owed(shelves(HOME)) == {}
