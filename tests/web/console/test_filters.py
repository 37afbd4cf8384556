"""Filters: what an address means, and the addresses of other views."""

import pytest
from starlette.requests import Request

from aisle.app.serve import Live
from aisle.shop.errors import InputError
from aisle.shop.moments import DAY, to_moment
from aisle.web.console.parts.filters import ALL_TIME, BRAND, CATEGORY, PERIOD, PLACEMENT, Span, View

FIRST = 20_000 * DAY + 7
END = 20_100 * DAY + 9


def view(live: Live, query: str = "") -> View:
    scope = {"type": "http", "method": "GET", "path": "/console/x", "query_string": query.encode(), "headers": []}
    return View(live, Request(scope), (PERIOD, CATEGORY, BRAND, PLACEMENT))


@pytest.mark.parametrize(
    ("query", "since", "until"),
    [
        ("", 20_073, 20_101),
        ("period=7", 20_094, 20_101),
        ("period=all", 20_000, 20_101),
        ("from=2024-10-05&to=2024-10-06", 20_001, 20_003),
        ("from=2024-10-05", 20_001, 20_101),
        ("to=2024-10-05", 20_000, 20_002),
        ("period=7&from=2024-10-05&to=2024-10-05", 20_001, 20_002),
    ],
)
def test_a_period_is_whole_days_of_the_data(live: Live, query: str, since: int, until: int) -> None:
    assert view(live, query).span(PERIOD, FIRST, END) == (since * DAY, until * DAY)


def test_without_a_choice_another_page_shows_all_days(live: Live) -> None:
    assert view(live).span(ALL_TIME, FIRST, END) == (20_000 * DAY, 20_101 * DAY)


@pytest.mark.parametrize(("days", "moved"), [(1, 7), (7, 7), (8, 14), (28, 28), (90, 91)])
def test_the_period_before_has_the_same_weekdays(days: int, moved: int) -> None:
    span = Span(20_000 * DAY, (20_000 + days) * DAY)
    assert span.before == ((20_000 - moved) * DAY, (20_000 - moved + days) * DAY)
    assert span.before.days == span.days == days


def test_a_span_says_its_days() -> None:
    assert str(Span(20_000 * DAY, 20_002 * DAY)) == "2024-10-04 to 2024-10-05"


def test_filters_stack_and_each_chip_takes_one_away(live: Live) -> None:
    seen = view(live, "category=Tea+%26+co&brand=b&from=2024-10-05&compare=1&page=3")
    assert [chip.text for chip in seen.chips] == [
        "From 2024-10-05", "Category: Tea & co", "Brand: b", "Compared with the period before",
    ]  # fmt: skip
    assert seen.chips[1].address == "/console/x?brand=b&from=2024-10-05&compare=1"
    assert seen.chips[0].address == "/console/x?category=Tea+%26+co&brand=b&compare=1"
    assert seen.address(brand="a/b?") == "/console/x?category=Tea+%26+co&brand=a%2Fb%3F&from=2024-10-05&compare=1"
    assert (seen[CATEGORY], seen[PLACEMENT], seen.is_compared) == ("Tea & co", None, True)


def test_the_page_of_a_list_is_no_filter_and_does_not_stay(live: Live) -> None:
    assert view(live, "page=3&category=Tea").address(page=4) == "/console/x?category=Tea&page=4"
    assert view(live, "page=3").address(sort="name") == "/console/x?sort=name"


def test_what_filters_offer_comes_from_the_shop(live: Live) -> None:
    seen = view(live)
    assert [option.value for option in seen.options(CATEGORY)] == ["Tea", "Tools"]
    assert "recommended-for-you" in [option.value for option in seen.options(PLACEMENT)]


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("period=8", "not one of 7, 28, 90, all"),
        ("from=yesterday", "write it as"),
        ("from=2024-10-06&to=2024-10-05", "exchange the two"),
        ("placement=cellar", "there is no placement 'cellar'"),
    ],
)
def test_a_filter_refuses_what_it_does_not_know(live: Live, query: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        view(live, query)


def test_the_moments_are_those_of_the_days() -> None:
    from datetime import UTC, datetime

    assert to_moment(datetime(2024, 10, 5, tzinfo=UTC)) == 20_001 * DAY
