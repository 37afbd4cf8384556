import dataclasses

import numpy as np
import polars as pl
import pytest

from aisle.prepare.build import build
from aisle.prepare.interactions import EventLog, Interactions
from aisle.prepare.past import until
from aisle.shop.moments import DAY
from tests.lively_shop import END, START, WEIGHTS, lively_data, lively_events, other_future

CUT = START + 80 * DAY
GROUPS = ("session", "basket")


@pytest.fixture(scope="module")
def past() -> Interactions:
    return until(lively_data(), CUT, WEIGHTS)


@pytest.fixture(scope="module")
def then() -> Interactions:
    """Return what the shop would have built at the moment itself."""
    return build(lively_events().filter(pl.col("timestamp") < CUT), WEIGHTS, CUT)


def arrays(log: EventLog) -> dict[str, np.ndarray]:
    return {field.name: getattr(log, field.name) for field in dataclasses.fields(log)}


def test_the_matrix_is_what_the_shop_would_have_built_then(past: Interactions, then: Interactions) -> None:
    users = [past.users.number(one) for one in then.users.ids]
    items = [past.items.number(one) for one in then.items.ids]
    np.testing.assert_allclose(past.matrix.toarray()[np.ix_(users, items)], then.matrix.toarray(), rtol=1e-5)
    assert past.matrix.nnz == then.matrix.nnz
    assert past.matrix.has_sorted_indices
    assert past.matrix.dtype == np.float32
    assert past.now == CUT


def test_the_log_is_what_the_shop_would_have_built_then(past: Interactions, then: Interactions) -> None:
    mine, theirs = arrays(past.log), arrays(then.log)
    numbers = {"user": (past.users, then.users), "item": (past.items, then.items)}
    for name in mine.keys() - set(GROUPS):
        if name in numbers:
            one, other = numbers[name]
            assert [one.ids[n] if n >= 0 else None for n in mine[name]] == [
                other.ids[n] if n >= 0 else None for n in theirs[name]
            ]
        else:
            np.testing.assert_allclose(mine[name], theirs[name], rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", GROUPS)
def test_sessions_and_baskets_hold_the_same_events(past: Interactions, then: Interactions, name: str) -> None:
    mine, theirs = getattr(past.log, name), getattr(then.log, name)
    together = np.unique(np.stack((mine, theirs)), axis=1).shape[1]
    assert together == len(np.unique(mine)) == len(np.unique(theirs))


def test_a_rating_counts_until_it_is_revised() -> None:
    rows = [("rate", "u", "a", 10, 5.0), ("purchase", "u", "b", 11, None), ("rate", "u", "a", 30, 1.0)]
    data = build(pl.DataFrame(rows, ("event", "user_id", "item_id", "timestamp", "rating"), orient="row"), WEIGHTS, 40)

    before, after = until(data, 20, WEIGHTS), until(data, 31, WEIGHTS)

    assert before.log.rating[~np.isnan(before.log.rating)].tolist() == [5]
    assert before.matrix.toarray().tolist() == [[1, 1]]
    assert after.log.rating[~np.isnan(after.log.rating)].tolist() == [1]
    assert after.matrix.toarray().tolist() == [[0, 1]]


def test_the_future_changes_nothing(past: Interactions) -> None:
    events = lively_events()
    altered = until(lively_data(other_future(events, CUT)), CUT, WEIGHTS)
    np.testing.assert_array_equal(altered.matrix.toarray(), past.matrix.toarray())
    for name, array in arrays(altered.log).items():
        if name not in GROUPS:
            np.testing.assert_array_equal(array, arrays(past.log)[name])


def test_what_is_in_stock_now_was_not_known_then(past: Interactions) -> None:
    assert past.catalogue is not None
    assert past.catalogue["stock"].null_count() == past.catalogue.height
    assert past.catalogue["brand"].null_count() == 1


def test_before_the_first_event_there_is_nothing() -> None:
    empty = until(lively_data(), START, WEIGHTS)
    assert (len(empty.log), empty.matrix.nnz, empty.shape) == (0, 0, lively_data().shape)


def test_at_the_end_nothing_is_missing() -> None:
    data = lively_data()
    later = until(data, END, WEIGHTS)
    np.testing.assert_allclose(later.matrix.toarray(), data.matrix.toarray(), rtol=1e-5)
