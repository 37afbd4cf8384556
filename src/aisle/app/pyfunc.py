"""Where MLflow looks for the loader of models that were registered by older versions."""

from aisle.app.tracking.flavour import _load_pyfunc

__all__ = ["_load_pyfunc"]
