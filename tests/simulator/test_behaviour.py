import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from aisle.shop.moments import DAY
from aisle.simulator.simulation import END, Part, Simulation
from aisle.simulator.vocabulary import LEAVES
from aisle.simulator.world import World

VIEWED = pl.col("event") == "view_item"
BOUGHT = pl.col("event") == "purchase"


def test_evenings_and_sundays_are_busy(part: Part) -> None:
    when = part.events.filter(VIEWED)["timestamp"].cast(pl.Datetime("us")).dt
    hours = np.bincount(when.hour(), minlength=24)
    weekdays = np.bincount(when.weekday(), minlength=8)[1:]
    assert hours[20] > 10 * hours[4]
    assert weekdays.argmax() == 6


@pytest.mark.parametrize(
    ("path", "high", "low"),
    [
        ("Toys > Building > Construction sets", (30, 60), (90, 120)),
        ("Fashion > Accessories > Scarves & gloves", (30, 60), (90, 120)),
        ("Garden > Plants > Seeds & bulbs", (90, 120), (30, 60)),
    ],
)
def test_categories_have_their_season(
    happenings: pl.DataFrame, path: str, high: tuple[int, int], low: tuple[int, int]
) -> None:
    leaf = [one.path for one in LEAVES].index(path)
    viewed = happenings.filter(VIEWED)

    def share(days: tuple[int, int]) -> float:
        then = viewed.filter(pl.col("day").is_between(*days, closed="left"))
        return float((then["leaf"] == leaf).mean())  # type: ignore[arg-type]

    assert share(high) > 1.3 * share(low)


def test_popularity_is_skewed(happenings: pl.DataFrame) -> None:
    counts = np.sort(np.bincount(happenings.filter(VIEWED)["number"], minlength=2000))[::-1]
    assert 0.5 < counts[:400].sum() / counts.sum() < 0.85


def test_activity_is_heavy_tailed(part: Part) -> None:
    counts = np.sort(part.events["user_id"].drop_nulls().value_counts()["count"].to_numpy())[::-1]
    tenth = len(counts) // 10
    assert 0.3 < counts[:tenth].sum() / counts.sum() < 0.7


def test_thrifty_shoppers_buy_cheaper(simulation: Simulation, happenings: pl.DataFrame, world: World) -> None:
    bought = happenings.filter(BOUGHT).join(simulation.tastes(), on="user_id")
    level = world.catalogue.level[bought["number"].to_numpy()]
    thrift = bought["thrift"].to_numpy()
    low, high = np.quantile(thrift, [1 / 3, 2 / 3])
    assert level[thrift > high].mean() < level[thrift < low].mean() - 0.4


def test_shoppers_look_at_what_is_of_their_style(
    simulation: Simulation, happenings: pl.DataFrame, world: World
) -> None:
    viewed = happenings.filter(VIEWED).join(simulation.tastes(), on="user_id")
    modern = world.catalogue.style[viewed["number"].to_numpy(), 0]
    assert np.corrcoef(modern, viewed["classic_modern"])[0, 1] > 0.25


def test_satisfied_shoppers_rate_higher(part: Part) -> None:
    rated = part.events.filter(pl.col("event") == "rate")
    firsts = part.truth.unique(["user_id", "item_id"], keep="first", maintain_order=True)
    both = rated.join(firsts, on=["user_id", "item_id"])
    assert np.corrcoef(both["rating"], both["satisfaction"])[0, 1] > 0.7


def test_satisfied_shoppers_send_less_back(part: Part) -> None:
    back = part.events.filter(pl.col("event") == "refund").select("transaction_id", "item_id", refunded=pl.lit(True))
    told = part.truth.join(back, on=["transaction_id", "item_id"], how="left").fill_null(False)
    happy = told.filter(pl.col("satisfaction") > 0.8)["refunded"].mean()
    unhappy = told.filter(pl.col("satisfaction") < 0.4)["refunded"].mean()
    assert unhappy > 5 * happy  # type: ignore[operator]


def test_consumables_are_bought_again_after_their_interval(happenings: pl.DataFrame) -> None:
    coffee = [one.path for one in LEAVES].index("Grocery > Drinks > Coffee")
    bought = happenings.filter(BOUGHT & (pl.col("leaf") == coffee)).unique(["user_id", "number", "day"])
    gaps = bought.sort("day").select(gap=pl.col("day").diff().over("user_id", "number")).drop_nulls()["gap"]
    assert len(gaps) > 30
    assert gaps.median() == pytest.approx(LEAVES[coffee].interval, abs=3)


def test_partners_are_bought_together(happenings: pl.DataFrame, world: World) -> None:
    orders = happenings.filter(BOUGHT).select("transaction_id", "number")
    pairs = orders.join(orders, on="transaction_id").filter(pl.col("number") != pl.col("number_right"))
    first, second = pairs["number"].to_numpy(), pairs["number_right"].to_numpy()
    together = (world.catalogue.partners[first] == second[:, None]).any(axis=1).mean()
    by_chance = (world.catalogue.partners[np.random.default_rng(0).permutation(first)] == second[:, None]).any(axis=1)
    assert together > 20 * by_chance.mean()


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
