import numpy as np
import pytest

from aisle.engine.dealings import Dealings, RecentEvents
from aisle.prepare.weigh import Weights
from aisle.shop.events import KIND_CODES, ProfileEvent

Event = tuple[str, int] | tuple[str, int, float]


def dealings(*oldest_first: Event, weights: Weights | None = None) -> Dealings:
    events = oldest_first[::-1]
    recent = RecentEvents(
        np.array([event[1] for event in events], np.int32),
        np.array([KIND_CODES[event[0]] for event in events], np.int8),
        np.array([event[2] if len(event) > 2 else np.nan for event in events], np.float32),
        np.arange(len(events), 0, -1),
    )
    return Dealings.of(recent, weights or Weights())


@pytest.mark.parametrize(
    ("events", "cancelled"),
    [
        ([("purchase", 1), ("refund", 1)], [1]),
        ([("view_item", 1), ("add_to_cart", 1), ("purchase", 1), ("refund", 1), ("view_item", 1)], [1]),
        ([("purchase", 1), ("refund", 1), ("purchase", 1)], []),
        ([("rate", 1, 1.0)], [1]),
        ([("rate", 1, 2.0)], []),
        ([("rate", 1, 1.0), ("rate", 1, 4.0)], []),
        ([("purchase", 1), ("refund", 1), ("rate", 1, 5.0)], [1]),
        ([("hide", 1)], [1]),
        ([("hide", 1), ("unhide", 1)], []),
        ([("hide", 1), ("unhide", 1), ("hide", 1)], [1]),
        ([("hide", 1), ("purchase", 1)], []),
        ([("view_item", 1), ("remove_from_cart", 1)], []),
    ],
)
def test_what_was_refunded_rated_badly_or_hidden_is_cancelled_until_it_is_bought_again(
    events: list[Event], cancelled: list[int]
) -> None:
    assert dealings(*events).cancelled.tolist() == cancelled


def test_the_worst_ratings_are_those_of_the_shops_scale() -> None:
    percentages = Weights(lowest_rating=0, highest_rating=100)
    assert dealings(("rate", 1, 9.0), ("rate", 2, 20.0), weights=percentages).cancelled.tolist() == [1]


def test_what_is_owned_is_not_only_seen() -> None:
    known = dealings(("view_item", 1), ("view_item", 2), ("purchase", 2), ("add_to_cart", 3), ("rate", 4, 5.0))
    assert sorted(known.seen.tolist()) == [1, 3]
    assert known.owned.tolist() == [4, 2]
    assert known.owned_at.tolist() == [5, 3]
    assert known.bought.tolist() == [2]
    assert known.excluded("none").tolist() == []
    assert known.excluded("purchased").tolist() == [4, 2]
    assert sorted(known.excluded("seen").tolist()) == [1, 2, 3, 4]


def test_views_are_newest_first_each_once_and_without_what_is_cancelled() -> None:
    known = dealings(("view_item", 1), ("view_item", 2), ("view_item", 3), ("view_item", 1), ("hide", 3))
    assert known.viewed.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("kinds", "weights", "nothing"),
    [
        (["view_item", "add_to_cart", "purchase", "select_item"], Weights(), True),
        ([], Weights(), True),
        *((["purchase", kind], Weights(), False) for kind in ("refund", "rate", "hide", "remove_from_cart")),
        (["view_item"], Weights(view_item=-0.1), False),
        (["remove_from_cart"], Weights(remove_from_cart=0.0), True),
    ],
)
def test_whoever_did_nothing_against_an_item_excludes_none(kinds: list[str], weights: Weights, nothing: bool) -> None:
    profile = [ProfileEvent("item", kind, 1) for kind in kinds]
    assert Dealings.exclude_nothing(profile, weights) == nothing
