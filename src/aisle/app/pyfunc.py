"""The loader of models that older versions registered in MLflow; its module path is stored there."""

from aisle.app.tracking.flavour import _load_pyfunc

__all__ = ["_load_pyfunc"]
