"""The page that says which model to choose knows every model, and what it can."""

import re
from pathlib import Path

import pytest

from aisle.engine.ranking.hybrid import NAME as HYBRID
from aisle.engine.ranking.hybrid import Hybrid
from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors, PredictsRatings
from aisle.recommenders.catalog import NAMES, by_name

PAGE = (Path(__file__).parents[2] / "docs" / "choosing.md").read_text()
ADVICE, ABILITIES = PAGE.split("## What each costs")
ROWS = {name: cells.split("|") for name, cells in re.findall(r"^\| `(\w+)` \|(.+)\|$", ABILITIES, re.MULTILINE)}


EVERY = sorted((*NAMES, HYBRID))


@pytest.mark.parametrize("model", EVERY)
def test_every_model_is_advised_for_something(model: str) -> None:
    assert re.search(rf"^\|.*\| .*`{model}`.*\|", ADVICE, re.MULTILINE)


def test_every_model_is_listed_with_its_abilities() -> None:
    assert list(ROWS) == EVERY


@pytest.mark.parametrize("model", EVERY)
def test_the_abilities_are_true(model: str) -> None:
    written = [cell.strip() == "yes" for cell in ROWS[model][2:]]
    kind = Hybrid if model == HYBRID else by_name(model)
    assert written == [issubclass(kind, ability) for ability in (FoldsIn, Explains, HasItemVectors, PredictsRatings)]
