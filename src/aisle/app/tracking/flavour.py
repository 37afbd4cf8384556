"""A bundle as an MLflow model: for `mlflow models serve`, a notebook, or a table of shoppers.

It only ranks. Rules, stock and prices belong to the shop: `aisle serve` applies them.
"""

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from aisle.app.serving.profiles import PROFILE_EVENTS
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.engine.placement import Placement, place
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.recipe import PERSONAL, Recipe
from aisle.engine.request import MAIN_PLACEMENT, ShelfRequest
from aisle.engine.strategies import STRATEGIES
from aisle.engine.vocabulary import RequestVocabulary
from aisle.models import bundle as bundles
from aisle.shop.errors import InputError, StorageError
from aisle.shop.events import EventKind, ProfileEvent
from aisle.storage.connection import Database, connect
from aisle.storage.log import events

DEFAULT_N: Final = 10
"""How many items are returned by default."""

PERSONAL_SHELF: Final = Placement(MAIN_PLACEMENT, STRATEGIES[PERSONAL])
"""The placement that is answered: the personal model, without rules."""

MAX_N: Final = 1000
"""How many items are returned at most."""

CARD: Final[dict[str, Any]] = {
    "loader_module": __name__,
    "signature": {
        "inputs": json.dumps(
            [
                {"name": "user_id", "type": "string", "required": False},
                {"name": "history", "type": "array", "items": {"type": "string"}, "required": False},
            ]
        ),
        "outputs": json.dumps(
            [
                {"name": "items", "type": "array", "items": {"type": "string"}},
                {"name": "scores", "type": "array", "items": {"type": "double"}},
                {"name": "popular", "type": "boolean"},
            ]
        ),
        "params": json.dumps([{"name": "n", "type": "long", "default": DEFAULT_N, "shape": None}]),
    },
}
"""What MLflow needs to know of a bundle: its loader and its signature."""

_log = logging.getLogger(__name__)


class Scorer:
    """Recommends items to a table of shoppers.

    Parameters
    ----------
    db
        The shop's database, for shoppers whose history is not in the request; None without one.
    """

    def __init__(self, model: TrainedModel, db: Database | None) -> None:
        self._model = model
        self._db = db

    def predict(self, table: Any, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Return the items of each row, best first.

        Parameters
        ----------
        table
            A pandas data frame with `user_id`, `history` or both. A history holds the ids of items, oldest first, and
            counts as purchases; without one, it is read from the shop's database.
        params
            `n`, how many items.

        Returns
        -------
        For each row its `items`, their `scores` (null for popular items that fill the list up), and whether it is the
        `popular` shelf, which is that of shoppers without a history.

        Raises
        ------
        InputError
            If n is out of range, or an id is not a string.
        """
        n = int((params or {}).get("n", DEFAULT_N))
        if not 1 <= n <= MAX_N:
            raise InputError(f"n = {n}; ask for 1 to {MAX_N} items")
        # Every missing value of pandas becomes None.
        rows = table.astype(object).where(table.notna(), None).to_dict("records")
        return [self._answer(row, n) for row in rows]

    def _answer(self, row: Mapping[str, Any], n: int) -> dict[str, Any]:
        model = self._model
        catalogue = NoCatalogue(RequestVocabulary(model.items), np.zeros(0, np.int32))
        query = ShelfQuery.of_events(ShelfRequest(n=n), self._profile(row), model, catalogue)
        shelf = place(PERSONAL_SHELF, query, PERSONAL_SHELF.strategy.propose(query))
        return {
            "items": catalogue.vocabulary.ids(shelf.items),
            "scores": [None if np.isnan(score) else score for score in shelf.scores.tolist()],
            "popular": shelf.proposal.fallback is not None,
        }

    def _profile(self, row: Mapping[str, Any]) -> list[ProfileEvent]:
        history, user_id = row.get("history"), row.get("user_id")
        if history is not None and len(history):
            items = [_text(item_id, "history") for item_id in history]
            newest_first = reversed(list(enumerate(items)))
            return [
                ProfileEvent(item_id, EventKind.PURCHASE, self._model.data_end + order)
                for order, item_id in newest_first
            ]
        if user_id is not None and self._db is not None:
            return list(events.of_user(self._db, _text(user_id, "user_id"), PROFILE_EVENTS))
        return []


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name} {value!r} is not a string; write ids in quotes")
    return value


def _load_pyfunc(path: str) -> Scorer:
    """Load a bundle; MLflow looks for a function of this name."""
    folder = Path(path)
    bundle = bundles.load(folder)
    return Scorer(TrainedModel.of_bundle(int(folder.name), bundle, Recipe.parse(bundle.manifest.recipe)), _database())


def _database() -> Database | None:
    """Return the database of the shop in this folder, or of `AISLE_DATABASE__URL`, if it answers."""
    try:
        db = connect(Settings.read(Path()).database_url)
        with db.read():
            return db
    except StorageError as error:
        _log.warning("only histories in requests are known (%s); set AISLE_DATABASE__URL", error)
        return None
