"""Marts as files: what is in them, and a workbook that names what the extract holds."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest

from aisle.app.marts.questions import QUESTIONS
from aisle.app.marts.workbook import SHEETS, workbook
from aisle.app.progress import silent
from aisle.app.shop import Shop
from aisle.app.work.kinds import kind_named
from aisle.shop.errors import FileError, InputError, NotEnoughData
from aisle.shop.marts import MARTS
from tests.small_shop import make_small_shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop.open(make_small_shop(tmp_path_factory.mktemp("marts") / "shop")) as shop:
        yield shop


def test_the_worker_keeps_marts_once_they_are_built(shop: Shop, tmp_path: Path) -> None:
    job = kind_named("marts")
    assert "There are none" in job.run(shop, silent)
    with pytest.raises(NotEnoughData, match="run aisle marts build"):
        shop.export_marts(tmp_path / "out")
    assert shop.build_marts().rows["mart_users"] == 40
    assert "rows were built" in job.run(shop, silent)


def test_parquet_files_hold_dates_and_decimals(shop: Shop, tmp_path: Path) -> None:
    shop.build_marts()
    exported = shop.export_marts(tmp_path / "out")
    assert sorted(file.stem for file in (tmp_path / "out").glob("*.parquet")) == sorted(mart.name for mart in MARTS)
    sales = pl.read_parquet(tmp_path / "out" / "mart_daily_sales.parquet")
    assert sales["revenue"].sum() == Decimal("12.5") * 240
    assert sales.schema["day"] == pl.Date
    assert exported.rows["mart_items"] == 20
    assert len(list((tmp_path / "out" / "questions").glob("*.sql"))) == len(QUESTIONS)
    with pytest.raises(FileError, match="is there already"):
        shop.export_marts(tmp_path / "out")
    with pytest.raises(InputError, match="choose from parquet, tableau"):
        shop.export_marts(tmp_path / "other", "xls")


def test_an_extract_for_tableau(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pantab = pytest.importorskip("pantab")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    shop.build_marts()
    shop.export_marts(tmp_path / "out", "tableau")
    assert list((tmp_path / "here").iterdir()) == []  # Hyper's log is nobody's
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["marts.hyper", "marts.twb", "questions"]
    frames = pantab.frames_from_hyper(tmp_path / "out" / "marts.hyper", return_type="polars")
    tables = {(name if isinstance(name, str) else name[-1]).strip('"'): frame for name, frame in frames.items()}
    assert {name: frame.columns for name, frame in tables.items()} == {mart.name: list(mart.columns) for mart in MARTS}
    assert float(tables["mart_daily_sales"]["revenue"].sum()) == 12.5 * 240


def test_the_workbook_names_what_there_is() -> None:
    book = ET.fromstring(workbook("marts.hyper"))
    columns = {
        source.attrib["name"]: {column.attrib["name"].strip("[]") for column in source.findall("column")}
        for source in book.findall("datasources/datasource")
    }
    assert columns == {f"federated.{mart.name}": set(mart.columns) for mart in MARTS}
    for sheet, drawn in zip(SHEETS, book.findall("worksheets/worksheet"), strict=True):
        instances = {one.attrib["name"] for one in drawn.iter("column-instance")}
        for shelf in ("rows", "cols"):
            source, field = (drawn.findtext(f"table/{shelf}") or "").strip("[]").split("].[")
            assert source == f"federated.{sheet.mart.name}"
            assert f"[{field}]" in instances
