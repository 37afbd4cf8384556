import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from aisle.kernels import tallies, tallies_numpy
from aisle.kernels.tallies_numpy import CARTED, LOOKED, RATED, RETURNED, TAKEN, Events, Items, Lists


@given(owners=st.integers(0, 70), items=st.integers(1, 12), most=st.integers(0, 30), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_the_kernel_and_its_twin_agree(owners: int, items: int, most: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    counts = draw.integers(0, most + 1, owners)
    count = int(counts.sum())
    ages = [np.sort(draw.choice([0.0, 0.5, 1, 1.5, 7, 300], size))[::-1] for size in counts]
    age = np.concatenate([np.zeros(0), *ages])
    events = Events(
        np.append(0, np.cumsum(counts)),
        draw.integers(0, items, count).astype(np.int32),
        draw.choice([0, TAKEN, LOOKED, LOOKED | CARTED, RETURNED, RATED], count).astype(np.int8),
        draw.integers(1, 6, count).astype(np.float32),
        age,
        -np.ceil(age).astype(np.int64),
    )
    chosen = [np.sort(draw.permutation(items)[: draw.integers(0, items + 1)]) for _ in range(owners)]
    candidates = Lists(
        np.cumsum([0, *map(len, chosen)]), np.concatenate([np.zeros(0, np.int64), *chosen]).astype(np.int32)
    )
    groups = draw.integers(-1, 3, (3, items)).astype(np.int32)
    prices = draw.choice([np.nan, 0, 1.5, 2, 9], items).astype(np.float32)
    known = Items((groups[0], groups[1], groups[2]), draw.random(items).astype(np.float32), prices)
    found, expected = (module.tally(events, candidates, known) for module in (tallies, tallies_numpy))
    for group in ("pairs", "owners"):
        for name, column in getattr(expected, group)._asdict().items():
            np.testing.assert_allclose(getattr(getattr(found, group), name), column, rtol=1e-12, err_msg=name)
    np.testing.assert_array_equal(found.of_group, expected.of_group)


def test_an_event_that_shows_no_interest_counts_for_no_group() -> None:
    events = Events(
        np.array([0, 2]),
        np.array([0, 1], np.int32),
        np.array([LOOKED, 0], np.int8),
        np.full(2, np.nan, np.float32),
        np.array([2.0, 1.0]),
        np.array([-2, -1]),
    )
    group = np.array([0, 1], np.int32)
    known = Items((group, group, group), np.zeros(2, np.float32), np.zeros(2, np.float32))
    found = tallies.tally(events, Lists(np.array([0, 2]), np.array([0, 1], np.int32)), known)
    assert found.of_group[:, 0].tolist() == [1, 0]
