"""Scores of different models made comparable and added up, rows in parallel; the twin is `standard_numpy`."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.compiling import FilledFlags, FilledFloatRows, FloatRows, Floats, kernel
from aisle.kernels.threads import blocks, share_out

_ROWS: Final = 16


def add_standardised(total: Floats, scores: Floats, weight: float) -> NDArray[np.bool_]:
    """Add weight × standardised scores to a total, as `standard_numpy.add_standardised` does."""
    scored = np.empty(len(scores), np.bool_)

    def add(start: int, stop: int) -> None:
        _add_standardised(scores[start:stop], weight, total[start:stop], scored[start:stop])

    share_out(add, blocks(len(scores), _ROWS))
    return scored


@kernel
def _add_standardised(scores: FloatRows, weight: float, total: FilledFloatRows, scored: FilledFlags) -> None:
    for row in range(len(scores)):
        values = scores[row]
        count, added, spread = 0, 0.0, 0.0
        for i in range(len(values)):
            there = not np.isnan(values[i])
            count += there
            added += float(values[i]) if there else 0.0
        mean = added / max(count, 1)
        for i in range(len(values)):
            distance = values[i] - mean
            spread += distance * distance if not np.isnan(values[i]) else 0.0
        scored[row] = count > 0
        if spread > 0:
            factor = np.float32(weight / np.sqrt(spread / count))
            middle = np.float32(mean)
            for i in range(len(values)):
                total[row, i] += factor * (values[i] - middle) if not np.isnan(values[i]) else np.float32(0)
