"""The online path: one request, top to bottom.

A request reads the shopper's newest events from the database, so that a click changes the very next shelf in every
process. Everything after that happens in memory, on the live bundle. If the database does not answer, the last known
profile is used, then the popular shelf: a shelf says which, and is never an error.
"""

import uuid
from collections.abc import Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from aisle.app.live_model import LiveModel, ModelWatch
from aisle.app.reasons import reasons_in_words
from aisle.app.remember import Remembered
from aisle.app.settings import Settings
from aisle.app.shelf import HistoryLine, Shelf, history_line, shelf_item
from aisle.app.why import Why, why
from aisle.engine.profile import as_list, as_of, to_query
from aisle.recommenders.query import Ranked
from aisle.recommenders.similar import similar
from aisle.shop import columns, moments
from aisle.shop.errors import NotFound, SettingsError, StorageError
from aisle.shop.events import EventKind
from aisle.shop.ids import UNKNOWN
from aisle.storage import events, items, rejects
from aisle.storage.connect import connect
from aisle.storage.events import EventRow
from aisle.storage.items import ItemRow
from aisle.storage.migrations import check
from aisle.storage.rows import Stored

if TYPE_CHECKING:
    from aisle.door.batch import Batch  # the door brings Polars, which a shelf does without

Exclude = Literal["none", "purchased"]

OWNING: Final = (EventKind.PURCHASE, EventKind.RATE)
"""What says that a shopper has an item: where there are stars, who rated it had it."""

PROFILE_EVENTS: Final = 1000
"""How many of a shopper's newest events make the profile."""

REMEMBERED: Final = 10_000
"""How many profiles, and how many items, a process keeps for the time that the database is away."""


