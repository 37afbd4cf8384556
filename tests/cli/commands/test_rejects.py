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
    assert msgspec.json.decode(aisle("-C", shop, "rejects", "list", "--json").out)[0][1] == 30


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
