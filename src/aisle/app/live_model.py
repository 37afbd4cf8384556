"""The model that is live: loaded once, and again when the registry names another."""

import logging
import threading
import time
from pathlib import Path
from typing import Final, NamedTuple

from aisle.app.recipe import Recipe
from aisle.engine.retrieval import Retrieval
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.prepare.weigh import Weights
from aisle.shop.errors import AisleError, NoModel
from aisle.shop.ids import Vocabulary
from aisle.storage.connect import Database

PERSONAL: Final = "personal"
POPULAR: Final = "popular"
"""The roles of a bundle's recommenders."""

CHECK_SECONDS: Final = 1.0
"""How old the answer to "which model is live?" may be."""

_log = logging.getLogger(__name__)


class LiveModel(NamedTuple):
    """A trained model, ready to answer."""

    version: int
    retrieval: Retrieval
    items: Vocabulary
    weights: Weights
    data_end: int
    """The moment at which the training data ended."""


class ModelWatch:
    """Keeps the live model in memory and follows promotions and rollbacks within about a second."""

    def __init__(self, db: Database, bundles: Path) -> None:
        self._db = db
        self._bundles = bundles
        self._model: LiveModel | None = None
        self._checked = -CHECK_SECONDS
        self._lock = threading.Lock()

    def current(self) -> LiveModel:
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
        """Load the live model if it is another one; a model in memory outlives a database or bundle that fails."""
        if time.monotonic() - self._checked < CHECK_SECONDS:
            return
        try:
            row = registry.live(self._db)
            if row and (self._model is None or row.version != self._model.version):
                self._model = _ready(row.version, registry.load(self._bundles, row), Recipe.parse(row.recipe))
        except AisleError as error:
            if self._model is None:
                raise
            _log.warning("keeping model %s: %s", self._model.version, error)
        self._checked = time.monotonic()


def _ready(version: int, bundle: Bundle, recipe: Recipe) -> LiveModel:
    retrieval = Retrieval(bundle.recommenders[PERSONAL], bundle.recommenders[POPULAR])
    data_end = bundle.manifest.window[1] if bundle.manifest.window else bundle.manifest.created
    return LiveModel(version, retrieval, bundle.items, recipe.weights, data_end)
