"""The live model, which is loaded again when the registry names another one."""

import logging
import threading
import time
from pathlib import Path
from typing import Final

from aisle.engine.model import TrainedModel
from aisle.engine.recipe import Recipe
from aisle.kernels.threads import hold_blas
from aisle.models import registry
from aisle.shop.errors import AisleError, NoModel
from aisle.storage.connection import Database
from aisle.storage.models import ModelRow

CHECK_SECONDS: Final = 1.0
"""How old the answer to "which model is live?" may be."""

_log = logging.getLogger(__name__)


class ModelWatch:
    """Keeps the live model in memory and follows promotions and rollbacks within about a second.

    Parameters
    ----------
    db
        Where the registry is.
    bundles
        The folder with the bundles.
    """

    def __init__(self, db: Database, bundles: Path) -> None:
        self._db = db
        self._bundles = bundles
        self._model: TrainedModel | None = None
        self._row: ModelRow | None = None
        self._checked = -CHECK_SECONDS
        self._lock = threading.Lock()

    def current(self) -> TrainedModel:
        """Return the live model.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        """
        if time.monotonic() - self._checked >= CHECK_SECONDS:
            with self._lock:
                self._refresh()
        if self._model is None:
            raise NoModel("no model yet; run aisle train")
        return self._model

    def version(self) -> int | None:
        """Return the live model's version, or None before the first training."""
        try:
            return self.current().version
        except NoModel:
            return None

    def _refresh(self) -> None:
        """Load the live model if it is another one; if the database or the bundle fails, the old model stays."""
        if time.monotonic() - self._checked < CHECK_SECONDS:
            return
        try:
            row = registry.live(self._db)
            if row and not self._is_loaded(row):
                self._model = TrainedModel.of_bundle(
                    row.version, registry.load(self._bundles, row), Recipe.parse(row.recipe)
                )
                self._row = row
                hold_blas()
        except AisleError as error:
            if self._model is None:
                raise
            _log.warning("keeping model %s: %s", self._model.version, error)
        self._checked = time.monotonic()

    def _is_loaded(self, row: ModelRow) -> bool:
        """Return whether a row names the model in memory: version 1 of another shop is another model."""
        return self._row is not None and (row.version, row.created) == (self._row.version, self._row.created)
