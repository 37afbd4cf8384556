"""Guessing what files hold."""

import re
from pathlib import Path

import pytest

from aisle.ingest import Plan, guess
from aisle.ingest.synonyms import SYNONYMS, squashed
from aisle.shop.columns import TABLES
from aisle.shop.errors import FileError, FormatError
from tests.ingest.files import HEADER, NOW, ingest, write


@pytest.mark.parametrize(
    ("header", "row", "ours"),
    [
        ("Customer ID,SKU,Order Date,Qty", "7,a,31/12/2019,2", "user_id item_id timestamp quantity"),
        ("Kunde;Artikelnummer;Datum;Menge;Preis", "7;a;31.12.2019;2;1,50", "user_id item_id timestamp quantity price"),
        ("cliente,producto,fecha,précio", "7,a,2019-12-31,2", "user_id item_id timestamp price"),
        ("SessionId\tItemId\tTime", "7\ta\t1433222501.5", "session_id item_id timestamp"),
        ("uid,asin,x,y", "7,a,2019-12-31,cart", "user_id item_id timestamp event"),
    ],
)
def test_columns_are_told_by_name_and_value(tmp_path: Path, header: str, row: str, ours: str) -> None:
    path = write(tmp_path / "a.csv", header, row)
    guessed = guess([path], now=NOW)
    assert guessed.plan.columns == dict(zip(re.split(r"[,;\t]", header), ours.split(), strict=True))
    assert (guessed.table, guessed.sample.height, guessed.looked_at, guessed.rejects) == ("events", 1, 1, {})
    assert ingest(path, guessed.plan).events.height == 1


def test_the_arguments_stand_for_the_same_plan(tmp_path: Path) -> None:
    guessed = guess([write(tmp_path / "a.csv", "uid,sku,when", "7,a,31/12/2019 10:00")], now=NOW)
    assert guessed.arguments == (
        *("--map", "uid=user_id", "--map", "sku=item_id", "--map", "when=timestamp"),
        *("--as", "events", "--timezone", "UTC", "--date-format", "%d/%m/%Y %H:%M"),
    )


def test_our_own_names_need_no_map(tmp_path: Path) -> None:
    guessed = guess([write(tmp_path / "a.csv", HEADER, "view,u,i,2020-01-01,,,")], now=NOW)
    assert guessed.arguments == ("--format", "aisle", "--as", "events", "--timezone", "UTC", "--date-format", "iso")


def test_a_known_log_is_recognised_by_its_header(tmp_path: Path) -> None:
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    guessed = guess([write(tmp_path / "a.csv", header, "1,POST,x,1,2011-01-01,1,1,UK")], now=NOW)
    assert guessed.plan == Plan(format="online-retail")
    assert guessed.rejects == {"StockCode … is a fee, postage, voucher or correction: no product": 1}
    assert guessed.sample.height == 0


def test_expected_rejects_are_counted_by_kind(tmp_path: Path) -> None:
    rows = ["view,u,i,2020-01-01,0,,", "view,u,i,2020-01-01,-1,,", "view,u,i,2020-01-01,1,,"]
    guessed = guess([write(tmp_path / "a.csv", HEADER, *rows)], now=NOW)
    assert guessed.rejects == {"quantity … is not positive": 2}


def test_what_is_known_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "uid,sku,when", "7,a,01/02/2019")
    guessed = guess([path], "events", "Europe/London", "%m/%d/%Y", now=NOW)
    assert guessed.plan.timezone == "Europe/London"
    assert guessed.sample["timestamp"].to_list() == [1_546_387_200_000_000]


def test_dates_that_could_be_either_are_pointed_out(tmp_path: Path) -> None:
    either = guess([write(tmp_path / "a.csv", "uid,sku,date,qty", "7,a,01/02/2019,1")], now=NOW)
    clear = guess([write(tmp_path / "b.csv", "uid,sku,date,qty", "7,a,31/02/2019,1", "7,a,31/01/2019,1")], now=NOW)
    assert either.notes[-1] == "dates could also be %m/%d/%Y: give --date-format '%m/%d/%Y' if they are"
    assert not any("could also be" in note for note in clear.notes)


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [("qty", "1", "purchase"), ("stars", "5", "rate"), ("colour", "red", "view_item")],
)
def test_a_log_without_kinds_says_what_it_is_taken_for(tmp_path: Path, header: str, row: str, kind: str) -> None:
    guessed = guess([write(tmp_path / "a.csv", f"uid,sku,date,{header}", f"7,a,2019-01-01,{row}")], now=NOW)
    assert guessed.notes == (f"no column names the event: every row counts as {kind}",)
    assert guessed.sample["event"].to_list() == [kind]


def test_stars_are_told_by_their_values(tmp_path: Path) -> None:
    rows = [f"7,a,2019-01-01,{stars}" for stars in ("1", "4.5", "5.0")]
    assert guess([write(tmp_path / "a.csv", "uid,sku,date,x", *rows)], now=NOW).plan.columns["x"] == "rating"


def test_a_name_whose_values_say_otherwise_is_not_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "uid,sku,date,day,event", "7,a,soon,2019-01-01,conference")
    assert guess([path], now=NOW).plan.columns["day"] == "timestamp"


@pytest.mark.parametrize(
    ("header", "row", "table"),
    [
        ("sku,name,price,brand", "a,A,1,b", "items"),
        ("customer_id,attributes", "a,", "users"),
        ("Clothing ID,Review Text,Rating", "7,fine,5", "reviews"),
    ],
)
def test_the_table_is_guessed(tmp_path: Path, header: str, row: str, table: str) -> None:
    guessed = guess([write(tmp_path / "a.csv", header, row)], now=NOW)
    assert (guessed.table, guessed.sample.height) == (table, 1)


@pytest.mark.parametrize(
    ("header", "value", "ours"),
    [("available", "17", "stock"), ("available", "no", "in_stock"), ("Availability", "out of stock", "in_stock")],
)
def test_how_many_and_whether_any_are_told_apart(tmp_path: Path, header: str, value: str, ours: str) -> None:
    guessed = guess([write(tmp_path / "a.csv", f"sku,title,{header}", f"a,Mug,{value}")], now=NOW)
    assert guessed.sample[ours].null_count() == 0


def test_columns_that_cannot_be_told_are_named_with_the_map_to_write(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "p,q,r", "x,y,z")
    with pytest.raises(
        FormatError, match=r"has the columns p, q, r; .*--map COLUMN=user_id --map COLUMN=item_id --map"
    ):
        guess([path], now=NOW)


def test_many_columns_are_not_all_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ",".join(f"c{number}" for number in range(40)), ",".join(["x"] * 40))
    with pytest.raises(FormatError, match="c24 and 15 more"):
        guess([path], now=NOW)


def test_a_log_with_nothing_of_a_shop_is_reported(tmp_path: Path) -> None:
    line = '{"event_name": "scroll", "event_timestamp": "1600000000000000", "user_pseudo_id": "p"}'
    with pytest.raises(FileError, match="holds no row that Aisle can use"):
        guess([write(tmp_path / "a.jsonl", line)], now=NOW)


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(FileError, match="no file is given"):
        guess([])


def test_every_column_has_synonyms_spelt_as_they_are_compared() -> None:
    assert set(SYNONYMS) == {name for table in TABLES.values() for name in table}
    assert all(squashed(word) == word for words in SYNONYMS.values() for word in words)
