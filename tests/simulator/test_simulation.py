import json

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from scipy.sparse import csr_array

from aisle.shop.columns import EVENTS, ITEM_ID, ITEMS, REVIEWS, USER_ID, USERS
from aisle.shop.errors import SettingsError
from aisle.shop.moments import DAY
from aisle.shop.schemas import schema_of
from aisle.simulator.simulation import DAYS, END, Part, Simulation
from tests.simulator.kinds import BOUGHT


def test_tables_have_the_columns_of_the_shop(simulation: Simulation, part: Part) -> None:
    assert dict(simulation.items().schema) == schema_of(ITEMS)
    assert dict(simulation.users().schema) == schema_of(USERS)
    assert dict(part.events.schema) == schema_of(EVENTS)
    assert dict(part.reviews.schema) == schema_of(REVIEWS)


def test_equal_arguments_give_equal_tables() -> None:
    first, second = Simulation(seed=3, events=5_000), Simulation(seed=3, events=5_000)
    assert_frame_equal(first.items(), second.items())
    assert_frame_equal(first.users(), second.users())
    assert_frame_equal(first.tastes(), second.tastes())
    for table, equal in zip(next(first.parts()), next(second.parts()), strict=True):
        assert_frame_equal(table, equal)


def test_a_shop_would_know_everything_but_the_truth(simulation: Simulation, part: Part) -> None:
    tables = list(simulation.tables())
    assert [name for name, _ in tables] == ["items", "users", "events", "reviews"]
    for (_, table), expected in zip(
        tables, (simulation.items(), simulation.users(), part.events, part.reviews), strict=True
    ):
        assert_frame_equal(table, expected)


def test_drawing_again_gives_the_same(simulation: Simulation, part: Part) -> None:
    assert_frame_equal(next(simulation.events()), part.events)
    assert_frame_equal(simulation.reviews(), part.reviews)
    assert_frame_equal(simulation.truth(), part.truth)


def test_another_seed_gives_another_shop() -> None:
    first, second = Simulation(seed=3, events=2_000), Simulation(seed=4, events=2_000)
    assert not first.items()["title"].equals(second.items()["title"])
    assert not first.tastes().equals(second.tastes())
    assert not set(next(first.events())["event_id"]) & set(next(second.events())["event_id"])


@pytest.mark.parametrize(("seed", "events"), [(0, 5_000), (1, 5_000), (2, 40_000), (3, 100_000)])
def test_the_number_of_events_is_met(seed: int, events: int) -> None:
    count = sum(len(table) for table in Simulation(seed=seed, events=events).events())
    assert events * 0.98 <= count <= events


def test_many_events_come_in_blocks_that_fit_together() -> None:
    simulation = Simulation(events=310_000)
    parts = list(simulation.parts())
    events = pl.concat(part.events for part in parts)
    assert len(parts) == 2
    assert len(events) == pytest.approx(310_000, rel=0.02)
    assert events["event_id"].is_unique().all()
    assert pl.concat(part.reviews for part in parts)["review_id"].is_unique().all()
    shoppers = [set(part.events["user_id"].drop_nulls()) for part in parts]
    sessions = [set(part.events["session_id"].drop_nulls()) for part in parts]
    assert not shoppers[0] & shoppers[1]
    assert not sessions[0] & sessions[1]
    assert shoppers[0] | shoppers[1] <= set(simulation.users()["user_id"])
    assert simulation.users()["user_id"].is_unique().all()


def test_the_days_end_at_the_given_moment() -> None:
    end = END + 400 * DAY
    events = next(Simulation(events=5_000, end=end).events())
    assert events["timestamp"].is_between(end - DAYS * DAY, end - 1).all()
    assert events["timestamp"].is_sorted()
    assert events["timestamp"].max() > end - 2 * DAY  # type: ignore[operator]


def test_every_purchase_has_its_truth(part: Part) -> None:
    bought = part.events.filter(pl.col("event") == "purchase")
    keys = ["user_id", "item_id", "transaction_id"]
    assert_frame_equal(bought.select(keys), part.truth.select(keys))
    assert part.truth["satisfaction"].is_between(0, 1).all()


def test_everything_says_that_it_is_simulated(simulation: Simulation, part: Part) -> None:
    assert simulation.name == "Simulated shop"
    assert all(json.loads(attributes)["simulated"] is True for attributes in simulation.items()["attributes"])
    assert all(json.loads(attributes)["simulated"] is True for attributes in simulation.users()["attributes"].head(10))
    assert part.events["event_id"].str.starts_with("sim-").all()
    assert part.reviews["review_id"].str.starts_with("sim-").all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed -1 is negative; take 0 or more"),
        ({"events": 99}, "99 simulated events are too few; take 100 or more"),
        ({"items": 999}, "999 simulated items cannot be made; take 1000 to 1000000"),
        ({"end": 0}, "begins before 2000; let it end later"),
    ],
)
def test_impossible_arguments_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        Simulation(**arguments)


def test_the_satisfaction_of_pairs_is_that_of_purchases_without_luck(simulation: Simulation) -> None:
    truth = simulation.truth()
    users = truth[USER_ID].str.strip_prefix("shopper-").cast(pl.Int32).to_numpy()
    items = truth[ITEM_ID].str.strip_prefix("sim-").cast(pl.Int32).to_numpy()

    expected = simulation.satisfaction(users, items)

    assert np.isfinite(expected).all()
    assert np.corrcoef(expected, truth["satisfaction"].to_numpy())[0, 1] > 0.8


def test_neighbours_beat_popularity(simulation: Simulation, happenings: pl.DataFrame) -> None:
    cut = END - 28 * DAY
    known = happenings.filter(pl.col("user_id").is_not_null() & (pl.col("number") >= 0)).with_columns(
        user=pl.col("user_id").str.strip_prefix("shopper-").cast(pl.Int64) - 1
    )
    past, later = known.filter(pl.col("timestamp") < cut), known.filter(BOUGHT & (pl.col("timestamp") >= cut))
    shape = (simulation.shoppers, 2000)
    seen = matrix(past, shape).sign()
    bought = matrix(later, shape).sign()
    users = np.flatnonzero((seen.sum(axis=1) > 0) & (bought.sum(axis=1) > 0))
    alike = (seen.T @ seen).toarray() / np.sqrt(np.outer(seen.sum(axis=0) + 5, seen.sum(axis=0) + 5))
    np.fill_diagonal(alike, 0)
    popular = matrix(past.filter(BOUGHT & (pl.col("timestamp") >= cut - 28 * DAY)), shape).sum(axis=0)
    truth = bought[users].toarray()
    personal = ndcg(seen[users] @ alike, truth)
    assert len(users) > 300
    assert personal > 1.5 * ndcg(np.broadcast_to(popular, truth.shape), truth)


def matrix(events: pl.DataFrame, shape: tuple[int, int]) -> csr_array:
    return csr_array((np.ones(len(events)), (events["user"], events["number"])), shape=shape)


def ndcg(scores: np.ndarray, truth: np.ndarray, n: int = 20) -> float:
    discount = 1 / np.log2(np.arange(2, n + 2))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :n]
    gained = np.take_along_axis(truth, best, axis=1) @ discount
    ideal = np.cumsum(discount)[np.minimum(truth.sum(axis=1), n).astype(int) - 1]
    return float((gained / ideal).mean())
