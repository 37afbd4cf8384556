import polars as pl

from aisle.shop.columns import ITEM_HISTORY, TABLES
from aisle.shop.schemas import DTYPES, conform, schema_of


def test_every_type_of_a_column_is_known() -> None:
    words = {word for columns in TABLES.values() for word in columns.values()}
    assert words == DTYPES.keys()


def test_a_schema_keeps_the_order_of_its_columns() -> None:
    schema = schema_of(ITEM_HISTORY)
    assert schema.names() == list(ITEM_HISTORY)
    assert schema["in_stock"] == pl.Boolean
    assert schema["price"] == pl.Int64


def test_a_frame_gets_the_columns_that_it_lacks_and_loses_the_others() -> None:
    frame = conform(pl.DataFrame({"price": [5], "other": [1], "item_id": [7]}), ITEM_HISTORY)
    assert frame.schema == schema_of(ITEM_HISTORY)
    assert frame.row(0) == ("7", None, 5, None, None, None)
