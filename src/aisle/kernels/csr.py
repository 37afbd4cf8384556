"""Sparse matrices as three arrays, as kernels read them."""

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
        """The number of entries of each row, (rows,)."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> NDArray[np.int64]:
        """The row of each entry, (entries,)."""
        if len(self.indptr) == 2:
            return np.zeros(len(self.indices), np.int64)
        return np.repeat(np.arange(len(self.indptr) - 1), self.counts)

    def take(self, rows: NDArray[np.integer]) -> "CSR":
        """Return some rows, in the given order."""
        counts = self.counts[rows]
        indptr = np.concatenate(([0], np.cumsum(counts)))
        places = np.arange(indptr[-1]) + np.repeat(self.indptr[rows] - indptr[:-1], counts)
        return CSR(indptr, self.indices[places], self.values[places])

    def transposed(self, columns: int) -> "CSR":
        """Return the transpose (columns, rows); the entries of each column stay in the order of their rows."""
        # Not needed to answer a query, and SciPy takes time to import.
        from scipy.sparse import csr_array

        shape = len(self.indptr) - 1, columns
        matrix = csr_array((self.values, self.indices, self.indptr), shape=shape).T.tocsr()
        return CSR(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32, copy=False), matrix.data)
