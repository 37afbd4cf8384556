"""Events of some kinds."""

import polars as pl

VIEWED = pl.col("event") == "view_item"
BOUGHT = pl.col("event") == "purchase"


def of_kind(events: pl.DataFrame, *kinds: str) -> pl.DataFrame:
    return events.filter(pl.col("event").is_in(kinds))
