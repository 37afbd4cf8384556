from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from aisle.ingest.readers import read
from tests.ingest.files import only


def test_parquet_is_read_as_text_with_whole_floats_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame(
        {
            "id": [17850.0, None],
            "price": [2.55, float("nan")],
            "when": [datetime(2020, 1, 1, 2, 3, tzinfo=UTC), None],
            "tags": [["a"], None],
            "name": ["", "x"],
            "yes": [True, None],
        }
    ).write_parquet(path)
    batch = only(path)
    assert batch.frame.rows() == [
        ("17850", "2.55", "2020-01-01 02:03:00.000000+00:00", '["a"]', None, "true"),
        (None, "NaN", None, None, "x", None),
    ]
    assert batch.lines.to_list() == [1, 2]
    assert batch.position == path.stat().st_size


def test_parquet_comes_in_batches(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame({"a": range(5)}).write_parquet(path)
    assert [batch.lines.to_list() for batch in read(path, rows=2)] == [[1, 2], [3, 4], [5]]
