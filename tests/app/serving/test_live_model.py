from pathlib import Path

import pytest

from aisle.app.recipe import POPULAR, PRUNER
from aisle.app.serving.live_model import LiveModel
from aisle.app.shop import Shop
from aisle.shop.errors import BundleError


def test_a_model_that_lacks_a_part_of_its_recipe_is_named(hybrid_folder: Path) -> None:
    with Shop.open(hybrid_folder) as shop:
        model = shop.live.models.current()
    for role in (PRUNER, POPULAR):
        parts = {name: part for name, part in model.parts.items() if name != role}
        with pytest.raises(BundleError, match=f"model 1 lacks the {role} that its recipe names; run aisle train"):
            LiveModel(1, parts, model.items, model.recipe, model.data_end).retrieval()
