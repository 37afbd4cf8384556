"""The model that is live: loaded once, and again when the registry names another."""

import logging
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from aisle.app.recipe import PERSONAL, POPULAR, STARS, Recipe
from aisle.engine.retrieval import Retrieval
from aisle.models import registry
from aisle.models.bundle import Bundle
from aisle.prepare.weigh import Weights
from aisle.recommenders.abilities import PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import QueryBatch
from aisle.shop.errors import AisleError, NoModel
from aisle.shop.ids import Vocabulary
from aisle.storage.connect import Database

CHECK_SECONDS: Final = 1.0
"""How old the answer to "which model is live?" may be."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class LiveModel:
    """A trained model, ready to answer.

    Attributes
    ----------
    recommenders
        By role.
    data_end
        The moment at which the training data ended.
    """

    version: int
    recommenders: dict[str, Recommender[Any]]
    items: Vocabulary
    weights: Weights
    data_end: int

    @property
    def personal(self) -> Recommender[Any]:
        """The model that knows shoppers."""
        return self.recommenders[PERSONAL]

    def retrieval(self, strategy: str | None = None) -> Retrieval:
        """Return what fills a shelf: the personal model, or the one that a placement asks for.

        Raises
        ------
        NoModel
            If the live bundle has no such model.
        """
        by_name = {one.name: one for one in self.recommenders.values()}
        if strategy is not None and strategy not in by_name:
            raise NoModel(f"the live model has no {strategy!r}; run aisle train now that a placement asks for it")
        filling = self.recommenders[PERSONAL] if strategy is None else by_name[strategy]
        return Retrieval(filling, self.recommenders[POPULAR])

    def stars(self, query: QueryBatch, items: NDArray[np.int32]) -> NDArray[np.float32] | None:
        """Return the stars that one shopper would give to items, (items,), or None if nothing here predicts them."""
        model = self.recommenders.get(STARS, self.recommenders[PERSONAL])
        if not isinstance(model, PredictsRatings):
            return None
        return model.stars(model.score(query, items)[0])


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
    data_end = bundle.manifest.window[1] if bundle.manifest.window else bundle.manifest.created
    return LiveModel(version, bundle.recommenders, bundle.items, recipe.weights, data_end)
