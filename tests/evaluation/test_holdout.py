from typing import Any

import polars as pl
import pytest

from aisle.evaluation.holdout import Holdout, hold_out
from aisle.prepare.split import Window
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists
from aisle.shop.errors import FormatError, NotEnoughData
from aisle.shop.ids import UNKNOWN

DAY = 86_400_000_000
CUT = 20_000 * DAY
WINDOW = Window(cut=CUT, end=CUT + DAY)
BEFORE, WITHIN, AFTER = CUT - 1, CUT, CUT + DAY


def events(*rows: tuple[Any, ...]) -> pl.DataFrame:
    padded = [(*row, None)[:5] for row in rows]
    schema = {
        "event": pl.String, "user_id": pl.String, "item_id": pl.String, "timestamp": pl.Int64, "rating": pl.Float64
    }  # fmt: skip
    return pl.DataFrame(padded, schema, orient="row")


def held_out(*rows: tuple[Any, ...]) -> Holdout:
    return hold_out(events(*rows), Weights(), WINDOW)


def named(lists: ItemLists, holdout: Holdout) -> list[list[str]]:
    """Return lists of item ids, by query."""
    ids = holdout.train.items.ids
    return [[ids[item] for item in lists.slice(query, query + 1).items] for query in range(len(lists))]


PAST = [
    ("purchase", "ann", "cup", BEFORE),
    ("purchase", "ben", "hat", BEFORE),
    ("view_item", "ann", "pen", BEFORE),
    ("purchase", None, "mug", BEFORE),
]


def test_models_learn_from_what_was_before_the_window_only() -> None:
    holdout = held_out(*PAST, ("purchase", "ann", "hat", WITHIN), ("purchase", "zoe", "new", AFTER))

    assert holdout.train.users.ids == ("ann", "ben")
    assert holdout.train.items.ids == ("cup", "hat", "mug", "pen")
    assert holdout.train.now == CUT
    assert len(holdout.train.log) == len(PAST)


def test_the_truth_is_what_each_shopper_bought_in_the_window() -> None:
    holdout = held_out(
        *PAST,
        ("purchase", "ben", "mug", WITHIN),
        ("purchase", "ann", "pen", WITHIN),
        ("purchase", "ann", "cup", WITHIN),
        ("purchase", "ann", "cup", WITHIN + 5),
        ("view_item", "ann", "hat", WITHIN),
        ("purchase", "ann", "hat", AFTER),
    )

    assert [holdout.train.users.ids[user] for user in holdout.users] == ["ann", "ben"]
    assert named(holdout.truth, holdout) == [["cup", "pen"], ["mug"]]


def test_novel_is_what_was_never_bought_before_even_if_viewed() -> None:
    holdout = held_out(*PAST, *(("purchase", "ann", item, WITHIN) for item in ("cup", "pen", "mug")))

    assert named(holdout.novel_truth, holdout) == [["mug", "pen"]]
    assert named(holdout.owned, holdout) == [["cup"]]


def test_a_shopper_who_only_rebuys_has_nothing_novel() -> None:
    holdout = held_out(*PAST, ("purchase", "ann", "cup", WITHIN))

    assert named(holdout.novel_truth, holdout) == [[]]


def test_a_new_shopper_is_asked_with_an_empty_history() -> None:
    holdout = held_out(*PAST, ("purchase", "ann", "cup", WITHIN), ("purchase", "zoe", "hat", WITHIN))

    assert holdout.users.tolist() == [0, UNKNOWN]
    assert holdout.returning.tolist() == [True, False]
    assert named(holdout.queries.history, holdout) == [["cup", "pen"], []]
    assert named(holdout.novel_truth, holdout) == [[], ["hat"]]
    assert len(holdout) == 2


def test_items_first_seen_in_the_window_and_lines_without_a_user_are_not_asked_for() -> None:
    holdout = held_out(
        *PAST,
        ("purchase", "ann", "cup", WITHIN),
        ("purchase", "ben", "novelty", WITHIN),
        ("purchase", None, "hat", WITHIN),
    )

    assert len(holdout) == 1


@pytest.mark.parametrize(
    ("kinds", "target"),
    [
        (["view_item", "add_to_cart", "rate", "purchase"], "purchase"),
        (["view_item", "add_to_cart", "rate"], "rate"),
        (["view_item", "add_to_cart"], "add_to_cart"),
        (["view_item"], "view_item"),
    ],
)
def test_the_target_is_the_strongest_kind_of_the_window(kinds: list[str], target: str) -> None:
    holdout = held_out(*PAST, *((kind, "ann", "hat", WITHIN, 5.0) for kind in kinds))

    assert holdout.target == target


def test_only_ratings_above_the_middle_are_a_success() -> None:
    holdout = held_out(
        *PAST,
        ("rate", "ann", "cup", WITHIN, 4.0),
        ("rate", "ann", "hat", WITHIN, 3.0),
        ("rate", "ben", "hat", WITHIN, 1.0),
    )

    assert named(holdout.truth, holdout) == [["cup"]]


def test_what_was_rated_before_is_not_novel_however_bad_it_was() -> None:
    holdout = held_out(*PAST, ("rate", "ann", "cup", BEFORE, 1.0), ("rate", "ann", "cup", WITHIN, 5.0))

    assert named(holdout.novel_truth, holdout) == [[]]


def test_a_window_in_which_nobody_buys_known_items_is_not_enough() -> None:
    with pytest.raises(NotEnoughData, match="from 2024-10-04 to 2024-10-04 nobody deals with an item known before"):
        held_out(*PAST, ("purchase", "ann", "novelty", WITHIN), ("refund", "ann", "cup", WITHIN))


def test_nothing_before_the_window_is_not_enough() -> None:
    with pytest.raises(NotEnoughData, match="no event says what anybody likes"):
        held_out(("purchase", "ann", "cup", WITHIN))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(FormatError, match="no column 'event'"):
        hold_out(events(*PAST).drop("event"), Weights(), WINDOW)


def test_stars_of_the_window_are_kept_good_or_bad_the_last_of_each_pair() -> None:
    holdout = held_out(
        *PAST,
        ("rate", "ben", "cup", WITHIN, 1.0),
        ("rate", "ann", "hat", WITHIN + 1, 4.0),
        ("rate", "ann", "hat", WITHIN, 2.0),
        ("rate", "ann", "cup", AFTER, 3.0),
        ("rate", "ann", "pen", WITHIN, None),
        ("purchase", "ann", "mug", WITHIN, 5.0),
    )

    given = holdout.given
    pairs = {
        (holdout.train.users.ids[user], holdout.train.items.ids[item], stars)
        for user, item, stars in zip(given.user, given.item, given.stars.tolist(), strict=True)
    }
    assert pairs == {("ann", "hat", 4.0), ("ben", "cup", 1.0)}
    assert len(given) == 2


def test_stars_of_new_shoppers_and_for_new_items_cannot_be_predicted() -> None:
    holdout = held_out(
        *PAST,
        ("purchase", "ann", "cup", WITHIN),
        ("rate", "zoe", "cup", WITHIN, 5.0),
        ("rate", "ann", "novelty", WITHIN, 5.0),
    )

    assert len(holdout.given) == 0
