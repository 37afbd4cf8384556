"""What a list says of items, in plain NumPy: what the kernel of `lists` computes."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def look_up(among: Ints, scores: Floats, otherwise: float, items: Ints, count: int) -> Floats:
    """Return the score of each item, (items,), and another one for those that are not among some.

    Parameters
    ----------
    among, scores
        Different items in any order, and their scores, (reached,).
    count
        The number of all items.
    """
    dense = np.full(count, otherwise, np.float32)
    dense[among] = scores
    found: Floats = dense[items]
    return found
