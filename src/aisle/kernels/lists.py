"""What a list says of items, looked up without a search; the twin is `lists_numpy`."""

import numpy as np

from aisle.kernels import scratch
from aisle.kernels.compiling import FilledFloats, FilledInts, Floats, Ints, kernel


def look_up(among: Ints, scores: Floats, otherwise: float, items: Ints, count: int) -> Floats:
    """Return the score of each item, as `lists_numpy.look_up` does."""
    found = np.empty(len(items), np.float32)
    _look_up(among, scores, np.float32(otherwise), np.ascontiguousarray(items), scratch.zeros(count, np.int32), found)
    return found


@kernel
def _look_up(
    among: Ints, scores: Floats, otherwise: np.float32, items: Ints, places: FilledInts, found: FilledFloats
) -> None:
    """Find the score of each item; `places` holds zeros, before and after."""
    for i in range(len(among)):
        places[np.uint32(among[i])] = i + 1
    for i in range(len(items)):
        place = places[np.uint32(items[i])]
        found[i] = scores[place - 1] if place > 0 else otherwise
    for i in range(len(among)):
        places[np.uint32(among[i])] = 0
