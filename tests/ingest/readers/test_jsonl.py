from pathlib import Path

import pytest

from aisle.ingest.readers import read
from aisle.shop.errors import FileError
from tests.ingest.files import only, write


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.jsonl.gz"])
def test_json_lines_keep_the_spelling_of_numbers_and_nested_values(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, '{"a": 1.50, "b": "é", "c": null}', "", '{"d": [1, {"e": 2}], "a": true}')
    batch = only(path)
    assert batch.frame.rows(named=True) == [
        {"a": "1.50", "b": "é", "c": None, "d": None},
        {"a": "true", "b": None, "c": None, "d": '[1, {"e": 2}]'},
    ]
    assert batch.lines.to_list() == [1, 3]


@pytest.mark.parametrize(
    "line", ["[1]", "x", '{"a": NaN}', '{"a": "\\ud800"}', '{"a": ' + "[" * 50_000, '{"a": 1'], ids=range(6)
)
def test_lines_that_are_no_json_objects_are_rejected(tmp_path: Path, line: str) -> None:
    batch = only(write(tmp_path / "a.jsonl", '{"a": 1}', line, '{"a": 2}'))
    assert batch.frame["a"].to_list() == ["1", "2"]
    assert [bad.line for bad in batch.bad] == [2]
    assert "is not a JSON object" in batch.bad[0].reason


def test_a_json_line_that_is_not_utf8_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": "\xe9"}\n{"a": 1}\n')
    assert only(path).bad[0].reason == "is not UTF-8; save the file as UTF-8"


def test_one_json_list_names_the_remedy(tmp_path: Path) -> None:
    path = write(tmp_path / "a.json", '[{"a": 1}]')
    with pytest.raises(FileError, match="one object a line"):
        read(path)


def test_a_json_line_with_a_key_twice_is_rejected(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"a": 1}', '{"a": 1, "a": 2}', '{"a": {"b": 1, "b": 2}}')
    (batch,) = read(path)
    assert [(bad.line, bad.reason) for bad in batch.bad] == [
        (2, "is not a JSON object: 'a' is given twice; send it once"),
        (3, "is not a JSON object: 'b' is given twice; send it once"),
    ]
