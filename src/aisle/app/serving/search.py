"""A search: the items whose words fit, and among those that fit equally well, a shopper's taste."""

from typing import Final

from aisle.app.serving.model_watch import ModelWatch
from aisle.app.serving.profiles import Profiles
from aisle.engine.ordering import by_relevance, taste
from aisle.shop.errors import BundleError, NoModel
from aisle.storage.catalogue import browse
from aisle.storage.catalogue.browse import ItemFilter
from aisle.storage.connection import Database

MOST_FOUND: Final = 400
"""How many items a search finds at most."""


class Search:
    """The search of a shop."""

    def __init__(self, db: Database, models: ModelWatch, profiles: Profiles) -> None:
        self._db = db
        self._models = models
        self._profiles = profiles

    def find(self, wanted: ItemFilter, user_id: str | None = None, session_id: str | None = None) -> list[str]:
        """Return the `MOST_FOUND` items that fit a text best, the best first; without a model, by their words alone."""
        found = browse.search(self._db, wanted, MOST_FOUND)
        item_ids = [match.item_id for match in found]
        try:
            model = self._models.current()
        except (NoModel, BundleError):
            return item_ids
        scores = taste(model, self._profiles.of(user_id, session_id).events, item_ids)
        return [item_ids[place] for place in by_relevance([match.relevance for match in found], scores)]
