import pytest
import typer

from aisle.cli.duration import duration


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400)])
def test_a_length_of_time_is_read(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "-1s", "10d", "1.m"])
def test_what_is_no_length_of_time_is_named(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write it as 90s, 10m or"):
        duration(text)
