import shutil
from pathlib import Path

import msgspec
import polars as pl
import pytest

from tests.runner import Runner

CSV = "Kunde,Artikel,Datum,Menge\n" + "".join(f"k{n % 4},a{n % 3},{n + 1:02d}.01.2024 10:00,1\n" for n in range(28))
MAP = ["--map", "Kunde=user_id", "--map", "Artikel=item_id", "--map", "Datum=timestamp", "--map", "Menge=quantity"]


@pytest.fixture
def shop(aisle: Runner, tmp_path: Path) -> Path:
    assert aisle("init", tmp_path / "shop").code == 0
    return tmp_path / "shop"


@pytest.fixture
def filled(untrained_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(untrained_folder, tmp_path / "filled")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(CSV)
    return path


def test_init_says_what_comes_next(aisle: Runner, tmp_path: Path) -> None:
    ran = aisle("init", tmp_path / "shop")
    assert f"aisle -C {tmp_path / 'shop'} import" in ran.out


def test_a_mapped_file_is_imported_with_one_summary_line(aisle: Runner, shop: Path, file: Path) -> None:
    ran = aisle("-C", shop, "import", file, *MAP, "--date-format", "%d.%m.%Y %H:%M")
    assert "events: 28 read, 28 stored, 0 duplicate, 0 rejected" in ran.out


def test_a_guess_is_shown_with_the_command_that_it_stands_for(aisle: Runner, shop: Path, file: Path) -> None:
    ran = aisle("-C", shop, "import", file, "--yes")
    assert ran.code == 0
    assert "2024-01-01" in ran.out
    assert "--map Kunde=user_id" in ran.out
    assert "28 stored" in ran.out


def test_a_guess_that_nobody_confirms_imports_nothing(
    aisle: Runner, shop: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "no")
    ran = aisle("-C", shop, "import", file)
    assert (ran.code, ran.err.startswith("aisle: nothing was imported")) == (2, True)


def test_counts_for_programs(aisle: Runner, shop: Path, file: Path) -> None:
    ran = aisle("-C", shop, "import", file, *MAP, "--json")
    assert msgspec.json.decode(ran.out)["tables"]["events"]["stored"] == 28


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.csv", "--format", "aisle"], "nothing.csv"),
        (["orders.csv", "--format", "sap"], "sap"),
        (["orders.csv", "--map", "Kundin=user_id"], "Kundin"),
        (["orders.csv", *MAP, "--timezone", "Mars/Base"], "Mars/Base"),
        (["orders.csv", "--map", "Kunde"], "THEIRS=ours"),
    ],
)
def test_a_mistake_costs_one_clear_line(
    aisle: Runner, shop: Path, file: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(file.parent)
    ran = aisle("-C", shop, "import", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert len(ran.err.strip().splitlines()) == 1


def test_a_folder_without_a_shop_says_what_to_do(aisle: Runner, tmp_path: Path, file: Path) -> None:
    ran = aisle("-C", tmp_path, "import", file, *MAP)
    assert (ran.code, "aisle init" in ran.err) == (2, True)


def test_an_export_round_trips(aisle: Runner, filled: Path, tmp_path: Path) -> None:
    out, again, other = tmp_path / "out", tmp_path / "again", tmp_path / "other"
    assert "240 events, 20 items" in aisle("-C", filled, "export", "--to", "parquet", out).out
    aisle("init", other)
    first = msgspec.json.decode(aisle("-C", other, "import", out, "--json").out)["tables"]
    second = msgspec.json.decode(aisle("-C", other, "import", out, "--json").out)["tables"]
    assert (first["events"]["stored"], first["items"]["stored"]) == (240, 20)
    assert (second["events"]["duplicate"], second["items"]["duplicate"]) == (240, 20)
    aisle("-C", other, "export", again)
    for name, key in (("events", "event_id"), ("items", "item_id"), ("interactions", ["user_id", "item_id"])):
        files = [pl.read_parquet(folder / f"{name}.parquet").sort(key) for folder in (out, again)]
        assert files[0].equals(files[1])


def test_exported_prices_are_money_and_interactions_are_pairs(aisle: Runner, filled: Path, tmp_path: Path) -> None:
    aisle("-C", filled, "export", tmp_path / "out")
    events = pl.read_parquet(tmp_path / "out" / "events.parquet")
    assert {str(price) for price in events["price"].unique()} == {"12.500000"}
    pairs = pl.read_parquet(tmp_path / "out" / "interactions.parquet")
    assert pairs.columns == ["user_id", "item_id", "weight", "timestamp", "events"]
    assert (pairs.height, pairs["weight"].is_between(0, 1).all()) == (240, True)


def test_an_export_takes_nobodys_place_and_an_import_needs_all_files(
    aisle: Runner, filled: Path, tmp_path: Path
) -> None:
    assert "is there already" in aisle("-C", filled, "export", tmp_path).err
    assert "cannot write" in aisle("-C", filled, "export", tmp_path / "no" / "where").err
    (tmp_path / "empty").mkdir()
    assert "has no items.parquet" in aisle("-C", filled, "import", tmp_path / "empty").err
    for name in ("items", "users", "events", "reviews"):
        (tmp_path / "empty" / f"{name}.parquet").write_text("no such file")
    assert "items.parquet is damaged" in aisle("-C", filled, "import", tmp_path / "empty").err


def test_an_import_of_nothing_new_says_so_and_has_a_code_of_its_own(aisle: Runner, shop: Path, file: Path) -> None:
    assert aisle("-C", shop, "import", file, "--yes").code == 0
    again = aisle("-C", shop, "import", file, "--yes")
    assert "28 read, 0 stored, 28 duplicate, 0 rejected" in again.out
    assert (again.code, again.err) == (3, "Nothing new: what can be stored is stored already.\n")
    file.write_text(CSV + "k1,a1,01.03.2024 10:00,1\n")
    assert aisle("-C", shop, "import", file, "--yes").code == 0


def test_an_import_in_which_every_row_was_rejected_fails(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("user_id,item_id,timestamp,quantity\nu,i,2024-01-01,0\n")
    ran = aisle("-C", shop, "import", path, "--yes")
    assert (ran.code, "nothing was imported: all 1 rows were rejected" in ran.err) == (2, True)


def test_codes_become_kinds(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("uid,sku,date,action\n" + "".join(f"u{n},i,2024-01-01 10:0{n},{n % 2 + 3}\n" for n in range(8)))
    options = ["--map-value", "4=purchase", "--map-value", "3=view", "--set", "currency=EUR", "--yes"]
    ran = aisle("-C", shop, "import", path, *options)
    assert "action: 3 → view_item, 4 → purchase" in ran.out
    assert "8 stored" in ran.out
