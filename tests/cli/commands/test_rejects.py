from pathlib import Path

import msgspec
import pytest

from tests.runner import Runner

CSV = "Kunde,Artikel,Datum,Menge\n" + "".join(f"k{n % 4},a{n % 3},{n + 1:02d}.01.2024 10:00,1\n" for n in range(28))
BAD_ROW = "k1,a1,01.01.1970 10:00,1\n"
MAP = ["--map", "Kunde=user_id", "--map", "Artikel=item_id", "--map", "Datum=timestamp", "--map", "Menge=quantity"]


@pytest.fixture
def shop(aisle: Runner, tmp_path: Path) -> Path:
    assert aisle("init", tmp_path / "shop").code == 0
    return tmp_path / "shop"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "orders.csv"
    path.write_text(CSV + BAD_ROW)
    return path


def test_rejects_are_listed(aisle: Runner, shop: Path, file: Path) -> None:
    ran = aisle("-C", shop, "import", file, *MAP)
    assert "1 rejected" in ran.out
    listed = aisle("-C", shop, "rejects", "list")
    assert "orders.csv" in listed.out
    assert "30" in listed.out
    assert msgspec.json.decode(aisle("-C", shop, "rejects", "list", "--each", "--json").out)[0][1] == 30


def test_rejects_are_listed_by_reason_with_one_example_each(aisle: Runner, shop: Path, file: Path) -> None:
    bad = "".join(f"k1,a1,soon {n},1\n" for n in range(40)) + "k1,,02.01.2024 10:00,1\n"
    file.write_text(CSV + bad)
    aisle("-C", shop, "import", file, *MAP, "--date-format", "%d.%m.%Y %H:%M")
    first, second = msgspec.json.decode(aisle("-C", shop, "rejects", "list", "--json").out)
    assert (first["rows"], first["line"], "soon 39" in first["reason"], "soon 39" in first["raw"]) == (
        40,
        69,
        True,
        True,
    )
    assert (second["rows"], second["line"]) == (1, 70)
    listed = aisle("-C", shop, "rejects", "list").out
    assert "41 rejected rows by reason, with one example of each" in listed
    assert "soon 38" not in listed
    assert "soon 38" in aisle("-C", shop, "rejects", "list", "--each").out


def test_a_replay_takes_the_options_that_the_import_printed(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    clicks = tmp_path / "clicks.csv"
    clicks.write_text("k1;a1;01.02.2024;4;-2\nk2;a2;bald;1;1\n".replace("bald", "31.02.2024"), encoding="cp1252")
    names = ("user_id", "item_id", "timestamp", "event", "quantity")
    maps = [word for n, name in enumerate(names, 1) for word in ("--map", f"column_{n}={name}")]
    options = [*maps, "--as", "events", "--no-header", "--encoding", "cp1252", "--map-value", "4=purchase"]
    options += ["--map-value", "1=view", "--set", "currency=EUR", "--timezone", "Europe/Berlin"]
    aisle("-C", shop, "import", clicks, *options, "--date-format", "%Y/%m/%d", "--yes")
    ran = aisle("-C", shop, "rejects", "replay", *options, "--returns", "--date-format", "%d.%m.%Y")
    assert "2 rejects read, 1 passed, 1 stay: 1 rows stored" in ran.out
    number = max(row["number"] for row in msgspec.json.decode(aisle("-C", shop, "imports", "list", "--json").out))
    assert f"This is import {number}; aisle imports undo {number} takes it back" in ran.out
    assert f"From rejects of {clicks} with --map" in aisle("-C", shop, "imports", "show", str(number)).out.replace(
        "\n", ""
    )


def test_a_replay_of_a_table_leaves_the_others(aisle: Runner, shop: Path, tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("sku,name\n" + "x" * 300 + ",Tea\n")
    (tmp_path / "events.csv").write_text("user_id,item_id,timestamp\nu,i,never\n")
    for name in ("items", "events"):
        aisle("-C", shop, "import", tmp_path / f"{name}.csv", "--as", name, "--format", "aisle", "--yes")
    ran = aisle("-C", shop, "rejects", "replay", "--as", "events")
    assert "1 rejects read, 0 passed, 1 stay" in ran.out


def test_rejects_are_exported_corrected_and_replayed(aisle: Runner, shop: Path, file: Path, tmp_path: Path) -> None:
    aisle("-C", shop, "import", file, *MAP)
    out = tmp_path / "rejects.jsonl"
    assert f"aisle rejects replay --corrected {out}" in aisle("-C", shop, "rejects", "export", out).out
    replay = ("-C", shop, "rejects", "replay", *MAP, "--date-format", "%d.%m.%Y %H:%M")
    assert "1 rejects read, 0 passed, 1 stay" in aisle(*replay).out
    out.write_text(out.read_text().replace("1970", "2024"))
    ran = aisle(*replay, "--corrected", out, "--json")
    assert (msgspec.json.decode(ran.out)["left"], msgspec.json.decode(ran.out)["stays"]) == (1, 0)


def test_a_shop_without_rejects_says_so(aisle: Runner, shop: Path) -> None:
    assert "Nothing was rejected" in aisle("-C", shop, "rejects", "list").out
