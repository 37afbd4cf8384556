import numpy as np
import pytest

from aisle.kernels import features, features_numpy
from aisle.kernels.features_numpy import ItemFeatures, Known, Moments, Sources
from aisle.kernels.tallies_numpy import CARTED, LOOKED, RATED, RETURNED, TAKEN, Events, Items, Lists

DAY = 86_400_000_000
ITEMS, OWNERS, SOURCES = 30, 90, 3
FROZEN = 20_000 * DAY


@pytest.mark.parametrize("seed", range(5))
def test_kernel_and_twin_give_the_same_bits(seed: int) -> None:
    draw = np.random.default_rng(seed)
    now = FROZEN + draw.integers(0, 3, OWNERS) * DAY * 3 // 2
    lengths = draw.integers(0, 12, OWNERS)
    events = int(lengths.sum())
    owner = np.repeat(np.arange(OWNERS), lengths)
    ages = np.sort(draw.integers(0, 100 * DAY, events))[::-1]
    order = np.argsort(owner, kind="stable")
    moment = now[owner] - ages[order]
    moment = np.concatenate([np.sort(moment[owner == one]) for one in range(OWNERS)]) if events else moment
    told = Events(
        np.append(0, np.cumsum(lengths)),
        draw.integers(0, ITEMS, events).astype(np.int32),
        draw.choice([0, TAKEN, LOOKED, LOOKED | CARTED, RETURNED, RATED | TAKEN], events).astype(np.int8),
        draw.choice([1.0, 3.0, 5.0], events).astype(np.float32),
        (now[owner] - moment) / DAY,
        moment // DAY,
    )
    of_each = [np.sort(draw.permutation(ITEMS)[: draw.integers(0, ITEMS)]) for _ in range(OWNERS)]
    candidates = Lists(
        np.append(0, np.cumsum([len(items) for items in of_each])), np.concatenate(of_each).astype(np.int32)
    )
    known = Known(
        Items(
            tuple(draw.integers(-1, 4, ITEMS).astype(np.int32) for _ in range(3)),  # type: ignore[arg-type]
            draw.random(ITEMS, np.float32),
            draw.choice([0.0, 2.5, 7.0], ITEMS).astype(np.float32),
        ),
        draw.choice([np.nan, 0.3, 20.7], ITEMS).astype(np.float32),
        draw.choice([np.nan, 0.25, 3.0], (ITEMS, len(ItemFeatures._fields))).astype(np.float32),
        FROZEN - draw.integers(0, 300 * DAY, ITEMS),
        FROZEN - draw.integers(0, 300 * DAY, ITEMS),
    )
    pairs = (len(candidates.items), SOURCES)
    ranks = np.where(draw.random(pairs) < 0.5, np.nan, draw.integers(1, 200, pairs)).astype(np.float32)
    arguments = Sources(draw.random(pairs, np.float32), ranks), told, candidates, known, Moments(now, FROZEN, DAY)
    compiled, twin = features.features(*arguments), features_numpy.features(*arguments)
    assert compiled.shape == twin.shape
    np.testing.assert_array_equal(compiled, twin)
    assert np.isfinite(compiled).any(axis=0).all()
