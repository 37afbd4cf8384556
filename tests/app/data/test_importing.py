import gc
from contextlib import nullcontext
from pathlib import Path

import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.ingest.plan import Plan
from aisle.shop.errors import FileError
from aisle.storage.log import events

HEADER = "user_id,item_id,event,timestamp\n"
ROWS = [f"u{n},i{n % 3},purchase,2024-01-{n + 1:02d}T10:00:00Z\n" for n in range(20)]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop.open(tmp_path / "shop")


def write(tmp_path: Path, name: str, rows: list[str]) -> Path:
    path = tmp_path / name
    path.write_text(HEADER + "".join(rows))
    return path


def counts(shop: Shop, path: Path) -> tuple[int, int, int, int]:
    count = shop.import_files([path], Plan(table="events")).tables["events"]
    return count.read, count.stored, count.duplicate, count.rejected


def test_every_row_is_counted_once(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", [*ROWS, "u1,i1,dance,2024-01-01\n"])
    assert counts(shop, path) == (21, 20, 0, 1)


def test_the_same_file_twice_stores_nothing_twice(shop: Shop, tmp_path: Path) -> None:
    path = write(tmp_path, "a.csv", ROWS)
    counts(shop, path)
    assert counts(shop, path) == (20, 0, 20, 0)


def test_overlapping_exports_deduplicate(shop: Shop, tmp_path: Path) -> None:
    counts(shop, write(tmp_path, "january.csv", ROWS[:12]))
    assert counts(shop, write(tmp_path, "february.csv", ROWS[8:])) == (12, 8, 4, 0)


def test_double_lines_of_one_file_are_both_stored(shop: Shop, tmp_path: Path) -> None:
    assert counts(shop, write(tmp_path, "a.csv", [ROWS[0], ROWS[0]])) == (2, 2, 0, 0)


def test_rejects_are_kept_with_file_line_and_reason(shop: Shop, tmp_path: Path) -> None:
    counts(shop, write(tmp_path, "a.csv", [ROWS[0], "u1,i1,dance,2024-01-01\n"]))
    (row,), count = shop.rejects()
    assert count == 1
    assert (Path(row.source).name, row.line) == ("a.csv", 3)
    assert "dance" in row.reason


def test_rows_under_a_merged_id_become_the_known_users(shop: Shop, tmp_path: Path) -> None:
    shop.merge_users("u1", "anna")
    assert counts(shop, write(tmp_path, "a.csv", ROWS[:3])) == (3, 3, 0, 0)
    users = [user for frame in events.stream(shop.db, ["user_id"]) for user in frame["user_id"]]
    assert sorted(users) == ["anna", "u0", "u2"]


def test_progress_ends_at_the_files_size(shop: Shop, tmp_path: Path) -> None:
    calls: list[tuple[float, float | None]] = []
    path = write(tmp_path, "a.csv", ROWS)
    shop.import_files([path], Plan(table="events"), lambda _, done, total, rows=0: calls.append((done, total)))
    assert calls[-1] == (path.stat().st_size, path.stat().st_size)


def test_a_frame_is_checked_like_a_file(shop: Shop) -> None:
    frame = pl.DataFrame(
        {"user_id": ["a", "b"], "item_id": ["x", "y"], "event": ["buy", "eat"], "timestamp": ["2024-01-01"] * 2}
    )
    imported = shop.import_events(frame)
    assert (imported.tables["events"].stored, imported.rejected) == (1, 1)


def test_a_path_is_guessed(shop: Shop, tmp_path: Path) -> None:
    shop.import_events(write(tmp_path, "a.csv", ROWS))
    with shop:
        assert events.count(shop.db) == 20


def test_a_missing_file_is_named(shop: Shop, tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing\.csv"):
        shop.import_files([tmp_path / "nothing.csv"], Plan(table="events"))


def test_reviews_are_linked_to_purchases_whichever_comes_first(shop: Shop, tmp_path: Path) -> None:
    reviews = tmp_path / "reviews.csv"
    reviews.write_text("user_id,item_id,text,rating,timestamp\nu,i,Good,5,2024-02-01\n")
    orders = tmp_path / "orders.csv"
    orders.write_text("user_id,item_id,transaction_id,timestamp\nu,i,o1,2024-01-01\n")
    assert shop.import_files([reviews], Plan(table="reviews")).linked == 0
    assert shop.import_files([orders], Plan(table="events")).linked == 1
    assert shop.import_files([orders], Plan(table="events")).linked == 0


def test_what_was_stored_before_a_file_that_cannot_be_read_stays(shop: Shop, tmp_path: Path) -> None:
    files = [write(tmp_path, "a.csv", ROWS), tmp_path / "nothing.csv"]
    with pytest.raises(FileError, match=r"nothing\.csv"):
        shop.import_files(files, Plan(table="events"))
    assert events.count(shop.db) == 20


@pytest.mark.parametrize("name", ["whole.csv", "missing.csv"])
def test_python_collects_garbage_again_after_an_import(shop: Shop, tmp_path: Path, name: str) -> None:
    write(tmp_path, "whole.csv", ROWS)
    with nullcontext() if name == "whole.csv" else pytest.raises(FileError):
        counts(shop, tmp_path / name)
    assert gc.isenabled()
