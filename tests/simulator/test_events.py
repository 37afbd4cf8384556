import numpy as np
import polars as pl
import pytest

from aisle.simulator.simulation import Part
from aisle.simulator.world import World


def of_kind(events: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    return events.filter(pl.col("event").is_in(kinds))


def test_the_mix_of_kinds_is_that_of_a_shop(part: Part) -> None:
    share = {kind: count / len(part.events) for kind, count in part.events["event"].value_counts().iter_rows()}
    assert 0.5 < share["view_item"] < 0.7
    assert 0.12 < share["add_to_cart"] < 0.25
    assert 0.06 < share["purchase"] < 0.12
    assert 0.03 < share["search"] < 0.08
    assert 0.01 < share["remove_from_cart"] < 0.04
    assert 0.015 < share["rate"] < 0.04
    assert 0.002 < share["refund"] < 0.008
    assert len(share) == 7


@pytest.mark.parametrize(("kind", "before"), [("add_to_cart", "view_item"), ("purchase", "add_to_cart")])
def test_each_step_follows_the_one_before_in_its_session(part: Part, kind: str, before: str) -> None:
    keys = ["session_id", "item_id"]
    earlier = of_kind(part.events, before).group_by(keys).agg(first=pl.col("timestamp").min())
    later = of_kind(part.events, kind).join(earlier, on=keys, how="left")
    assert (later["first"] < later["timestamp"]).all()
    assert later["first"].null_count() == 0


def test_what_is_taken_out_of_a_cart_is_not_bought(part: Part) -> None:
    keys = ["session_id", "item_id"]
    removed = of_kind(part.events, "remove_from_cart")
    assert removed.join(of_kind(part.events, "add_to_cart"), on=keys, how="anti").is_empty()
    assert removed.join(of_kind(part.events, "purchase"), on=keys, how="semi").is_empty()


def test_the_lines_of_an_order_share_user_and_moment(part: Part) -> None:
    orders = of_kind(part.events, "purchase").group_by("transaction_id").n_unique()
    assert (orders["timestamp"] == 1).all()
    assert (orders["user_id"] == 1).all()


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


def test_prices_are_those_of_the_catalogue_at_the_time(happenings: pl.DataFrame, world: World) -> None:
    seen = of_kind(happenings, "view_item", "add_to_cart", "remove_from_cart", "purchase")
    price = world.catalogue.price_at(seen["number"].to_numpy(), seen["day"].to_numpy())
    assert np.array_equal(seen["price"].to_numpy(), price)
    assert (price < world.catalogue.price[seen["number"].to_numpy()]).any()


def test_items_are_seen_only_while_they_are_for_sale(happenings: pl.DataFrame, world: World) -> None:
    seen = of_kind(happenings, "view_item").with_columns(pl.col("day").min().over("session_id"))
    items = seen["number"].to_numpy()
    assert world.catalogue.for_sale(items, seen["day"].to_numpy()).all()


def test_some_sessions_are_anonymous_and_buy_nothing(part: Part) -> None:
    anonymous = part.events.filter(pl.col("user_id").is_null())
    assert 0.08 < len(anonymous) / len(part.events) < 0.2
    assert anonymous["session_id"].null_count() == 0
    assert not of_kind(anonymous, "purchase", "refund", "rate").height


def test_sessions_belong_to_one_user_and_have_no_long_pause(part: Part) -> None:
    inside = part.events.filter(pl.col("session_id").is_not_null())
    assert (inside.group_by("session_id").agg(pl.col("user_id").n_unique())["user_id"] == 1).all()
    pause = inside.select(pl.col("timestamp").diff().over("session_id")).max().item()
    assert pause < 30 * 60 * 1_000_000


def test_searches_say_what_was_searched(part: Part) -> None:
    searches = of_kind(part.events, "search")
    words = searches["properties"].str.json_path_match("$.query")
    assert words.null_count() == 0
    assert "wok" in set(words)
    assert searches["item_id"].null_count() == len(searches)
