import numpy as np

from aisle.engine.ordering import by_relevance


def test_results_that_fit_about_as_well_come_by_taste() -> None:
    relevances = [1.0, 0.95, 0.5, 0.45, 0.41]
    scores = np.array([0.1, 0.9, np.nan, 0.2, 0.3], np.float32)
    assert by_relevance(relevances, scores) == [1, 0, 4, 3, 2]


def test_no_results_have_no_order() -> None:
    assert by_relevance([], np.zeros(0, np.float32)) == []


def test_results_without_relevance_come_by_taste() -> None:
    assert by_relevance([0.0, 0.0], np.array([1, 2], np.float32)) == [1, 0]
