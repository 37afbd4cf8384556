"""A figure: its JSON between tags, its CSV in a spreadsheet, and itself in a notebook."""

import html
import json

import polars as pl
import pytest

from aisle.report import figure as figures
from aisle.report.charts import Axis, bars
from aisle.report.figure import Figure, to_csv
from aisle.shop.errors import SettingsError


def figure(item: str = "mug") -> Figure:
    frame = pl.DataFrame({"item": [item], "sold": [1_234], "share": [0.25]})
    return Figure("What sold", bars(frame, Axis("sold", "pieces"), Axis("item", "item")), frame)


def test_the_json_ends_no_tag() -> None:
    spec = figure("</script><script>alert(1)</script>").spec

    assert "<" not in spec
    assert "</script><script>alert(1)</script>" in str(json.loads(spec)["datasets"])
    assert json.loads(spec)["description"] == "What sold"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_spreadsheet_is_a_formula(text: str) -> None:
    assert to_csv(pl.DataFrame({"item": [text], "sold": [-1]})).split("\r\n", 1)[1].lstrip('"').startswith("'")


def test_numbers_stay_numbers() -> None:
    assert to_csv(pl.DataFrame({"item": ["mug"], "sold": [-1.5]})) == "item,sold\r\nmug,-1.5\r\n"


def test_the_table_is_written_for_people() -> None:
    assert figure().cells == [["mug", "1,234", "0.25"]]
    assert figure().words == ["item"]
    assert Figure("", figure().chart, pl.DataFrame({"a": [None, 12.345]})).cells == [["–"], ["12.35"]]


def test_a_notebook_gets_a_page_of_its_own_that_loads_nothing() -> None:
    shown = html.unescape(figure("a & b")._repr_html_())

    assert shown.startswith('<iframe title="What sold"')
    assert "default-src 'none'" in shown
    assert "src=" not in shown.replace("srcdoc=", "")[: shown.index("<script>")]


def test_without_the_browser_files_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setattr(figures, "_STATIC", tmp_path)
    figures.scripts.cache_clear()

    with pytest.raises(SettingsError, match="install Aisle again"):
        figures.scripts()
    figures.scripts.cache_clear()
