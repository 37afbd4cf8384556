from typing import Any

import pytest

from aisle.recommenders.base import Config
from aisle.recommenders.catalog import NAMES, by_name
from aisle.recommenders.search_space import SPACES, Choice, Range, Real, Space, Whole, holds, settle

SEARCHED = [(model, name) for model, space in SPACES.items() for name in space]


def ends(setting: Range) -> tuple[Any, ...]:
    return setting.values if isinstance(setting, Choice) else (setting.low, setting.high)


def test_every_model_says_what_is_tuned() -> None:
    assert SPACES.keys() == set(NAMES)


@pytest.mark.parametrize(("model", "name"), SEARCHED)
def test_a_model_takes_both_ends_of_a_range(model: str, name: str) -> None:
    config = by_name(model).config_type
    for value in ends(SPACES[model][name]):
        assert config.parse({name: value}).plain()[name] == value


@pytest.mark.parametrize(("model", "name"), SEARCHED)
def test_none_is_only_searched_where_leaving_a_setting_out_means_it(model: str, name: str) -> None:
    config: Config = by_name(model).config_type()
    assert None not in ends(SPACES[model][name]) or getattr(config, name) is None


@pytest.mark.parametrize("model", NAMES)
def test_the_defaults_lie_within_the_space(model: str) -> None:
    assert holds(SPACES[model], by_name(model).config_type().plain())


def test_what_lies_outside_of_any_range_is_not_held() -> None:
    space: Space = {"factors": Whole(8, 16), "by": Choice(("user", None))}
    assert holds(space, {"factors": 8, "by": None, "other": 0})
    assert not holds(space, {"factors": 17, "by": None})
    assert not holds(space, {"factors": 8, "by": "item"})


def test_numbers_settle_at_three_digits() -> None:
    space: Space = {"share": Real(0, 1), "factors": Whole(1, 2000), "days": Choice((1.2345,))}
    assert settle(space, {"share": 0.123456, "factors": 1234, "days": 1.2345}) == {
        "share": 0.123,
        "factors": 1234,
        "days": 1.2345,
    }
