"""Models of the library implicit, which wants BLAS at one thread."""

from collections.abc import Mapping
from typing import Any, Final

from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

ALS: Final = "AlternatingLeastSquares"


def model_of(name: str, settings: Mapping[str, Any]) -> Any:
    """Return a model by the name of its class."""
    from implicit import nearest_neighbours
    from implicit.cpu.als import AlternatingLeastSquares

    return (AlternatingLeastSquares if name == ALS else getattr(nearest_neighbours, name))(**settings)


def fit(model: Any, matrix: csr_matrix) -> None:
    """Fit a model on a matrix (users, items)."""
    with threadpool_limits(limits=1, user_api="blas"):
        model.fit(matrix, show_progress=False)
