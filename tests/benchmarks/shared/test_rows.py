import argparse
from pathlib import Path

import msgspec
import pytest

from benchmarks.shared.rows import Row, aligned, cell, faster, finish, names_of, options

ROWS: list[Row] = [
    {"model": "als", "settings": "factors=64", "ndcg": 0.25, "selected": True},
    {"model": "popularity", "ndcg": 0.125, "fit_s": 12.5, "selected": False},
]


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "yes"), (False, ""), (None, ""), (0.12346, "0.1235"), (12.345, "12.35"), (7, "7"), ("als", "als")],
)
def test_a_value_is_written_short(value: object, text: str) -> None:
    assert cell(value) == text


def test_rows_are_aligned_with_settings_last() -> None:
    assert aligned(ROWS) == "\n".join(
        [
            "model         ndcg  selected  fit_s  settings",
            "als         0.2500       yes         factors=64",
            "popularity  0.1250            12.50",
        ]
    )


def test_rows_are_printed_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.json"
    finish(ROWS, file)
    assert capsys.readouterr().out == f"{aligned(ROWS)}\n"
    assert msgspec.json.decode(file.read_bytes()) == {"rows": ROWS}


def test_names_are_separated_by_commas_and_known() -> None:
    read = names_of(["als", "ease"])
    assert read("ease,als") == ("ease", "als")
    with pytest.raises(argparse.ArgumentTypeError, match="there is no 'svd'; choose from als, ease"):
        read("als,svd")


def test_options_are_described_by_the_first_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        options("cold", "Cold items.\n\nMore.").parse_args(["--help"])
    out = capsys.readouterr().out
    assert "python -m benchmarks.cold" in out
    assert "Cold items." in out
    assert "More." not in out


def test_a_speed_up_is_the_median_of_the_turns() -> None:
    assert faster([3.0, 1.0, 2.5]) == {"times_faster": 2.5, "times_faster_least": 1.0, "times_faster_most": 3.0}
