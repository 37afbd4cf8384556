"""Experiments as they are stored, on every database."""

import pytest

from aisle.shop.errors import InputError, NotFound
from aisle.storage.connection import Database
from aisle.storage.shelves import experiments, impressions
from aisle.storage.shelves.experiments import ExperimentRow
from aisle.storage.shelves.impressions import Impression


def _start(db: Database, row: ExperimentRow, moment: int = 20) -> ExperimentRow:
    return experiments.change(db, row, "draft", {"state": "running", "started": moment, "reach": 0.5})


def test_an_experiment_comes_back_as_it_was_added(db: Database) -> None:
    added = experiments.add(db, "trial", '{"name": "trial ☕"}', 10)

    assert added == experiments.get(db, "trial") == experiments.get(db, "trial", 1)
    assert (added.version, added.state, added.definition) == (1, "draft", '{"name": "trial ☕"}')


def test_a_draft_gives_way_and_what_was_stopped_stays(db: Database) -> None:
    experiments.add(db, "trial", "a", 10)
    second = experiments.add(db, "trial", "b", 11)
    assert (second.version, second.definition) == (1, "b")

    experiments.change(db, _start(db, second), "running", {"state": "stopped", "stopped": 30, "reason": "enough"})
    third = experiments.add(db, "trial", "c", 40)

    assert third.version == 2
    assert [(row.version, row.state) for row in experiments.list_(db)] == [(2, "draft"), (1, "stopped")]
    assert experiments.get(db, "trial", 1).reason == "enough"


def test_one_that_runs_does_not_change(db: Database) -> None:
    running = _start(db, experiments.add(db, "trial", "a", 10))

    assert experiments.running(db) == [running]
    with pytest.raises(InputError, match=r"trial runs.*create it again as version 2"):
        experiments.add(db, "trial", "b", 30)


def test_whoever_is_second_is_told(db: Database) -> None:
    draft = experiments.add(db, "trial", "a", 10)
    _start(db, draft)

    with pytest.raises(InputError, match="trial is not draft but running"):
        _start(db, draft)


def test_what_is_not_there_is_named_with_what_is(db: Database) -> None:
    experiments.add(db, "trial", "a", 10)

    with pytest.raises(NotFound, match="no experiment other; those there are: trial"):
        experiments.get(db, "other")
    with pytest.raises(NotFound, match="trial of version 7"):
        experiments.get(db, "trial", 7)


def test_shelves_of_experiments_are_read_for_their_report(db: Database) -> None:
    def shelf(number: int, variant: str | None) -> Impression:
        return Impression(f"r{number}", number, "u", "s", "home", "personal", None, 3, (), variant)

    impressions.add(db, [shelf(1, "trial.1:a"), shelf(2, None), shelf(3, "trial.1:b"), shelf(9, "trial.1:a")])

    served = experiments.served(db, 1, 9)

    assert served.sort("timestamp").select("recommendation_id", "variant").rows() == [
        ("r1", "trial.1:a"),
        ("r3", "trial.1:b"),
    ]
    assert impressions.get(db, "r1") == shelf(1, "trial.1:a")
