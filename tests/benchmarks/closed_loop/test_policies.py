"""Policies as they are written on the command line."""

import pytest

from benchmarks.closed_loop.policies import SHELF, Policy


def test_a_model_alone_has_the_defaults_of_its_placement() -> None:
    sections = Policy.parse("als").sections
    assert sections["train",] == {"model": "als"}
    assert sections["placements", SHELF] == {}


def test_settings_of_the_placement_are_read_as_toml() -> None:
    policy = Policy.parse('hybrid:diversity=0.3,repeat_share="auto"')
    assert policy.sections["placements", SHELF] == {"diversity": 0.3, "repeat_share": "auto"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("random", "no policy 'random'"), ("als:diversity=much", "settings"), ("als:diversity=2", "diversity")],
)
def test_what_does_not_exist_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Policy.parse(text)