class Live:
    """A shop that answers: share one between the threads of a process.

    Parameters
    ----------
    settings
        The shop's settings.

    Raises
    ------
    DatabaseUnavailable
        If the shop has no database yet, or it does not answer.
    SchemaError
        If its tables are of another version.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.db = connect(settings.database_url)
        check(self.db)
        self.models = ModelWatch(self.db, settings.bundles)
        self._profiles: Remembered[str, list[EventRow]] = Remembered(REMEMBERED)
        self._items: Remembered[str, ItemRow] = Remembered(REMEMBERED)

    # --- A shelf ------------------------------------------------------------------------------------------------------

    def recommend(
        self,
        user_id: str,
        n: int = 10,
        exclude: Exclude = "none",
        placement: str | None = None,
        *,
        explain: bool = False,
    ) -> Shelf:
        """Return a shopper's shelf, of n items or all that there are.

        Parameters
        ----------
        placement
            A placement of `aisle.toml`, filled by its strategy; without one, the personal model fills the shelf.
        explain
            Whether each item says why it stands there; that takes as long as the shelf itself.

        Raises
        ------
        NoModel
            If nothing was trained yet, or not the placement's strategy.
        NotFound
            If there is no such placement.
        """
        model = self.models.current()
        retrieval = model.retrieval(self._strategy(placement))
        profile, fallback = self._profile(user_id)
        query = to_query(profile, model.items, model.weights, as_of(profile, model.data_end))
        left_out = as_list(_purchased(profile), model.items) if exclude == "purchased" else None
        ranked, impersonal = retrieval.shelves(query, n, left_out)
        if impersonal[0]:
            fallback = "popular_without_database" if fallback else "popular"
        shelf = self._shelf(model, ranked, fallback, model.stars(query, _shown(ranked)))
        if not explain:
            return shelf
        personal = None if impersonal[0] else retrieval.personal
        return shelf.explained(reasons_in_words(model, personal, query, _shown(ranked), self._catalogue, left_out))

    def why(self, user_id: str, item_id: str, n: int = 10, placement: str | None = None) -> Why:
        """Return the way of one item to one shopper's shelf.

        Raises
        ------
        NoModel
            If nothing was trained yet, or not the placement's strategy.
        NotFound
            If there is no such placement, or the model does not know the item, or nothing of the shopper.
        """
        strategy, model = self._strategy(placement), self.models.current()
        profile = self._profile(user_id)[0]
        return why(model, profile, self._catalogue, user_id, item_id, placement=placement, strategy=strategy, n=n)

    def similar(self, item_id: str, n: int = 10) -> Shelf:
        """Return the items that the same shoppers like.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        NotFound
            If the live model does not know the item.
        """
        model = self.models.current()
        number = model.items.number(item_id)
        if number == UNKNOWN:
            raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
        if model.vectors is None:
            raise SettingsError(f"model {model.recipe.model!r} cannot compare items; train one that can, such as als")
        return self._shelf(model, similar(model.vectors, np.array([number], np.int32), n), None, None)

    def _strategy(self, placement: str | None) -> str | None:
        """Return the model that fills a placement, or None for the personal one."""
        if placement is None:
            return None
        placements = self._settings.placements
        if placement not in placements:
            known = ", ".join(placements) or "none"
            raise NotFound(f"there is no placement {placement!r} in aisle.toml; those there are: {known}")
        return placements[placement].strategy

    def _profile(self, user_id: str) -> tuple[list[EventRow], str | None]:
        """Return the shopper's newest events, and what they fell back to if the database is away."""
        try:
            profile = events.of_user(self.db, user_id, PROFILE_EVENTS)
        except StorageError:
            return self._profiles.get(user_id) or [], "last_known_profile"
        self._profiles.put(user_id, profile)
        return profile, None

    def _shelf(
        self, model: LiveModel, ranked: Ranked, fallback: str | None, stars: NDArray[np.float32] | None
    ) -> Shelf:
        """Put names, prices and predicted stars to the items of one query."""
        ids = [model.items.ids[number] for number in _shown(ranked)]
        known = self._catalogue(ids)
        scores, predicted = ranked.scores[0].tolist(), repeat(None) if stars is None else stars.tolist()
        shelf = [
            shelf_item(one, known.get(one), score, given)
            for one, score, given in zip(ids, scores, predicted, strict=False)
        ]
        return Shelf(shelf, model.version, fallback, uuid.uuid4().hex)

    def _catalogue(self, item_ids: Sequence[str]) -> dict[str, ItemRow]:
        """Return what the catalogue says of items, from memory if the database is away."""
        try:
            found = items.get(self.db, item_ids)
        except StorageError:
            return {one: row for one in item_ids if (row := self._items.get(one))}
        for one, row in found.items():
            self._items.put(one, row)
        return found

    # --- What shoppers do ---------------------------------------------------------------------------------------------

    def accept(self, batch: "Batch") -> Stored:
        """Store what came through the door: events for the next shelf, rejects for whoever mends them.

        The events are durable when this returns.
        """
        stored = events.store(self.db, batch.accepted)
        rejects.add(self.db, batch.rejects)
        return stored

    def feedback(self, user_id: str, item_id: str, rating: float) -> None:
        """Store a rating, now."""
        values: dict[str, Any] = {
            columns.EVENT_ID: uuid.uuid4().hex,
            columns.EVENT: EventKind.RATE.value,
            columns.USER_ID: user_id,
            columns.ITEM_ID: item_id,
            columns.RATING: rating,
            columns.TIMESTAMP: moments.now(),
        }
        events.store(self.db, [tuple(values.get(name) for name in columns.EVENTS)])

    def history(self, user_id: str, n: int = 10) -> list[HistoryLine]:
        """Return what a shopper did last, newest first."""
        rows = events.of_user(self.db, user_id, n)
        known = self._catalogue(list({row.item_id for row in rows}))
        return [history_line(row, known.get(row.item_id)) for row in rows]

    # --- About the shop -----------------------------------------------------------------------------------------------

    @property
    def shop_name(self) -> str:
        """What pages call the shop."""
        return self._settings.shop.name

    @property
    def simulated(self) -> bool:
        """Whether the data is made up."""
        return self._settings.shop.simulated

    def model_version(self) -> int | None:
        """Return the version of the live model, or None before the first training."""
        return self.models.version()

    def suggestions(self, n: int = 3) -> list[str]:
        """Return shoppers worth trying: those who did most lately."""
        return events.active_users(self.db, n)

    def close(self) -> None:
        """Let go of the database."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _shown(ranked: Ranked) -> NDArray[np.int32]:
    """Return the items of the first query, without the empty places."""
    first: NDArray[np.int32] = ranked.items[0]
    return first[first >= 0]


def _purchased(profile: Sequence[EventRow]) -> list[str]:
    return [row.item_id for row in profile if row.kind in OWNING]
