"""The live model, which is loaded again when the registry names another one or its bundle holds something else."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from aisle.app.serving.last_known import MODEL, NOTHING, LastKnown
from aisle.app.serving.private_bundles import PrivateBundles
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import Recipe
from aisle.kernels.threads import hold_blas
from aisle.models import fresh, registry
from aisle.shop.errors import (
    AisleError,
    BundleError,
    DatabaseUnavailable,
    NoModel,
    SettingsError,
    StillUnavailable,
)
from aisle.storage.connection import Database
from aisle.storage.work.models import ModelRow

CHECK_SECONDS: Final = 1.0
"""How old the answer to "which model is live?" may be."""

RETRY_SECONDS: Final = 60.0
"""After how long a damaged bundle is looked at again: its files may be restored from a backup."""

_log = logging.getLogger(__name__)


class _Content(NamedTuple):
    """What tells two models apart: version 1 of another shop is another model, and a bundle may be replaced."""

    version: int
    created: int
    digest: str


class _Refused(NamedTuple):
    """A live model that proved to be damaged."""

    content: _Content
    promoted: int | None
    """When it was made live: whoever does that again has mended it."""
    why: BundleError
    until: float
    """When it is looked at again, by the clock of `time.monotonic`."""


class ModelWatch:
    """Keeps the live model in memory and follows promotions and rollbacks within about a second.

    Whoever asks for the model may wait while another one is loaded, unless `follow` does that in a thread.

    Parameters
    ----------
    copies
        Where the workers of a server keep checked copies of them; None: the bundles are used as they are.
    prepare
        Called with each model before requests see it.
    last_known
        Where the live model's row is kept for a start while the database is away.
    bestsellers
        Counts bestsellers in the database where no bundle is sound, given the row of the live model; None: nobody does.
    """

    def __init__(
        self,
        db: Database,
        bundles: Path,
        copies: Path | None = None,
        prepare: Callable[[TrainedModel], None] = lambda _: None,
        last_known: LastKnown = NOTHING,
        bestsellers: Callable[[ModelRow], TrainedModel] | None = None,
    ) -> None:
        self._db = db
        self._bundles = bundles
        self._prepare = prepare
        self._last_known = last_known
        self._bestsellers = bestsellers
        self._private = None if copies is None else PrivateBundles(bundles, copies)
        self._model: TrainedModel | None = None
        self._content: _Content | None = None
        self._refused: _Refused | None = None
        self._is_searched = False
        self._is_untrained = False
        self._told = ""
        self._fresh: Path | None = None
        self._checked = -CHECK_SECONDS
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def current(self) -> TrainedModel:
        """Return the live model; where its bundle is damaged, the one before it; without one, bestsellers alone.

        Raises
        ------
        NoModel
            If nothing was trained yet; once `follow` was called, also if none can be used.
        BundleError
            If no bundle of a model that was ever live is sound, and nobody counts bestsellers.
        StorageError
            If the database does not answer.
        """
        if self._thread is None and time.monotonic() - self._checked >= CHECK_SECONDS:
            with self._lock:
                if time.monotonic() - self._checked >= CHECK_SECONDS:
                    self._refresh()
        if self._model is None:
            untrained, unusable = "no model yet; run aisle train", "no model can be used now; the server's log says why"
            raise NoModel(untrained if self._is_untrained else unusable)
        return self._model

    def trained(self) -> TrainedModel:
        """Return the model as `current` does, for what means nothing where bestsellers stand in for it.

        Raises
        ------
        NoModel
            As of `current`, and if they do.
        """
        model = self.current()
        if model.only_bestsellers:
            raise NoModel("all models are damaged; run aisle train")
        return model

    def load(self, version: int) -> TrainedModel:
        """Load another model beside the live one.

        Raises
        ------
        NotFound
            If there is no model of this version.
        BundleError
            If its bundle is damaged.
        """
        row = registry.get(self._db, version)
        with self._lock:
            return self._load(row, registry.digest(self._bundles, row))

    def version(self) -> int | None:
        """Return the live model's version, or None before the first training."""
        try:
            return self.current().version
        except NoModel:
            return None

    def copy_ahead(self) -> None:
        """Copy and check the live bundle, which takes a disk and no turn at Python; what is wrong, `follow` tells."""
        with suppress(AisleError, OSError):
            row = self._live()
            if row is not None and self._private is not None:
                self._private.open(row, registry.digest(self._bundles, row))

    def follow(self) -> None:
        """Load models in a thread from now on, so that no request waits for one."""
        self._thread = threading.Thread(target=self._follow, name="aisle-model-watch", daemon=True)
        self.refresh()
        self._thread.start()

    def refresh(self) -> None:
        """Look now which model is live, and take it if it is another one and sound."""
        with self._lock:
            try:
                self._refresh()
            except AisleError as error:
                if str(error) != self._told:
                    _log.warning("no model: %s", error)
                self._told = str(error)
            except Exception as error:  # whatever it is, it must not be the end of following
                if repr(error) != self._told:
                    _log.exception("looking for models failed")
                self._told = repr(error)

    def close(self) -> None:
        """Stop following."""
        self._stopped.set()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join()

    def _follow(self) -> None:
        while not self._stopped.wait(CHECK_SECONDS):
            self.refresh()

    def _refresh(self) -> None:
        """Load the live model if it is another one; if the database or the bundle fails, the old model stays."""
        try:
            row = self._live()
            self._is_untrained = row is None
            if row is not None:
                self._change_to(row)
                self._freshen(row)
        except AisleError as error:
            if self._model is None:
                raise
            if not isinstance(error, StillUnavailable):
                _log.warning("keeping model %s: %s", self._model.version, error)
        self._checked = time.monotonic()

    def _live(self) -> ModelRow | None:
        """Return the row of the live model; if the database was away from the start, that of the last one served."""
        try:
            return registry.live(self._db)
        except DatabaseUnavailable:
            kept = [] if self._model else self._last_known.read(MODEL, ModelRow)
            if not kept:
                raise
            return kept[0]

    def _change_to(self, row: ModelRow) -> None:
        content = _Content(row.version, row.created, registry.digest(self._bundles, row))
        if content == self._content:
            self._refused = None
        elif not self._is_refused(row, content):
            self._take(row, content)
        elif self._refused is not None and not self._is_searched:
            self._search(row, self._refused.why)

    def _is_refused(self, row: ModelRow, content: _Content) -> bool:
        """Return whether it was damaged just before; who neither follows nor has a model wants to know it each time."""
        pauses = self._model is not None or self._thread is not None
        if self._refused is None or not pauses or time.monotonic() >= self._refused.until:
            return False
        return (content, row.promoted) == (self._refused.content, self._refused.promoted)

    def _take(self, row: ModelRow, content: _Content) -> None:
        """Take the live model; if it is damaged and none was live before in this process, search for another one."""
        try:
            self._model, self._content, self._fresh = self._load(row, content.digest), content, None
        except BundleError as error:
            self._refused = _Refused(content, row.promoted, error, time.monotonic() + RETRY_SECONDS)
            self._is_searched = self._content is not None
            if self._is_searched:
                raise
            if self._model is None:
                _log.warning("model %s cannot be served: %s", row.version, error)
            self._search(row, error)
        else:
            self._refused = None
            self._last_known.keep(MODEL, [row])

    def _search(self, row: ModelRow, why: BundleError) -> None:
        """Take what can be served instead; a database that is away is asked again at the next look."""
        before = self._model
        self._model = self._instead(row)
        self._is_searched = True
        if self._model is before:
            raise why

    def _freshen(self, row: ModelRow) -> None:
        """Take what was fitted anew for the live model since; what is damaged is passed over until the next time."""
        model, content = self._model, self._content
        place = fresh.newest(self._bundles, row)
        if place in (None, self._fresh) or model is None or content is None or model.version != row.version:
            return
        self._fresh = place
        model = model.with_fresh(fresh.load(place, content.digest, len(model.items)))
        self._prepare(model)
        self._model = model

    def _load(self, row: ModelRow, digest: str) -> TrainedModel:
        hold_blas()
        recipe = _recipe_of(row)
        if self._private is None:
            model = TrainedModel.of_bundle(row.version, registry.load(self._bundles, row), recipe)
        else:
            share = partial(self._private.shared, digest)
            model = TrainedModel.of_bundle(row.version, self._private.open(row, digest), recipe, share)
        self._prepare(model)
        return model

    def _instead(self, row: ModelRow) -> TrainedModel | None:
        """Return the newest sound model of those once live, or bestsellers alone; None if there is neither."""
        for before in registry.once_live(self._db):
            if self._model is not None and self._model.version == before.version:
                return self._model
            try:
                model = self._load(before, registry.digest(self._bundles, before))
            except (BundleError, NoModel) as error:
                _log.warning("model %s cannot be served either: %s", before.version, error)
            else:
                _log.warning("serving model %s, the one before", before.version)
                return model
        if self._model is not None or self._bestsellers is None:
            return self._model
        return self._bestselling(self._bestsellers, row)

    def _bestselling(self, bestsellers: Callable[[ModelRow], TrainedModel], row: ModelRow) -> TrainedModel | None:
        """Return a model that knows bestsellers alone; None if they cannot be counted."""
        try:
            model = bestsellers(row)
            self._prepare(model)
        except DatabaseUnavailable:
            raise
        except AisleError as error:
            _log.warning("bestsellers cannot be counted: %s", error)
            return None
        except Exception:  # whatever it is, the server goes on, and requests are told that there is no model
            _log.exception("bestsellers cannot be counted")
            return None
        _log.warning("serving bestsellers from the database")
        return model


def _recipe_of(row: ModelRow) -> Recipe:
    try:
        return Recipe.parse(row.recipe)
    except SettingsError as error:  # such a model is as useless as a damaged one
        raise BundleError(str(error)) from error
