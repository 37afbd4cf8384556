from pathlib import Path

import pytest

from aisle.app.shop import Shop
from aisle.engine.model import TrainedModel
from aisle.engine.recipe import POPULAR, PRUNER
from aisle.shop.errors import BundleError


def test_a_model_that_lacks_a_part_of_its_recipe_is_named(hybrid_folder: Path) -> None:
    with Shop.open(hybrid_folder) as shop:
        model = shop.model_watch.current()
    for role in (PRUNER, POPULAR):
        parts = {name: part for name, part in model.components.items() if name != role}
        with pytest.raises(BundleError, match=f"model 1 lacks the {role} that its recipe names; run aisle train"):
            TrainedModel(1, parts, model.items, model.recipe, model.data_end).retrieval()
