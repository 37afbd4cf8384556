import pytest
import typer

from aisle.cli.options import Engine, check_source, duration
from aisle.shop.errors import InputError


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("90s", 90), ("10m", 600), ("1.5h", 5400), ("0s", 0)])
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "ten", "-1s", "10d", "1.m"])
def test_what_is_not_a_duration_is_named(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 90s, 10m or"):
        duration(text)


def test_a_source_is_for_spark() -> None:
    check_source("log.parquet", Engine.SPARK)
    check_source(None, Engine.LOCAL)
    with pytest.raises(InputError, match="--source is for --engine spark"):
        check_source("log.parquet", Engine.LOCAL)
