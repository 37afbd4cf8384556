"""The glossary explains every column of the tables of figures, and every feature of the ranker."""

import re
from pathlib import Path

import pytest

from aisle.cli.display.figures import LEGEND
from aisle.engine.ranking.features import names

PAGE = (Path(__file__).parents[2] / "docs" / "figures.md").read_text()
EXPLAINED = set(re.findall(r"`([^`]+)`", "\n".join(line for line in PAGE.splitlines() if line.startswith("|"))))


@pytest.mark.parametrize("feature", names(()))
def test_every_feature_is_explained(feature: str) -> None:
    assert feature in EXPLAINED


@pytest.mark.parametrize("column", LEGEND)
def test_every_column_is_explained(column: str) -> None:
    assert column in EXPLAINED
