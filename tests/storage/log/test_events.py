"""What a shelf reads of its shopper is all in an index, and its queries are prepared once."""

import sqlite3

import pytest
from sqlalchemy import Select

from aisle.storage.connection import Database
from aisle.storage.database.dialects import as_text, query_text
from aisle.storage.log.events import _OF_USER
from aisle.storage.shelves.impressions import _MOMENTS

AS_TEXT = [as_text(_OF_USER, 1000), as_text(_MOMENTS, 20)]


@pytest.mark.parametrize(
    "query", [_OF_USER, _MOMENTS, *AS_TEXT], ids=["events", "shelves", "events as text", "shelves as text"]
)
def test_no_row_of_the_table_is_looked_up(db: Database, query: Select[tuple[object, ...]]) -> None:
    asked = query_text(db.engine.dialect, query)
    with db.read() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked.text}", ("1",) * len(asked.names)).all()
    assert any("USING COVERING INDEX" in step and "of_user" in step for *_, step in plan), plan


@pytest.mark.parametrize("query", AS_TEXT, ids=["events", "shelves"])
def test_a_query_is_not_prepared_anew_for_another_shopper(db: Database, query: Select[tuple[object, ...]]) -> None:
    prepared: list[object] = []

    def note(*what: object) -> int:
        prepared.append(what)
        return sqlite3.SQLITE_OK

    asked = query_text(db.engine.dialect, query)
    with db.read() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_authorizer(note)
        times = []
        for shopper in ("1", "2", "3"):
            given = {**asked.constants, "user_id": shopper, "placement": "p", "since": 0}
            connection.exec_driver_sql(asked.text, tuple(given[name] for name in asked.names)).all()
            times.append(len(prepared))
        driver.set_authorizer(None)
    assert times == [times[0]] * 3
    assert times[0] > 0
