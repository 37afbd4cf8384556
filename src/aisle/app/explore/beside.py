"""Two shelves of one shopper side by side: of two models, or of one model by two settings."""

import threading
import tomllib
from typing import Any, Final, NamedTuple

from aisle.app.serve import Live
from aisle.app.serving.shelf import Shelf, ShelfItem
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import Recipe
from aisle.models import registry
from aisle.shop.errors import InputError

HELD: Final = 2
"""So many models stay open beside the live one."""

MOST_SETTINGS: Final = 4_000
"""How long settings may be, in letters."""


class Models:
    """The models of a shop, opened where somebody asks for one that is not live."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._lock = threading.Lock()
        self._held: dict[tuple[int, int], TrainedModel] = {}

    def get(self, version: int | None = None) -> TrainedModel:
        """Return a model, or the live one.

        Raises
        ------
        NoModel
            If there is none of this version, its bundle is no longer kept, or nothing was trained yet.
        BundleError
            If its bundle is damaged or gone.
        """
        live = self._live.model_watch.current()
        if version is None or version == live.version:
            return live
        row = registry.get(self._live.db, version)
        key = (row.version, row.created)
        with self._lock:
            if key not in self._held:
                bundle = registry.load(self._live.settings.bundles, row)
                model = TrainedModel.of_bundle(version, bundle, Recipe.parse(row.recipe))
                self._held = {**dict(list(self._held.items())[1 - HELD :]), key: model}
            return self._held[key]


class Move(NamedTuple):
    """An item of two shelves, and its place on each, from 1."""

    item: ShelfItem
    first: int | None
    second: int | None

    @property
    def says(self) -> str:
        """What becomes of it from the first shelf to the second."""
        if self.first is None:
            return "new"
        if self.second is None:
            return "gone"
        up = self.first - self.second
        return "stays" if up == 0 else f"{abs(up)} {'up' if up > 0 else 'down'}"


def moves(first: Shelf, second: Shelf) -> list[Move]:
    """Return the items of two shelves: in the order of the second, then those that only the first has."""
    before = {item.item_id: place for place, item in enumerate(first.items, 1)}
    after = {item.item_id: place for place, item in enumerate(second.items, 1)}
    gone = [item for item in first.items if item.item_id not in after]
    return [Move(item, before.get(item.item_id), after.get(item.item_id)) for item in (*second.items, *gone)]


def settings_of(text: str) -> dict[str, Any]:
    """Read the rules of a placement, as they stand in `aisle.toml` below `[placements.…]`.

    Raises
    ------
    InputError
        If it is not TOML. Whether the rules exist, the placement says.
    """
    if len(text) > MOST_SETTINGS:
        raise InputError(f"these settings have {len(text):,} letters, and {MOST_SETTINGS:,} are enough")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(
            f"the settings are not TOML ({error}); write one rule a line, such as diversity = 0.5"
        ) from None
