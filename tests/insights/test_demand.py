from aisle.insights.demand import funnel_by_category, funnel_by_week, seasons, weekday_hours
from aisle.insights.insight import UNKNOWN
from tests.insights.shops import buy, event, item, shop

CATALOGUE = (item("mug", category="Kitchen > Cups"), item("saw", category="Tools"))

# Monday 2026-01-05 and the week after: four views of the mug, two carts, one purchase; one view of the saw.
BROWSING = (
    *(event("view_item", "2026-01-05", f"u{number}") for number in range(3)),
    event("view_item", "2026-01-12"),
    event("view_item", "2026-01-12", item="saw"),
    event("add_to_cart", "2026-01-05"),
    event("add_to_cart", "2026-01-12"),
    buy("2026-01-12"),
)


def test_the_funnel_of_each_category() -> None:
    insight = funnel_by_category(shop(*BROWSING, items=CATALOGUE))

    assert insight.frame.rows() == [("Kitchen", 4, 2, 1, 0.5, 0.25), ("Tools", 1, 0, 0, 0.0, 0.0)]
    assert insight.sentence.startswith("20 % as many purchases as views;")
    assert "Kitchen does best with 25 %" in insight.sentence


def test_the_funnel_of_each_week() -> None:
    insight = funnel_by_week(shop(*BROWSING))

    assert [row[1:4] for row in insight.frame.rows()] == [(3, 1, 0), (2, 1, 1)]
    assert [str(day) for day in insight.frame["week"]] == ["2026-01-05", "2026-01-12"]
    assert "5 views led to 2 carts (40 %) and 1 purchases (20 %) in 2 weeks" in insight.sentence


def test_weeks_that_are_not_whole_are_left_out_of_the_funnel_where_two_are() -> None:
    ends = (event("view_item", "2026-01-03"), event("view_item", "2026-01-19"))
    sunday = event("view_item", "2026-01-18")
    insight = funnel_by_week(shop(*BROWSING, sunday, *ends))

    assert [str(day) for day in insight.frame["week"]] == ["2026-01-05", "2026-01-12"]
    assert insight.sentence.startswith("6 views led")
    assert insight.sentence.endswith("in 2 weeks.")


def test_without_views_the_funnel_says_what_to_send() -> None:
    for funnel in (funnel_by_week, funnel_by_category):
        assert (funnel(shop(buy("2026-01-05"))).is_empty, "send view_item" in funnel(shop()).sentence) == (True, True)


def test_an_item_that_no_catalogue_knows_is_in_no_category() -> None:
    assert funnel_by_category(shop(*BROWSING)).frame["category"].to_list() == [UNKNOWN]


def test_a_million_categories_are_a_few_and_the_others() -> None:
    views = [event("view_item", "2026-01-05", item=f"i{number}") for number in range(40)]
    items = tuple(item(f"i{number}", category=f"c{number:02d}") for number in range(40))

    frame = funnel_by_category(shop(*views, items=items)).frame

    assert frame.height == 16
    assert frame.row(15)[:2] == ("others (25)", 25)


def test_every_hour_of_the_week_has_its_cell() -> None:
    insight = weekday_hours(shop(buy("2026-01-05", hour=9), buy("2026-01-12", hour=9), buy("2026-01-10", hour=20)))

    cells = {(day, hour): count for day, hour, count in insight.frame.rows() if count}
    assert (insight.frame.height, cells) == (168, {("Monday", 9): 2, ("Saturday", 20): 1})
    assert "on Monday at 9:00 UTC (67 % of all); Saturday and Sunday bring 33 %" in insight.sentence


def test_months_are_compared_by_their_days() -> None:
    # 62 purchases in the 31 days of January, 28 in the 28 of February.
    january = [buy(f"2026-01-{day:02d}", hour=hour) for day in range(1, 32) for hour in (9, 10)]
    february = [buy(f"2026-02-{day:02d}") for day in range(1, 29)]

    insight = seasons(shop(*january, *february))

    assert insight.frame.rows() == [(2026, "Jan", 2.0), (2026, "Feb", 1.0)]
    assert "Jan 2026 was busiest with 2 purchases a day, Feb 2026 quietest with 1" in insight.sentence


def test_one_day_has_no_seasons() -> None:
    assert "too few to compare months" in seasons(shop(buy("2026-01-05"))).sentence


def test_events_from_the_future_do_not_count() -> None:
    log = shop(buy("2026-01-05"), buy("2026-01-06"), buy("2026-02-20"), now="2026-01-07")

    assert (log.left_out, log.orders.height) == (1, 2)
