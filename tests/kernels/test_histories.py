import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from aisle.kernels import histories, histories_numpy

EVENTS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.floats(-5, 5),
        st.integers(0, 6),
        st.sampled_from([1.0, 2.5, 5.0, float("nan"), float("nan")]),
    ),
    max_size=40,
)


@given(EVENTS)
def test_the_kernel_and_its_twin_agree(events: list[tuple[int, float, int, float]]) -> None:
    events = sorted(events, key=lambda event: event[2])
    columns = list(zip(*events, strict=True)) if events else [()] * 4
    item, weight, timestamp, stars = (
        np.array(column, kind)
        for column, kind in zip(columns, (np.int32, np.float64, np.int64, np.float32), strict=True)
    )
    expected = histories_numpy.pairs(np.zeros(len(item), np.int32), item, weight, timestamp, stars)
    for _ in range(2):  # what is borrowed is left as it was
        found = histories.pairs_of_one(item, weight, timestamp, stars)
        for name in ("user", "item", "weight", "timestamp", "rating"):
            np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), err_msg=name)


def test_items_are_in_the_order_of_their_last_events_and_then_of_their_numbers() -> None:
    item, moments = np.array([4, 7, 3, 7, 2], np.int32), np.array([1, 2, 5, 5, 5])
    found = histories.pairs_of_one(item, np.array([1.0, 0.25, 2.0, 0.5, 1.0]), moments, np.full(5, np.nan, np.float32))
    assert found.item.tolist() == [4, 2, 3, 7]
    assert found.weight.tolist() == [1.0, 1.0, 2.0, 0.75]
    assert found.timestamp.tolist() == [1, 5, 5, 5]
