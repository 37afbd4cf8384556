"""Features of a shopper and an item: what was put in the cart is told apart from what was only looked at."""

import numpy as np
import polars as pl
import pytest

from aisle.engine.ranking.candidates import Candidates
from aisle.engine.ranking.features import features, names
from aisle.prepare.build import build
from aisle.prepare.profiles import Profiles
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.item_state import ItemState, ItemStateConfig
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY

NOW = 100 * DAY


@pytest.fixture
def state() -> ItemState:
    """Three items, each bought once."""
    bought = {
        "event": ["purchase"] * 3,
        "user_id": ["u"] * 3,
        "item_id": ["0", "1", "2"],
        "timestamp": [0, DAY, 2 * DAY],
    }
    return ItemState(ItemStateConfig()).fit(build(pl.DataFrame(bought), Weights(), NOW))


def column(name: str, profiles: Profiles, state: ItemState) -> list[float]:
    """Return one feature of the items 0, 1 and 2 for the only shopper."""
    by_source = np.ones((3, 1), np.float32)
    candidates = Candidates(ItemLists(np.array([0, 3]), np.arange(3, dtype=np.int32)), ("als",), by_source, by_source)
    rows = features(profiles, candidates, state)
    return [float(value) for value in rows[:, names(("als",)).index(name)]]


def profile(*events: tuple[int, EventKind, int]) -> Profiles:
    """Return one shopper's events: item, kind, days before now; oldest first."""
    nothing = np.full(len(events), np.nan, np.float32)
    return Profiles(
        indptr=np.array([0, len(events)]),
        item=np.array([item for item, _, _ in events], np.int32),
        kind=np.array([KIND_CODES[kind] for _, kind, _ in events], np.int8),
        rating=nothing,
        price=nothing,
        timestamp=np.array([NOW - days * DAY for _, _, days in events], np.int64),
        now=np.array([NOW]),
    )


VISIT = (
    (0, EventKind.ADD_TO_CART, 9),
    (1, EventKind.VIEW_ITEM, 5),
    (0, EventKind.ADD_TO_CART, 4),
    (0, EventKind.VIEW_ITEM, 2),
)


def test_carts_are_counted_apart_from_looks(state: ItemState) -> None:
    assert column("pair_carted", profile(*VISIT), state) == [2, 0, 0]


def test_carts_are_looks_too(state: ItemState) -> None:
    assert column("pair_looked", profile(*VISIT), state) == [3, 1, 0]


def test_the_last_cart_tells_how_long_ago_it_was(state: ItemState) -> None:
    assert column("pair_since_carted", profile(*VISIT), state) == pytest.approx([4, np.nan, np.nan], nan_ok=True)
