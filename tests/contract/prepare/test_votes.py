"""The caps of tables, on every engine."""

import polars as pl

from aisle.prepare.votes import OF_ONE_ITEM, of_shoppers_within
from aisle.shop.moments import DAY
from tests.contract.prepare.conftest import Bring


def test_a_shopper_counts_for_an_item_a_few_times_a_week_and_nobody_is_left_out(bring: Bring) -> None:
    moments = [*range(10), *range(7 * DAY, 7 * DAY + 10)]
    bought = [("purchase", user, "i", moment, f"t{moment}") for user in ("u", "v", None) for moment in moments]
    rows = [*bought, ("view_item", "u", "i", 0, None), ("purchase", "u", "j", 0, "t0")]
    table = pl.DataFrame(rows, ["event", "user_id", "item_id", "timestamp", "transaction_id"], orient="row")
    kept = of_shoppers_within(bring(table)).collect("polars").to_native()
    assert kept.columns == table.columns
    assert kept.filter(pl.col("user_id") == "u").height == 2 * OF_ONE_ITEM + 2
    assert kept.filter(pl.col("user_id") == "v")["timestamp"].sort().to_list() == [0, 1, 2, *moments[10:13]]
    assert kept.filter(pl.col("user_id").is_null()).height == len(moments)
