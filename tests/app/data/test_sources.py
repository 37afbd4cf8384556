"""What Python code may import, and how."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from aisle.app.data.sources import parameters_named
from aisle.app.shop import Shop
from aisle.shop.errors import FormatError, InputError
from aisle.storage.log import events

ROWS = {
    "Kunde": ["k1", "k2", "k2"],
    "Artikel": [7, 8, 9],
    "Datum": [datetime(2024, 1, day, 12, tzinfo=UTC) for day in (1, 2, 3)],
    "Menge": [1, 2, -1],
    "Farbe": ["rot", "blau", "rot"],
}
MAPPING = {"Kunde": "user_id", "Artikel": "item_id"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with Shop.open(tmp_path / "shop") as opened:
        yield opened


def written(folder: Path) -> Path:
    pl.DataFrame(ROWS).write_csv(folder / "orders.csv")
    return folder / "orders.csv"


def records() -> list[dict[str, Any]]:
    return pl.DataFrame(ROWS).to_dicts()


SOURCES: dict[str, Callable[[Path], object]] = {
    "path": written,
    "text": lambda folder: str(written(folder)),
    "paths": lambda folder: [written(folder)],
    "Polars": lambda _: pl.DataFrame(ROWS),
    "lazy": lambda _: pl.LazyFrame(ROWS),
    "pandas": lambda _: pd.DataFrame(ROWS),
    "indexed pandas": lambda _: pd.DataFrame(ROWS).set_index("Artikel"),
    "Arrow": lambda _: pa.table(ROWS),
    "Arrow batches": lambda _: pa.table(ROWS).to_reader(),
    "records": lambda _: records(),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)
def test_every_source_gives_the_same_events(shop: Shop, tmp_path: Path, source: Callable[[Path], object]) -> None:
    imported = shop.import_events(source(tmp_path), mapping=MAPPING, set={"currency": "EUR"})
    count = imported.tables["events"]
    assert (count.read, count.stored, count.rejected) == (3, 2, 1)
    stored = pl.concat(events.stream(shop.db, ("event", "user_id", "item_id", "quantity", "currency", "timestamp")))
    first = int(datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp() * 1e6)
    assert stored.sort("user_id").rows()[0] == ("purchase", "k1", "7", 1, "EUR", first)


def test_what_was_guessed_is_told_with_parameters(shop: Shop) -> None:
    imported = shop.import_events(pl.DataFrame(ROWS), event="view_item")
    assert repr(imported).splitlines() == [
        "events: 3 read, 2 stored, 1 rejected",
        "every row is a view_item",
        "rows with a negative quantity: 1; returns=True stores them as refunds",
        "left out: Farbe",
    ]
    previewed = repr(shop.preview(pl.DataFrame(ROWS)))
    assert "every row is a purchase: no column says the kind; event='view_item' changes that" in previewed
    assert "Kunde → user_id, Artikel → item_id" in previewed
    assert "1 of the first 3 rows would be rejected: " in previewed
    assert events.count(shop.db) == 2


def test_rejects_of_a_frame_have_its_rows(shop: Shop) -> None:
    shop.import_events(pl.DataFrame(ROWS))
    (reject,), _ = shop.rejects()
    assert (reject.source, reject.line) == ("frame", 3)


def test_codes_of_a_frame_are_mapped_by_number(shop: Shop) -> None:
    clicks = pd.DataFrame({"uid": list("abcd"), "sku": list("wxyz"), "day": "2024-01-01", "action": [1, 2, 3, 4]})
    imported = shop.import_events(clicks, map_values={1: "view", 2: "cart", 4: "purchase"})
    assert imported.tables["events"].stored == 3
    assert "map it with map_values={'3': 'KIND'}" in repr(imported)


def test_items_users_and_reviews_come_from_records(shop: Shop) -> None:
    items = shop.import_items([{"sku": "7", "Bezeichnung": "Tee", "Preis": Decimal("4.50")}])
    users = shop.import_users([{"Kunde": "k1", "income": np.int64(40_000), "since": pd.NaT}])
    reviews = shop.import_reviews([{"sku": "7", "review": "lovely", "stars": 4.5, "user": "k1", "date": "2024-01-05"}])
    stored = [
        imported.tables[name].stored for imported, name in ((items, "items"), (users, "users"), (reviews, "reviews"))
    ]
    assert stored == [1, 1, 1]
    assert shop.export_user("k1")["users"][0]["attributes"] == {"income": "40000"}


def test_a_known_log_brings_its_items(shop: Shop) -> None:
    log = pl.DataFrame(
        {
            "InvoiceNo": ["536365"],
            "StockCode": ["85123A"],
            "Description": ["HOLDER"],
            "Quantity": [6],
            "InvoiceDate": ["12/1/2010 8:26"],
            "UnitPrice": [2.55],
            "CustomerID": [17850],
            "Country": ["UK"],
        }
    )
    imported = shop.import_events(log)
    assert {name: count.stored for name, count in imported.tables.items()} == {"events": 1, "items": 1}


@pytest.mark.parametrize(
    ("source", "reading", "message"),
    [
        (5, {}, r"source is of type int; give a path, a Polars, pandas or Arrow frame, or a list of dicts"),
        ([], {}, "source is empty; give a path"),
        ([1, 2], {}, "source is of type list; give a path"),
        ({"user_id": ["a"]}, {}, "source is of type dict; give a path"),
        ([{"user_id": {1: b"\xff"}, "item_id": "\ud800"}], {}, "source: record 1 is no row: "),
        (pd.DataFrame({"user_id": [1, "a"], "item_id": "x"}), {}, "source cannot be read: .*; give each column values"),
        (pl.DataFrame({"user_id": [], "item_id": []}), {}, "the frame has no rows"),
        (records(), {"maps": MAPPING}, "parameter 'maps' does not exist; choose from source, mapping, event"),
        (
            records(),
            {"mapping": "Kunde=user_id"},
            "mapping is 'Kunde=user_id'; give a dict such as {'Kunde': 'user_id'}",
        ),
        (records(), {"header": "no"}, "header is 'no'; give a bool such as False"),
        (records(), {"mapping": {"Kundin": "user_id"}}, "frame has no column 'Kundin'; it has Kunde, Artikel"),
        (records(), {"event": "buy_all"}, "event 'buy_all' is no kind of event"),
        (records(), {"map_values": {"9": "purchase"}}, "no column holds 9; name it with mapping={'COLUMN': 'event'}"),
        (records(), {"format": "ga4", "mapping": MAPPING}, "give format or mapping, not both"),
        (records(), {"format": "sap"}, "format 'sap' is unknown"),
        (
            [{"a": "1", "b": "2"}],
            {},
            r"frame has the columns a, b; none is known to be user_id or item_id or timestamp of events: name it with "
            r"mapping={'COLUMN': 'user_id', 'COLUMN': 'item_id', 'COLUMN': 'timestamp'}, or give the format, or say "
            r"import_users if each row is a shopper",
        ),
    ],
)
def test_anything_else_is_one_clear_line(shop: Shop, source: object, reading: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message.replace("{", r"\{")) as raised:
        shop.import_events(source, **reading)
    assert "--" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("options", "parameters"),
    [
        ("map them with --map-value 'a b'=purchase", "map them with map_values={'a b': 'purchase'}"),
        ("give --date-format '%d/%m' if they are", "give date_format='%d/%m' if they are"),
        ("--returns stores them", "returns=True stores them"),
        ("name its --encoding, drop --no-header", "name its encoding, drop header=False"),
    ],
)
def test_options_become_parameters(options: str, parameters: str) -> None:
    with pytest.raises(FormatError) as raised, parameters_named():
        raise FormatError(options)
    assert str(raised.value) == parameters


def test_pandas_without_pyarrow_says_what_to_do(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("pyarrow is required")

    monkeypatch.setattr(pl, "from_pandas", refuse)
    with pytest.raises(InputError, match=r"source needs pyarrow .*to_dict"):
        shop.import_events(pd.DataFrame(ROWS))
