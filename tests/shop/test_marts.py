"""The marts are as their page in the docs says."""

import re
from pathlib import Path

import pytest

from aisle.shop.marts import DAILY, MARTS, WHOLE, Mart

PAGE = (Path(__file__).parents[2] / "docs" / "bi.md").read_text()
TYPES = {
    "str": "text",
    "int64": "whole number",
    "float64": "number",
    "bool": "true or false",
    "day": "date",
    "money": "decimal (18, 6)",
}


@pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)
def test_every_table_and_column_is_documented(mart: Mart) -> None:
    section = PAGE.split(f"### `{mart.name}`\n", 1)[1].split("\n#", 1)[0]
    assert mart.what.lower() in section.lower()
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \|$", section, re.MULTILINE)
    assert rows == [(name, TYPES[word], what) for name, (word, what) in mart.columns.items()]


def test_no_table_is_documented_that_does_not_exist() -> None:
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == sorted(mart.name for mart in MARTS)


def test_facts_by_day_have_a_day_and_money_its_currency() -> None:
    assert all("day" in mart.columns for mart in DAILY)
    priced = [mart for mart in MARTS if any(word == "money" for word, _ in mart.columns.values())]
    assert all("currency" in mart.columns for mart in priced)
    assert len({mart.name for mart in (*DAILY, *WHOLE)}) == len(MARTS)
