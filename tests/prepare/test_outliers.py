"""Robust scores with known answers, and machines among shoppers."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.prepare.outliers import TO_SIGMA, Sign, activity, find_bots, robust_scores, typical, without_bots
from aisle.shop.moments import DAY, HOUR, MINUTE, SECOND

START = 20_000 * DAY + 12 * HOUR + 7


def events(user: str | None, moments: list[int], kind: str = "view_item", session: str | None = None) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "event": [kind] * len(moments),
            "user_id": pl.Series([user] * len(moments), dtype=pl.String),
            "session_id": pl.Series([session] * len(moments), dtype=pl.String),
            "timestamp": moments,
        }
    )


def shopper(number: int, acts: int = 8) -> pl.DataFrame:
    """Somebody whose pauses are those of people: between seconds and many minutes."""
    rng = np.random.default_rng(number)
    pauses = rng.lognormal(np.log(40), 1, acts) * SECOND
    return events(f"user-{number}", [int(moment) for moment in START + number * HOUR + np.cumsum(pauses)])


PEOPLE = pl.concat([shopper(number) for number in range(50)])


def signs(*frames: pl.DataFrame) -> dict[str | None, str]:
    bots = find_bots(activity(pl.concat(frames)))
    return {row["user_id"] or row["anonymous"]: row["sign"] for row in bots.rows(named=True)}


def test_scores_are_distances_from_the_median_in_mads() -> None:
    scores = robust_scores(np.array([1.0, 2.0, 3.0, 4.0, 100.0]), 0.1)

    np.testing.assert_allclose(scores, np.array([-2, -1, 0, 1, 97]) / TO_SIGMA)


def test_the_spread_has_a_floor_where_most_values_are_equal() -> None:
    np.testing.assert_allclose(robust_scores(np.array([5.0, 5.0, 5.0, 5.0, 7.0]), 0.5), [0, 0, 0, 0, 4])


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(1, 5)), min_size=1, max_size=20))
def test_counts_stand_for_repeated_values(pairs: list[tuple[int, int]]) -> None:
    values, counts = (np.array(column) for column in zip(*pairs, strict=True))

    assert typical(values, 0.1, counts) == typical(np.repeat(values, counts), 0.1)


def test_an_outlier_does_not_hide_itself() -> None:
    values = np.append(np.linspace(-1, 1, 101), 1e9)

    assert robust_scores(values, 0.1)[-1] > 1e8


def test_people_are_no_machines() -> None:
    assert signs(PEOPLE) == {}


def test_an_act_every_half_second_is_too_fast() -> None:
    bot = events("bot", [START + place * SECOND // 2 for place in range(80)])

    assert signs(PEOPLE, bot) == {"bot": Sign.FAST}


def test_equal_pauses_are_too_regular() -> None:
    bot = events("bot", [START + place * 45 * SECOND + place % 3 for place in range(60)])

    assert signs(PEOPLE, bot) == {"bot": Sign.REGULAR}


def test_a_clock_of_minutes_makes_nobody_regular() -> None:
    clocked = PEOPLE.with_columns(pl.col("timestamp") // MINUTE * MINUTE)
    reader = events("reader", [START // MINUTE * MINUTE + place * MINUTE for place in range(60)])

    assert signs(clocked, reader) == {}


def test_thousands_of_views_a_day_are_too_many() -> None:
    rng = np.random.default_rng(1)
    crawler = events("bot", sorted(int(moment) for moment in START // DAY * DAY + rng.integers(0, DAY, 3000)))

    assert signs(PEOPLE, crawler) == {"bot": Sign.MANY}


def test_who_buys_is_no_machine_for_their_number_alone() -> None:
    rng = np.random.default_rng(1)
    wholesaler = events(
        "shop", sorted(int(moment) for moment in START // DAY * DAY + rng.integers(0, DAY, 3000)), "purchase"
    )

    assert signs(PEOPLE, wholesaler) == {}


def test_an_order_of_many_lines_is_one_act() -> None:
    order = events("shop", [START] * 5000, "purchase")

    assert activity(order).select("events", "acts", "busiest_day").row(0) == (5000, 1, 1)


def test_an_anonymous_machine_is_known_by_its_session() -> None:
    bot = events(None, [START + place * SECOND // 2 for place in range(80)], session="s-1")
    nobody = events(None, [START + place * SECOND // 2 for place in range(80)])

    assert signs(PEOPLE, bot, nobody) == {"s-1": Sign.FAST}
    assert without_bots(pl.concat([PEOPLE, bot, nobody])).equals(pl.concat([PEOPLE, nobody]))


def test_without_machines_nothing_changes() -> None:
    assert without_bots(PEOPLE).equals(PEOPLE)
    assert without_bots(PEOPLE.clear()).is_empty()


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_events_does_not_matter(seed: int) -> None:
    bot = events("bot", [START + place * SECOND // 2 for place in range(80)])

    assert signs(pl.concat([PEOPLE, bot]).sample(fraction=1, shuffle=True, seed=seed)) == {"bot": Sign.FAST}


def test_pauses_longer_than_a_session_do_not_count() -> None:
    visits = events("user", [START, START + 10 * SECOND, START + HOUR, START + HOUR + 30 * SECOND])

    assert activity(visits).select("gaps", "pace").row(0) == (2, 20 * SECOND)
