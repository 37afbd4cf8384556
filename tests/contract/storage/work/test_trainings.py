"""What trainings told of their models, on every database."""

import math

from aisle.storage.connection import Database
from aisle.storage.work import trainings


def test_a_record_is_stored_and_replaced(db: Database) -> None:
    assert trainings.records(db) == {}
    trainings.store(db, 7, {"reason": "it’s the first 😀"})
    trainings.store(db, 7, {"reason": "again", "long": "x" * 100_000})
    trainings.store(db, 8, {})
    assert trainings.records(db) == {7: {"reason": "again", "long": "x" * 100_000}, 8: {}}


def test_a_figure_that_is_not_a_number_stays_one(db: Database) -> None:
    trainings.store(db, 1, {"ndcg": math.nan})
    assert math.isnan(trainings.records(db)[1]["ndcg"])
