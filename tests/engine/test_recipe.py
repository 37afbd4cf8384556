import msgspec
import pytest

from aisle.engine.recipe import PERSONAL, POPULAR, ModelSpec, Recipe
from aisle.prepare.weigh import Weights
from aisle.shop.errors import SettingsError

RECIPE = Recipe(
    parts={PERSONAL: ModelSpec.parse("content", {}), POPULAR: ModelSpec.parse("newcomer_popularity", {})},
    weights=Weights(),
    seed=1,
)


def stored() -> dict[str, dict[str, dict[str, dict[str, object]]]]:
    values: dict[str, dict[str, dict[str, dict[str, object]]]] = msgspec.to_builtins(RECIPE)
    return values


def test_a_recipe_survives_the_registry() -> None:
    assert Recipe.parse(stored()) == RECIPE


def test_an_old_name_of_a_model_is_the_same_recipe() -> None:
    values = msgspec.to_builtins(RECIPE)
    values["parts"][POPULAR]["model"] = "welcome"
    assert Recipe.parse(values) == RECIPE


def test_a_setting_that_is_newer_than_the_recipe_has_its_default() -> None:
    values = stored()
    del values["parts"][PERSONAL]["settings"]["encoder"]
    assert Recipe.parse(values) == RECIPE


def test_a_setting_that_is_gone_is_named() -> None:
    values = stored()
    values["parts"][PERSONAL]["settings"]["moon_phase"] = 1
    with pytest.raises(SettingsError, match="moon_phase"):
        Recipe.parse(values)


def test_a_recipe_of_another_version_says_what_to_do() -> None:
    with pytest.raises(SettingsError, match=r"another version of Aisle.*run aisle train"):
        Recipe.parse({"ingredients": {}})


def test_the_popular_recipe_shows_bestsellers_in_both_roles() -> None:
    popular = RECIPE.only_popular()
    assert {spec.model for spec in popular.parts.values()} == {"popularity"}
    assert popular.model == "popularity"
