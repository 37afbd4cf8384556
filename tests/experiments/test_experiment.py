from typing import Any

import pytest

from aisle.experiments.experiment import Experiment, of_dict
from aisle.shop.errors import InputError

GOOD: dict[str, Any] = {
    "name": "popular-home",
    "placement": "home",
    "variants": [{"name": "as-is"}, {"name": "popular", "weight": 3, "settings": {"strategy": "bestsellers"}}],
}


def test_what_is_not_said_has_a_default() -> None:
    experiment = of_dict(GOOD)

    assert experiment.shares() == {"as-is": 0.25, "popular": 0.75}
    assert experiment.label(experiment.named("popular")) == "popular-home.1:popular"
    assert (experiment.unit, experiment.traffic, experiment.own_layer) == ("user", 1, "placement home")


def test_an_experiment_survives_json() -> None:
    import msgspec

    experiment = of_dict(GOOD)

    assert msgspec.json.decode(msgspec.json.encode(experiment), type=Experiment) == experiment


def variants(*others: dict[str, Any]) -> dict[str, Any]:
    return {"variants": [{"name": "as-is"}, *others]}


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"name": "Popular home"}, "is no name"),
        ({"unit": "tab"}, "unit"),
        ({"traffic": 0}, "traffic"),
        ({"metric": "applause"}, "no metric 'applause'; choose from revenue_per_visitor"),
        ({"guardrails": ["applause"]}, "no metric 'applause'"),
        ({"ramp": [0.5, 0.1]}, "does not grow up to 1"),
        ({"colour": "red"}, "colour"),
        (variants(), "two or more are needed"),
        (variants({"name": "as-is", "holdout": True}), "each with a name of its own"),
        (variants({"name": "b"}), "changes nothing"),
        (variants({"name": "b", "holdout": True, "model": 3}), "is a holdout"),
        ({"variants": [{"name": "a", "model": 3}, {"name": "b", "model": 4}]}, "a is the baseline"),
        ({"placement": "*", **variants({"name": "b", "settings": {"strategy": "trending"}})}, "instead of"),
    ],
)
def test_what_cannot_run_is_refused(changed: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        of_dict(GOOD | changed)
