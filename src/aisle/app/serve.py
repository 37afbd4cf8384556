"""The online path: one request, top to bottom.

A request reads from the database the shopper's newest events, what changed in the catalogue, and which items of the
shelf are unavailable, so that a click changes the very next shelf in every process, and what was just sold out is on
none. Everything between happens in memory, on the live model. If the database does not answer, the last known profile
and catalogue are used, then the popular shelf: a shelf says which, and is never an error.
"""

from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import msgspec

from aisle.app.serving.acknowledgements import Acknowledgements
from aisle.app.serving.address_watch import AddressWatch
from aisle.app.serving.catalogue import LiveCatalogue
from aisle.app.serving.catalogue_watch import CatalogueWatch
from aisle.app.serving.connections import connections
from aisle.app.serving.erasure_watch import ErasureWatch
from aisle.app.serving.experiment_watch import ExperimentWatch, Seen
from aisle.app.serving.exploration import seed_of, share_to_explore
from aisle.app.serving.impression_log import ImpressionLog
from aisle.app.serving.key_ring import KeyRing
from aisle.app.serving.last_known import FOLDER, NOTHING, LastKnown
from aisle.app.serving.logins import Logins
from aisle.app.serving.model_watch import ModelWatch
from aisle.app.serving.paging import PagedShelves
from aisle.app.serving.placements import with_rules
from aisle.app.serving.profiles import Profile, Profiles
from aisle.app.serving.ratings import check_rating, rating_event
from aisle.app.serving.reasons import reasons_of_shelf
from aisle.app.serving.recommendation_ids import RecommendationIds
from aisle.app.serving.rules_watch import RulesWatch
from aisle.app.serving.search import Search
from aisle.app.serving.shared_shelves import Basis, SharedShelves, asked_by_many
from aisle.app.serving.shelf import (
    HistoryLine,
    Shelf,
    held_out,
    history_line,
    impression_of,
    to_shelf,
    without_database,
)
from aisle.app.serving.shown import shown_to
from aisle.app.serving.warming import warm_up
from aisle.app.serving.why import Why, why
from aisle.app.settings import Settings
from aisle.engine.exploring import explored
from aisle.engine.model import TrainedModel
from aisle.engine.ordering import best_first, taste
from aisle.engine.placement import Placement, place
from aisle.engine.query import ShelfQuery
from aisle.engine.request import MAIN_PLACEMENT, Exclude, ShelfRequest
from aisle.prepare.weigh import Weights
from aisle.shop import moments
from aisle.shop.errors import InputError, NotFound
from aisle.shop.events import ProfileEvent
from aisle.storage.catalogue import items
from aisle.storage.log import events
from aisle.storage.log.writer import PATIENCE_SECONDS, EventWriter, Outcome

if TYPE_CHECKING:
    from concurrent.futures import Future

    from aisle.ingest.api import Events  # ingest brings Polars, which a shelf does without
    from aisle.storage.work.models import ModelRow

SIMILAR_PLACEMENT: Final = "similar-items"
"""The placement whose shelf shows what is like an item."""


