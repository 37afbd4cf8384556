"""The online path: one request, top to bottom.

A request reads the shopper's newest events and what the catalogue says of the candidates from the database, so that a
click changes the very next shelf in every process, and what was just sold out is on none. Everything between happens in
memory, on the live bundle. If the database does not answer, the last known profile and catalogue are used, then the
popular shelf: a shelf says which, and is never an error.
"""

import uuid
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Self

from aisle.app.serving import request as requests
from aisle.app.serving.cache import Remembered
from aisle.app.serving.live_model import ModelWatch
from aisle.app.serving.reasons import reasons_of_shelf
from aisle.app.serving.request import Exclude, Request
from aisle.app.serving.shelf import Because, HistoryLine, Shelf, history_line, name_of, shelf_item
from aisle.app.serving.strategies import candidates, popular_items, retrieval_of
from aisle.app.serving.why import Why, why
from aisle.app.settings import MAIN_PLACEMENT, PlacementSection, Settings
from aisle.engine.shelf.fallback import Filled, fill
from aisle.shop import columns, moments
from aisle.shop.errors import InputError, NotFound, StorageError
from aisle.shop.events import EventKind
from aisle.shop.ids import UNKNOWN
from aisle.storage import events, items, people, rejects
from aisle.storage.connection import connect
from aisle.storage.events import EventRow
from aisle.storage.items import ItemRow
from aisle.storage.migrations import check
from aisle.storage.writer import EventWriter, Outcome

if TYPE_CHECKING:
    from aisle.ingest.batch import Batch  # the door brings Polars, which a shelf does without

PROFILE_EVENTS: Final = 1000
"""How many of a shopper's newest events make the profile."""

