"""The live model, which is loaded again when the registry names another one or its bundle holds something else."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
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
    NotEnoughData,
    StillUnavailable,
)
from aisle.storage.connection import Database
from aisle.storage.work.models import ModelRow

CHECK_SECONDS: Final = 1.0
"""How old the answer to "which model is live?" may be."""

_log = logging.getLogger(__name__)


class _Content(NamedTuple):
    """What tells two models apart: version 1 of another shop is another model, and a bundle may be replaced."""

    version: int
    created: int
    digest: str


class _Refused(NamedTuple):
    """A damaged bundle, which is looked at again when something happens to its files."""

    content: _Content
    files: Mapping[str, int]
    why: BundleError


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
        self._problem: AisleError | None = None
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
            If nothing was trained yet.
        BundleError
            If no bundle of a model that was ever live is sound, and nobody counts bestsellers.
        StorageError
            If the database did not answer when a model was looked for.
        """
        if self._thread is None and time.monotonic() - self._checked >= CHECK_SECONDS:
            with self._lock:
                if time.monotonic() - self._checked >= CHECK_SECONDS:
                    self._refresh()
        if self._model is None:
            # The same error for many requests: each begins a traceback of its own.
            raise (self._problem or NoModel("no model yet; run aisle train")).with_traceback(None)
        return self._model

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
                self._problem = None
            except AisleError as error:
                if str(error) != str(self._problem):
                    _log.warning("no model: %s", error)
                self._problem = error

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
            return
        files = registry.changes(self._bundles, row)
        if self._refused is None or (content, files) != self._refused[:2]:
            try:
                self._model, self._content, self._fresh = self._load(row, content.digest), content, None
                self._last_known.keep(MODEL, [row])
                return
            except BundleError as error:
                self._refused = _Refused(content, files, error)
                if self._model is not None:
                    raise
                self._model = self._earlier(error)
        if self._model is None:
            self._model = self._bestselling(row, self._refused.why)

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
        recipe = Recipe.parse(row.recipe)
        if self._private is None:
            model = TrainedModel.of_bundle(row.version, registry.load(self._bundles, row), recipe)
        else:
            share = partial(self._private.shared, digest)
            model = TrainedModel.of_bundle(row.version, self._private.open(row, digest), recipe, share)
        self._prepare(model)
        return model

    def _earlier(self, why: BundleError) -> TrainedModel | None:
        """Return the newest sound model of those that were live before; None if there is none."""
        for row in registry.once_live(self._db):
            try:
                model = self._load(row, registry.digest(self._bundles, row))
            except (BundleError, NoModel) as error:
                _log.warning("model %s cannot be served either: %s", row.version, error)
            else:
                _log.warning("serving model %s, the one before: %s", row.version, why)
                return model
        return None

    def _bestselling(self, row: ModelRow, why: BundleError) -> TrainedModel:
        """Return a model that knows bestsellers alone, or raise why it is needed."""
        if self._bestsellers is None:
            raise why
        try:
            model = self._bestsellers(row)
        except NotEnoughData:
            raise why from None
        self._prepare(model)
        _log.warning("serving bestsellers from the database: %s", why)
        return model