class Live:
    """A shop that answers: share one between the threads of a process.

    Parameters
    ----------
    copies
        Where the workers of a server keep checked copies of bundles; None outside of one, where a database that does
        not answer is waited for.

    Raises
    ------
    DatabaseUnavailable
        If the shop has no database yet, or it does not answer and no server of this shop ran before.
    SchemaError
        If its tables are of another version.
    """

    def __init__(self, settings: Settings, copies: Path | None = None) -> None:
        self.settings = settings
        self.stars = Weights.parse(settings.weights).scale
        last_known = NOTHING if copies is None else LastKnown(settings.bundles / FOLDER)
        self.db, self._reads = connections(settings, last_known, in_server=copies is not None)
        self.rules_watch = RulesWatch(self._reads, settings, last_known)
        self.catalogue_watch = CatalogueWatch(self.db, self._reads, last_known)
        prepare = self.catalogue_watch.prepare if copies is None else self._prepare
        bestsellers = None if copies is None else self._bestsellers
        self.model_watch = ModelWatch(self._reads, settings.bundles, copies, prepare, last_known, bestsellers)
        self.experiment_watch = ExperimentWatch(self._reads, self.model_watch.load)
        self.keys = KeyRing(self._reads, settings.sealing_key, last_known)
        self.logins = Logins(self.db, self._reads)
        self.writer = EventWriter(self.db, votes_per_address=settings.serve.votes_per_address)
        self._acknowledgements = Acknowledgements(PATIENCE_SECONDS)
        self.impressions = ImpressionLog(self.db)
        self.recommendation_ids = RecommendationIds(self.db, self._reads)
        self.profiles = Profiles(self._reads)
        self.erasures = ErasureWatch(self._reads, self.profiles)
        self.addresses = AddressWatch(self.db)
        self.paged = PagedShelves(self.db)
        self._shared = SharedShelves()
        self.search = Search(self.db, self.model_watch, self.profiles)

    def _prepare(self, model: TrainedModel) -> None:
        self.catalogue_watch.prepare(model)
        warm_up(model, self.placements, self.filled)

    def _bestsellers(self, row: "ModelRow") -> TrainedModel:
        from aisle.app.serving.bestsellers import bestsellers

        return bestsellers(self.db, self.settings, row)

    @property
    def placements(self) -> dict[str, Placement]:
        """Every placement by name, as `aisle.toml` and the team's published rules say at this moment."""
        return self.rules_watch.current()

    # --- A shelf ------------------------------------------------------------------------------------------------------

    def shelf(self, request: ShelfRequest) -> Shelf:
        """Return the shelf that a request asks for, of n items or all that there are.

        Raises
        ------
        NoModel
            If nothing was trained yet, or not the placement's strategy.
        NotFound
            If there is no such placement.
        InputError
            If the placement is about an item, and none is named.
        """
        profile = self.profiles.of(request.user_id, request.session_id)
        return self.filled(request, profile, self.model_watch.current())

    def filled(self, request: ShelfRequest, profile: Profile, model: TrainedModel) -> Shelf:
        """Return a shelf of a page: of one profile and one model, as `shelf` reads them for a single one."""
        placements = self.placements
        seen = self.experiment_watch.seen_by(placements, request, model)
        shelf = self.as_seen(seen, placements, request, profile)
        return msgspec.structs.replace(shelf, variant=seen.variant, strategy=seen.placement.strategy.name)

    def as_seen(self, seen: Seen, placements: dict[str, Placement], request: ShelfRequest, profile: Profile) -> Shelf:
        """Return a shelf as somebody sees it who may take part in experiments."""
        if seen.is_holdout:
            return held_out(request.placement, seen.model.version, self.recommendation_ids.new())
        # A page may add rules to those of the placement, and try out events that are stored nowhere.
        placement, model = with_rules(seen.placement, request.rules), seen.model
        asked = None if profile.away else asked_by_many(request, placement, profile.events, model, seen.variant)
        known = self.catalogue_watch.held_of(model)
        if asked and known and (found := self._shared.find(self._reads, asked, Basis(known, placements))):
            return msgspec.structs.replace(found, recommendation_id=self.recommendation_ids.new())
        query, catalogue = self.query(request, placement, profile, model)
        proposals = placement.strategy.propose(query)
        placed, recommendation_id = place(placement, query, proposals), self.recommendation_ids.new()
        if share := share_to_explore(self._reads, request, placement, profile):
            placed = explored(placed, placement, query, share, seed_of(recommendation_id))
        shelf = to_shelf(placed, query, catalogue, placement.name, recommendation_id)
        if asked and catalogue.is_as_held:
            self._shared.keep(asked, Basis(catalogue.held, placements), shelf)
        if request.explain:
            shelf = shelf.explained(reasons_of_shelf(placement, query, placed, catalogue))
        return without_database(shelf, knows_profile=not profile.away) if profile.away or catalogue.is_old else shelf

    def query(
        self, request: ShelfRequest, placement: Placement, profile: Profile, model: TrainedModel
    ) -> tuple[ShelfQuery, LiveCatalogue]:
        """Return a request in the model's numbers, with what was shown in vain, and the catalogue."""
        catalogue = LiveCatalogue(model.items, self.catalogue_watch.current(model), self._reads)
        deeds, visits = [*request.tried, *profile.events], placement.rules.fatigue
        query = ShelfQuery.of_events(request, deeds, model, catalogue, placement.objective)
        if not visits or not request.user_id or not profile.events or profile.away:
            return query, catalogue
        now = moments.now()
        shown = shown_to(self._reads, request.user_id, placement, deeds, model, now)
        return query.after(shown, visits, now), catalogue

    def shelf_to_show(self, request: ShelfRequest) -> Shelf:
        """Return a shelf as `shelf` does, and note that a shopper sees it."""
        shelf = self.shelf(msgspec.structs.replace(request, explore=True))
        self.note_shown(shelf, request)
        return shelf

    def note_shown(self, shelf: Shelf, request: ShelfRequest, first: int = 1) -> None:
        """Store the impression that a shopper sees a shelf, or a page of one whose items stand from `first` on."""
        self.impressions.add(impression_of(shelf, request, moments.now(), first))

    def page(self, request: ShelfRequest, placements: Sequence[str], *, to_show: bool = False) -> list[Shelf]:
        """Return the shelves of a page, of one profile and one model; an item stands on the first that has it.

        The request is the same for all placements but for their names, the most important first. With `to_show`, a
        shopper sees the shelves, as those of `shelf_to_show`.

        Raises
        ------
        InputError
            If a placement is named twice; and as for `shelf`.
        """
        if len(set(placements)) < len(placements):
            raise InputError(f"a placement is named twice in {', '.join(placements)}; name each once")
        profile = self.profiles.of(request.user_id, request.session_id)
        model, shelves = self.model_watch.current(), list[Shelf]()
        for placement in placements:
            above = (*request.exclude_ids, *(item.item_id for shelf in shelves for item in shelf.items))
            asked = msgspec.structs.replace(request, placement=placement, exclude_ids=above, explore=to_show)
            shelves.append(self.filled(asked, profile, model))
        for shelf in shelves if to_show else ():
            self.note_shown(shelf, msgspec.structs.replace(request, placement=shelf.placement))
        return shelves

    def as_if_away(self) -> "Live":
        """Return this shop as it would answer if its database did not: by the same code, with what is in memory."""
        away = copy(self)
        away._reads = self._reads.as_if_away()
        away.profiles = self.profiles.read_from(away._reads)
        return away

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
        """Return a shopper's shelf, as `shelf` does; parameters as of `ShelfRequest`."""
        return self.shelf(
            ShelfRequest(
                user_id=user_id,
                session_id=session_id,
                placement=placement or MAIN_PLACEMENT,
                item_id=item_id,
                cart=tuple(cart),
                n=n,
                exclude=exclude,
                explain=explain,
            )
        )

    def why(
        self,
        user_id: str,
        item_id: str,
        n: int = 10,
        placement: str | None = None,
        tried: tuple[ProfileEvent, ...] = (),
    ) -> Why:
        """Return the way of one item to one shopper's shelf; `tried` as of `ShelfRequest`.

        Raises
        ------
        NoModel
            If nothing was trained yet, or not the placement's strategy.
        NotFound
            If there is no such placement, or the model does not know the item, or nothing of the shopper.
        InputError
            If the placement is not filled by a model that ranks items for shoppers.
        """
        request = ShelfRequest(user_id=user_id, n=n, placement=placement or MAIN_PLACEMENT, tried=tried)
        profile = self.profiles.of(user_id, None)
        where, model, *_ = self.experiment_watch.seen_by(self.placements, request, self.model_watch.trained())
        return why(where, *self.query(request, where, profile, model), user_id, item_id)

    def similar(self, item_id: str, n: int = 10) -> Shelf:
        """Return the items most like one, as its page shows them.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        NotFound
            If the live model does not know the item.
        """
        if item_id not in self.model_watch.current().items:
            raise NotFound(f"the live model knows no item {item_id!r}; one with events joins at the next aisle train")
        return self.shelf(ShelfRequest(placement=SIMILAR_PLACEMENT, item_id=item_id, n=n))

    def rank(self, item_ids: Sequence[str], user_id: str | None, session_id: str | None) -> list[tuple[str, float]]:
        """Return items in the order of a shopper's taste, with how much they like each; NaN where nobody can say.

        Raises
        ------
        NoModel
            If nothing was trained yet.
        """
        profile = self.profiles.of(user_id, session_id).events
        scores = taste(self.model_watch.current(), profile, item_ids)
        return [(item_ids[place], float(scores[place])) for place in best_first(scores)]

    # --- What shoppers do ---------------------------------------------------------------------------------------------

    def submit(self, checked: "Events", address: str | None = None) -> "Future[list[Outcome]]":
        """Hand over checked events, the accepted ones for the next shelf, as `EventWriter.submit` does.

        Returns
        -------
        The outcome of each accepted event, in their order, once those stored are durable. `acknowledged` waits for it.

        Raises
        ------
        TryAgain
            If more events come than the database can take just now; then none of these is stored.
        """
        return self.writer.submit(checked.accepted, checked.rejects, address)

    def submit_rating(
        self,
        user_id: str,
        item_id: str,
        rating: float,
        event_id: str | None = None,
        recommendation_id: str | None = None,
        address: str | None = None,
    ) -> "Future[list[Outcome]]":
        """Hand over a rating of this moment, as `submit` does events.

        Raises
        ------
        InputError
            If it is not on the shop's scale.
        """
        event = rating_event(user_id, item_id, rating, self.stars, event_id, recommendation_id)
        return self.writer.submit([event], address=address)

    def feedback(self, user_id: str, item_id: str, rating: float) -> None:
        """Store a rating, now.

        Raises
        ------
        InputError
            If it is not on the shop's scale, or the database does not take it: the person was erased.
        StorageError
            If the database cannot be used, or does not answer in time.
        """
        check_rating(user_id, self.writer.outcomes(self.submit_rating(user_id, item_id, rating)))

    async def acknowledged(self, outcomes: "Future[list[Outcome]]") -> list[Outcome]:
        """Wait for what `submit` returned without holding a thread.

        Raises
        ------
        StorageError
            As for `feedback`.
        """
        try:
            return await self._acknowledgements.of(outcomes)
        except TimeoutError:
            raise self.writer.too_slow() from None

    def history(self, user_id: str, n: int = 10) -> list[HistoryLine]:
        """Return what a shopper did last, newest first."""
        rows = events.history(self.db, user_id, n)
        known = items.facts(self.db, list({row.item_id for row in rows}))
        return [history_line(row, known.get(row.item_id)) for row in rows]

    # --- About the shop -----------------------------------------------------------------------------------------------

    def model_version(self) -> int | None:
        """Return the version of the live model, or None before the first training."""
        return self.model_watch.version()

    @property
    def is_database_away(self) -> bool:
        """Whether the database is known not to answer."""
        return self._reads.breaker is not None and self._reads.breaker.is_open

    @property
    def reads_file(self) -> bool:
        """Whether the database is a file, of which a read waits for nobody."""
        return self._reads.is_file

    def close(self) -> None:
        """Store the events and impressions that still wait, and close the database."""
        self.model_watch.close()
        self.experiment_watch.close()
        self.erasures.close()
        self.addresses.close()
        self.writer.close()
        self.impressions.close()
        self._reads.close()
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
