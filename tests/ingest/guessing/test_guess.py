"""Guessing what files hold."""

import re
from pathlib import Path

import pytest

from aisle.ingest.guessing.guess import guess
from aisle.ingest.guessing.synonyms import SYNONYMS, squashed
from aisle.ingest.plan import Plan
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
        *("--event", "view_item", "--as", "events", "--timezone", "UTC", "--date-format", "%d/%m/%Y %H:%M"),
    )


def test_our_own_names_need_no_map(tmp_path: Path) -> None:
    guessed = guess([write(tmp_path / "a.csv", HEADER, "view,u,i,2020-01-01,,,")], now=NOW)
    assert guessed.arguments == ("--format", "aisle", "--as", "events", "--timezone", "UTC", "--date-format", "iso")


def test_a_known_log_is_recognised_by_its_header(tmp_path: Path) -> None:
    header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"
    guessed = guess([write(tmp_path / "a.csv", header, "1,POST,x,1,2011-01-01,1,1,UK")], now=NOW)
    assert guessed.plan == Plan(format="online-retail")
    assert guessed.rejects == {"StockCode 'POST' is a fee, postage, voucher or correction: no product": 1}
    assert guessed.sample.height == 0


def test_expected_rejects_are_counted_by_kind(tmp_path: Path) -> None:
    rows = ["view,u,i,2020-01-01,0,,", "view,u,i,2020-01-01,-1,,", "view,u,i,2020-01-01,1,,"]
    guessed = guess([write(tmp_path / "a.csv", HEADER, *rows)], now=NOW)
    assert guessed.rejects == {"quantity '0' is not positive": 2}


def test_what_is_known_is_not_guessed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "uid,sku,when", "7,a,01/02/2019")
    guessed = guess([path], Plan(table="events", timezone="Europe/London", date_format="%m/%d/%Y"), now=NOW)
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
    assert guessed.notes[0].startswith(f"every row is a {kind}: no column says the kind; --event")
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


def test_files_of_different_kinds_are_not_read_as_one(tmp_path: Path) -> None:
    catalogue = write(tmp_path / "items.csv", "item_id,title,price", "a,Mug,1")
    log = write(tmp_path / "log.csv", "item_id,user_id,timestamp", "a,u,2020-01-01")
    with pytest.raises(
        FormatError, match=r"items\.csv is taken for items and log\.csv for events; import each by itself"
    ):
        guess([catalogue, log], now=NOW)
    with pytest.raises(FormatError, match=r"log\.csv is taken for events and items\.csv for items"):
        guess([log, catalogue], now=NOW)


def test_what_all_files_are_said_to_be_counts(tmp_path: Path) -> None:
    first = write(tmp_path / "1.csv", "item_id,user_id,timestamp", "a,u,2020-01-01")
    catalogue = write(tmp_path / "items.csv", "item_id,title,price", "a,Mug,1")
    assert guess([first, first], now=NOW).table == "events"
    assert guess([catalogue, first], Plan(table="items"), now=NOW).table == "items"


def test_files_with_a_map_are_not_compared(tmp_path: Path) -> None:
    first = write(tmp_path / "1.csv", "who,sku,when", "u,a,2020-01-01")
    second = write(tmp_path / "2.csv", "who,sku,when,title,price", "u,a,2020-01-01,Mug,1")
    plan = Plan(columns={"who": "user_id", "when": "timestamp"})
    assert guess([first, second], plan, now=NOW).table == "events"


def test_no_file_at_all_is_refused() -> None:
    with pytest.raises(FileError, match="no file is given"):
        guess([])


def test_every_column_has_synonyms_spelt_as_they_are_compared() -> None:
    assert set(SYNONYMS) == {name for table in TABLES.values() for name in table}
    assert all(squashed(word) == word for words in SYNONYMS.values() for word in words)


CLICKS = ("uid,sku,date,action", *(f"u{n},i{n},2024-01-0{n},{n % 4 + 1}" for n in range(1, 9)))
ORDERS = ("Bestellnummer;Kundennummer;Bestelldatum;Artikelnummer;Artikelname;Menge;Einzelpreis;Farbe",)


def test_codes_are_no_stars_and_the_map_of_values_is_offered(tmp_path: Path) -> None:
    guessed = guess([write(tmp_path / "a.csv", *CLICKS)], now=NOW)
    assert "rating" not in guessed.plan.columns.values()
    assert "action: 4 different values (1, 2, 3, 4); map them with --map-value 4=purchase" in guessed.notes
    assert "left out: action" in guessed.notes


def test_a_map_of_values_finds_its_column_and_says_what_it_misses(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *CLICKS)
    guessed = guess([path], Plan(values={"4": "purchase", "1": "view"}), now=NOW)
    assert guessed.plan.columns["action"] == "event"
    assert guessed.notes[:2] == (
        "action: 1 → view_item, 4 → purchase",
        "action: rows without a known kind: 4 (2, 3); map it with --map-value 2=KIND",
    )
    assert sorted(ingest(path, guessed.plan).events["event"]) == ["purchase"] * 2 + ["view_item"] * 2
    assert {reason.partition(";")[0] for reason in ingest(path, guessed.plan).reasons} == {
        "event '2' is unknown",
        "event '3' is unknown",
    }


def test_a_map_of_values_that_no_column_holds_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "uid,sku,date", "u,i,2024-01-01")
    with pytest.raises(FormatError, match="no column holds 9; name it with --map COLUMN=event"):
        guess([path], Plan(values={"9": "purchase"}), now=NOW)


