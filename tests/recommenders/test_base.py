from typing import Annotated

import msgspec
import numpy as np
import pytest

from aisle.recommenders.base import Config
from aisle.recommenders.popular.trending import Trending, TrendingConfig
from aisle.shop.errors import SettingsError


class Sizes(Config, frozen=True):
    width: Annotated[int, msgspec.Meta(ge=1)] = 3
    names: tuple[str, ...] = ()


def test_settings_survive_a_round_trip_through_json() -> None:
    sizes = Sizes(width=5, names=("a", "b"))
    assert Sizes.parse(msgspec.json.decode(msgspec.json.encode(sizes.plain()))) == sizes


def test_a_value_out_of_range_is_refused_however_it_comes() -> None:
    with pytest.raises(SettingsError, match="width = 0 is out of range: Expected `int` >= 1"):
        Sizes(width=0)
    with pytest.raises(SettingsError, match=r"Sizes: Expected `int` >= 1 - at `\$.width`"):
        Sizes.parse({"width": 0})


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="Sizes: Object contains unknown field `height`"):
        Sizes.parse({"height": 2})


def test_a_model_is_rebuilt_from_plain_views_of_its_arrays() -> None:
    scores = np.arange(3, dtype=np.float32)
    mapped = scores.view(np.memmap)
    model = Trending.from_arrays(TrendingConfig(), {"scores": mapped})
    assert type(model.scores_) is np.ndarray
    assert np.shares_memory(model.scores_, scores)