SIMILAR_PLACEMENT: Final = "similar-items"
"""The placement whose shelf shows what is like an item."""

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
        self._writer = EventWriter(self.db)
        self._profiles: Remembered[tuple[str | None, str | None], list[EventRow]] = Remembered(REMEMBERED)
        self._items: Remembered[str, ItemRow] = Remembered(REMEMBERED)

    # --- A shelf ------------------------------------------------------------------------------------------------------

    def recommend(
        self,
        user_id: str | None = None,
        n: int = 10,
        exclude: Exclude = "none",
        placement: str | None = None,
        *,
        session_id: str | None = None,
        item_id: str | None = None,
        cart: Sequence[str] = (),
        explain: bool = False,
    ) -> Shelf:
        """Return a shopper's shelf, of n items or all that there are.

        Parameters
        ----------
        user_id
            The shopper; None for a visitor of whom only the session is known.
        placement
            Where the shelf stands: one that every shop has, or of `aisle.toml`; without one, the main one.
        session_id
            The visit; what was done in it counts beside what is known of the shopper.
        item_id
            The item that the page is about.
        cart
            The items in the cart.
        explain
            Whether each item says why it stands there.

        Raises
        ------
        NoModel
            If nothing was trained yet, or not the placement's strategy.
        NotFound
            If there is no such placement.
        InputError
            If the placement is about an item, and none is named.
        """
        name, section = self.placement(placement)
        model = self.models.current()
        profile, away = self._profile(user_id, session_id)
        request = requests.read(model, profile, exclude, item_id, cart)
        asked = requests.to_asked(request, n, self._newest, section.objective)
        look_up = self._catalogue_of_one_request()
        filled = fill(
            candidates(section.strategy, asked),
            partial(popular_items, asked),
            partial(requests.put, request, section, look_up, n),
            n,
        )
        shelf = self._shelf(request, name, filled, look_up(request.numbers.ids(filled.shelved.items)), away)
        return shelf.explained(reasons_of_shelf(section, request, filled, look_up)) if explain else shelf

    def why(self, user_id: str, item_id: str, n: int = 10, placement: str | None = None) -> Why:
        """Return the way of one item to one shopper's shelf.

        Raises
        ------
        NoModel
            If nothing was trained yet, or not the placement's strategy.
        NotFound
            If there is no such placement, or the model does not know the item, or nothing of the shopper.
        InputError
            If the placement is not filled by a model that ranks items for shoppers.
        """
        name, section = self.placement(placement)
        model = self.models.current()
        retrieval = retrieval_of(section.strategy, model, section.objective)
        if retrieval is None:
            raise InputError(f"{name} is filled by {section.strategy}, which ranks nothing for a shopper; leave it out")
        profile = self._profile(user_id, None)[0]
        return why(
            model, retrieval.personal, profile, self._catalogue, user_id, item_id,
            placement=placement, rules=section.rules, n=n,
        )  # fmt: skip

    def similar(self, item_id: str, n: int = 10) -> Shelf:
        """Return the items most like one, as its page shows them.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        NotFound
            If the live model does not know the item.
        """
        if item_id not in self.models.current().items:
            raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
        return self.recommend(n=n, placement=SIMILAR_PLACEMENT, item_id=item_id)

    def placement(self, name: str | None) -> tuple[str, PlacementSection]:
        """Return a placement's name and what is set of it; None asks for the main one.

        Raises
        ------
        NotFound
            If there is no such placement.
        """
        name, placements = name or MAIN_PLACEMENT, self._settings.placements
        if name not in placements:
            raise NotFound(f"there is no placement {name!r} in aisle.toml; those there are: {', '.join(placements)}")
        return name, placements[name]

    def _profile(self, user_id: str | None, session_id: str | None) -> tuple[list[EventRow], bool]:
        """Return the newest events of a shopper and a session, newest first, and whether the database is away."""
        try:
            profile = events.of_user(self.db, user_id, PROFILE_EVENTS) if user_id else []
            if session_id:
                profile += events.of_session(self.db, session_id, PROFILE_EVENTS, nobodys=user_id is not None)
        except StorageError:
            return self._profiles.get((user_id, session_id)) or [], True
        profile = sorted(profile, key=attrgetter("timestamp"), reverse=True)[:PROFILE_EVENTS]
        self._profiles.put((user_id, session_id), profile)
        return profile, False

    def _newest(self, many: int) -> list[str]:
        """Return the catalogue's newest items; none if the database is away."""
        try:
            return items.newest(self.db, moments.now(), many)
        except StorageError:
            return []

    def _catalogue_of_one_request(self) -> Callable[[Sequence[str]], list[ItemRow | None]]:
        """Return what looks items up in the catalogue, each once."""
        read: dict[str, ItemRow | None] = {}

        def look_up(item_ids: Sequence[str]) -> list[ItemRow | None]:
            new = [one for one in item_ids if one not in read]
            found = self._catalogue(new) if new else {}
            read.update((one, found.get(one)) for one in new)
            return [read[one] for one in item_ids]

        return look_up

    def _shelf(
        self, request: Request, placement: str, filled: Filled, rows: Sequence[ItemRow | None], away: bool
    ) -> Shelf:
        """Put names, prices and predicted stars to the items of a shelf."""
        found, shown = filled.found, filled.shelved
        fallback = found.fallback
        if away:
            fallback = "popular_without_database" if fallback == "popular" else "last_known_profile"
        ids, stars = request.numbers.ids(shown.items), requests.stars_of(request, shown.items)
        lines = [shelf_item(*one) for one in zip(ids, rows, shown.scores.tolist(), stars, strict=True)]
        because = None if found.because == UNKNOWN else self._because(request.model.items.ids[found.because])
        return Shelf(lines, request.model.version, fallback, uuid.uuid4().hex, placement, because)

    def _because(self, item_id: str) -> Because:
        return Because(item_id, name_of(item_id, self._catalogue([item_id]).get(item_id)))

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

    def accept(self, batch: "Batch") -> list[Outcome]:
        """Store what came through the door: events for the next shelf, rejects for whoever mends them.

        Returns
        -------
        What became of each accepted event, in their order. Those stored are durable.

        Raises
        ------
        TryAgain
            If more events come than the database can take just now; then none of these is stored.
        """
        # The rejects first: they may be kept again at no cost, and events without an id of their own may not.
        rejects.add(self.db, batch.rejects)
        return self._writer.write(batch.accepted.rows())

    def feedback(self, user_id: str, item_id: str, rating: float) -> None:
        """Store a rating, now.

        Raises
        ------
        TryAgain
            As for `accept`.
        """
        values: dict[str, Any] = {
            columns.EVENT_ID: uuid.uuid4().hex,
            columns.EVENT: EventKind.RATE.value,
            columns.USER_ID: user_id,
            columns.ITEM_ID: item_id,
            columns.RATING: rating + 0.0,  # zero has no sign
            columns.TIMESTAMP: moments.now(),
        }
        self._writer.write([tuple(values.get(name) for name in columns.EVENTS)])

    def merge(self, anonymous_id: str, user_id: str) -> dict[str, int]:
        """Make what was stored under an anonymous id a known user's; return how many rows of each table changed.

        Raises
        ------
        InputError
            If the two ids are the same, or one is that of an erased person.
        """
        return people.merge(self.db, anonymous_id, user_id).rows

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
        """Store the events that still wait, and let go of the database."""
        self._writer.close()
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