def test_one_map_keeps_the_guess_for_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "who,sku,date,qty", "u,i,2024-01-01,1")
    guessed = guess([path], Plan(columns={"who": "user_id"}), now=NOW)
    assert guessed.plan.columns == {"who": "user_id", "sku": "item_id", "date": "timestamp", "qty": "quantity"}
    assert guessed.adds_columns_to(Plan(columns={"who": "user_id"}))
    assert not guessed.adds_columns_to(guessed.plan)


def test_a_map_of_a_column_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="has no column 'who'; it has uid"):
        guess([write(tmp_path / "a.csv", "uid,sku", "u,i")], Plan(columns={"who": "user_id"}), now=NOW)


def test_german_orders_are_purchases_and_returns_are_offered(tmp_path: Path) -> None:
    rows = ("1;k;03.01.2024 10:00;a;Tasse;2;1.234,50;rot", "2;k;14.01.2024 10:00;a;Tasse;-1;1.234,50;rot")
    path = write(tmp_path / "a.csv", *ORDERS, *rows)
    guessed = guess([path], now=NOW)
    assert guessed.notes == (
        "every row is a purchase: no column says the kind; --event view_item changes that",
        "rows with a negative quantity: 1; --returns stores them as refunds",
        "left out: Artikelname, Farbe",
        "Artikelname: import the file once more with --as items to keep this too",
    )
    assert guessed.rejects == {"quantity '-1' is not positive": 1}
    events = ingest(path, guess([path], Plan(returns=True), now=NOW).plan).events
    assert events.select("event", "quantity", "price").rows() == [
        ("purchase", 2, 1_234_500_000),
        ("refund", 1, 1_234_500_000),
    ]


def test_the_name_of_a_file_tells_orders(tmp_path: Path) -> None:
    lines = ("uid,sku,date", "u,i,2024-01-01")
    files = [write(tmp_path / name, *lines) for name in ("bestellungen.csv", "a.csv")]
    kinds = [guess([file], now=NOW).sample["event"][0] for file in files]
    assert kinds == ["purchase", "view_item"]


def test_a_kind_that_is_given_is_every_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "uid,sku,date,price", "u,i,2024-01-01,1")
    guessed = guess([path], Plan(constants={"event": "view", "currency": "EUR"}), now=NOW)
    assert guessed.sample.select("event", "currency").rows() == [("view_item", "EUR")]
    assert guessed.arguments[6:10] == ("--event", "view", "--set", "currency=EUR")


@pytest.mark.parametrize("name", ["action", "status", "type"])
def test_whole_numbers_under_the_name_of_something_else_are_no_stars(tmp_path: Path, name: str) -> None:
    rows = [f"7,a,2019-01-01,{stars}" for stars in range(1, 6)]
    path = write(tmp_path / "a.csv", f"uid,sku,date,{name}", *rows)
    assert "rating" not in guess([path], now=NOW).plan.columns.values()


def test_text_without_a_header_and_in_another_encoding(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "Jürgen,a,2024-01-01", "Zoë,b,2024-01-02", encoding="cp1252")
    given = Plan(columns={"column_1": "user_id", "column_2": "item_id"}, header=False, encoding="cp1252")
    plan = guess([path], given, now=NOW).plan
    assert plan.arguments()[-1] == "--no-header"
    assert ingest(path, plan).events["user_id"].to_list() == ["Jürgen", "Zoë"]


def test_a_file_of_people_is_told_by_its_distinct_users_and_keeps_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "user_id,gender,age,joined", "u,f,31,2024-01-01", "v,,,2024-01-02")
    guessed = guess([path], now=NOW)
    assert guessed.table == "users"
    assert guessed.sample["attributes"].to_list() == [
        '{"gender":"f","age":"31","joined":"2024-01-01"}',
        '{"joined":"2024-01-02"}',
    ]


def test_people_are_suggested_where_items_lack(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "user_id,joined", "u,2024-01-01", "u,2024-01-02")
    with pytest.raises(FormatError, match="or say --as users if each row is a shopper"):
        guess([path], now=NOW)


def test_a_value_that_is_set_stands_instead_of_a_column(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "user_id,item_id,date,Currency", "u,i,2024-01-01,", "v,i,2024-01-02,EUR")
    plan = guess([path], Plan(table="events", constants={"currency": "EUR"}), now=NOW).plan
    assert ingest([path], plan).events["currency"].to_list() == ["EUR", "EUR"]


def test_orders_do_not_say_when_their_items_came(tmp_path: Path) -> None:
    orders = write(tmp_path / "orders.csv", "Email,sku,name,Created at", "a@b.example,i,Tea,2024-01-01")
    assert "available_from" not in guess([orders], Plan(table="items"), now=NOW).plan.columns.values()
    items = write(tmp_path / "items.csv", "sku,name,Created at", "i,Tea,2024-01-01")
    assert "available_from" in guess([items], Plan(table="items"), now=NOW).plan.columns.values()


def test_order_lines_of_woocommerce_are_purchases_of_their_skus(tmp_path: Path) -> None:
    """`Item #` is the line of the order there, not the item."""
    header = (
        "Order Number,Order Date,Email (Billing),Order Total Amount,SKU,Item #,Item Name,Quantity (- Refund),Item Cost"
    )
    path = tmp_path / "export.csv"
    path.write_text(f"{header}\n9135,2024-04-02 19:04,ann@example.com,42.95,MUG,1,Enamel Mug,2,12.00\n")
    guessed = guess([path])
    assert guessed.table == "events"
    row = guessed.sample.row(0, named=True)
    assert [row[name] for name in ("event", "user_id", "item_id", "quantity", "price", "transaction_id")] == [
        "purchase",
        "ann@example.com",
        "MUG",
        2,
        12_000_000,
        "9135",
    ]
