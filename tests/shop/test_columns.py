"""Column names and types."""

import re
from pathlib import Path

from aisle.shop import columns, errors
from aisle.shop.columns import ALIASES, TABLES


def test_every_column_has_a_type_that_all_engines_know() -> None:
    assert {kind for table in TABLES.values() for kind in table.values()} <= {
        "str",
        "int64",
        "int32",
        "float64",
        "bool",
    }


def test_aliases_stand_for_columns_and_hide_none() -> None:
    known = {name for table in TABLES.values() for name in table}
    assert set(ALIASES.values()) <= known
    assert not set(ALIASES) & known


def test_money_and_moments_are_whole_numbers() -> None:
    assert TABLES["events"][columns.PRICE] == TABLES["items"][columns.PRICE] == "int64"
    assert TABLES["events"][columns.TIMESTAMP] == TABLES["reviews"][columns.TIMESTAMP] == "int64"


def test_the_tree_of_errors_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^[├└│ ─]*([A-Z]\w+)", errors.__doc__ or "", re.MULTILINE)
    defined = re.findall(r"^class (\w+)", Path(errors.__file__).read_text(), re.MULTILINE)
    assert set(defined) <= set(drawn)
    assert all(issubclass(getattr(errors, name), errors.AisleError) for name in defined)
