from pathlib import Path

import pytest

from aisle.app.data.importing import Count, Imported
from aisle.cli.display.imports import import_lines, print_guess
from aisle.ingest.guessing.guess import guess


def test_every_table_has_a_line_with_its_counts() -> None:
    imported = Imported({"events": Count(1_234, 1_000, 34, 180, 20), "items": Count(5, 4, erased=1)})
    assert import_lines(imported) == [
        "events: 1,234 read, 1,000 stored, 34 repaired, 180 duplicate, 20 rejected",
        "items: 5 read, 4 stored, 0 duplicate, 0 rejected, 1 of erased people refused",
    ]


def test_linked_reviews_are_counted() -> None:
    assert import_lines(Imported({}, linked=3)) == ["3 reviews linked to their orders"]


def test_a_guess_is_shown_with_dates_prices_and_rejects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "orders.csv"
    rows = [f"u{number},i1,2024-01-{number:02d} 10:00,12.5" for number in range(1, 10)]
    file.write_text("\n".join(["user_id,item_id,timestamp,price", *rows, "u1,i1,2024-01-01 10:00,cheap"]))
    print_guess(guess([file]), [file])
    out = capsys.readouterr().out
    assert "The first rows, as events" in out
    assert "2024-01-01 10:00:00" in out
    assert "12.50" in out
    assert "1 of the first 10 rows would be rejected" in out
    assert f"The same as: aisle import {file}" in out


def test_dates_of_items_are_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "feed.csv"
    file.write_text("sku,title,release_date\na,Mug,1995-01-01\n")
    print_guess(guess([file]), [file])
    assert "1995-01-01 00:00:00" in capsys.readouterr().out
