import numpy as np
import polars as pl

from aisle.simulator.simulation import Part
from tests.simulator.kinds import of_kind


def test_refunds_follow_a_purchase_of_the_same_user_item_and_price(part: Part) -> None:
    keys = ["user_id", "item_id", "transaction_id", "quantity", "price"]
    refunds = of_kind(part.events, "refund").join(of_kind(part.events, "purchase"), on=keys, how="left")
    assert (refunds["timestamp"] > refunds["timestamp_right"]).all()
    assert refunds["timestamp_right"].null_count() == 0


def test_ratings_follow_a_purchase_of_the_same_user_and_item(part: Part) -> None:
    keys = ["user_id", "item_id"]
    bought = of_kind(part.events, "purchase").group_by(keys).agg(first=pl.col("timestamp").min())
    rated = of_kind(part.events, "rate").join(bought, on=keys, how="left")
    assert (rated["timestamp"] > rated["first"]).all()
    assert rated["rating"].is_in([1.0, 2.0, 3.0, 4.0, 5.0]).all()
    assert not rated.select(keys).is_duplicated().any()


def test_satisfied_shoppers_rate_higher(part: Part) -> None:
    rated = part.events.filter(pl.col("event") == "rate")
    firsts = part.truth.unique(["user_id", "item_id"], keep="first", maintain_order=True)
    both = rated.join(firsts, on=["user_id", "item_id"])
    assert np.corrcoef(both["rating"], both["satisfaction"])[0, 1] > 0.7


def test_satisfied_shoppers_send_less_back(part: Part) -> None:
    back = part.events.filter(pl.col("event") == "refund").select("transaction_id", "item_id", refunded=pl.lit(True))
    purchases = part.truth.join(back, on=["transaction_id", "item_id"], how="left").fill_null(False)
    happy = purchases.filter(pl.col("satisfaction") > 0.8)["refunded"].mean()
    unhappy = purchases.filter(pl.col("satisfaction") < 0.4)["refunded"].mean()
    assert unhappy > 5 * happy  # type: ignore[operator]
