"""Sparse rows as three arrays: what rating kernels read."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class CSR(NamedTuple):
    """Row `r` holds `values[indptr[r]:indptr[r + 1]]` in the columns `indices[indptr[r]:indptr[r + 1]]`."""

    indptr: NDArray[np.int64]
    """(rows + 1,)."""
    indices: NDArray[np.int32]
    """(entries,)."""
    values: NDArray[np.float32]
    """(entries,)."""

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many entries each row has, (rows,)."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each entry, (entries,)."""
        return np.repeat(np.arange(len(self.indptr) - 1), self.counts)

    def take(self, rows: NDArray[np.integer]) -> "CSR":
        """Return the given rows, in the order given."""
        counts = self.counts[rows]
        indptr = np.concatenate(([0], np.cumsum(counts)))
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], counts)
        return CSR(indptr, self.indices[places], self.values[places])

    def transposed(self, columns: int) -> "CSR":
        """Return the same entries by column; those of a column in the order of their rows."""
        order = np.argsort(self.indices, kind="stable")
        indptr = np.zeros(columns + 1, np.int64)
        np.cumsum(np.bincount(self.indices, minlength=columns), out=indptr[1:])
        return CSR(indptr, self.rows[order].astype(np.int32), self.values[order])
