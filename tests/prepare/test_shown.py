import polars as pl

from aisle.prepare.shown import NEVER, SCHEMA, ShownPlaces
from aisle.shop.ids import Vocabulary
from aisle.shop.schemas import schema_of

ROWS = [
    ("u", "a", 1, 0.5, 10, None),
    ("u", "b", 2, None, 10, 15),
    ("v", "gone", 1, 0.1, 20, None),
    ("v", "a", 2, 0.2, 20, 30),
]
TABLE = pl.DataFrame(ROWS, schema_of(SCHEMA), orient="row")


def test_a_table_becomes_arrays_without_what_nobody_knows() -> None:
    shown = ShownPlaces.of(TABLE, Vocabulary(["b", "a"]))
    assert len(shown) == 3
    assert shown.item.tolist() == [1, 0, 1]
    assert shown.user[0] == shown.user[1] != shown.user[2]
    assert shown.position.tolist() == [1, 2, 2]
    assert str(shown.score.tolist()) == "[0.5, nan, 0.20000000298023224]"
    assert shown.clicked_at.tolist() == [NEVER, 15, 30]


def test_a_click_is_not_known_before_it_happens() -> None:
    shown = ShownPlaces.of(TABLE, Vocabulary(["b", "a"]))
    assert shown.until(15).clicked_at.tolist() == [NEVER, NEVER]
    assert shown.until(30).clicked_at.tolist() == [NEVER, 15, NEVER]
    assert shown.until(31).clicked_at.tolist() == [NEVER, 15, 30]


def test_nothing_shown_is_nothing() -> None:
    assert len(ShownPlaces.of(TABLE.clear(), Vocabulary(["a"]))) == 0
