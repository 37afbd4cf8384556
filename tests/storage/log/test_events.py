"""What a shelf reads of its shopper is all in an index."""

import pytest
from sqlalchemy import Select

from aisle.storage.connection import Database
from aisle.storage.database.dialects import query_text
from aisle.storage.log.events import _AS_TEXT, _OF_USER
from aisle.storage.shelves.impressions import _MOMENTS, _MOMENTS_AS_TEXT


@pytest.mark.parametrize(
    "query",
    [_OF_USER, _AS_TEXT[_OF_USER], _MOMENTS, _MOMENTS_AS_TEXT],
    ids=["events", "events as text", "shelves", "shelves as text"],
)
def test_no_row_of_the_table_is_looked_up(db: Database, query: Select[tuple[object, ...]]) -> None:
    asked = query_text(db.engine.dialect, query)
    with db.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.text}", ("1",) * len(asked.names)).all()
    assert any("USING COVERING INDEX" in step and "of_user" in step for *_, step in plan), plan
