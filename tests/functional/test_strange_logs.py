"""Small logs with the traps of real ones: what the import says of each, what it stores, and how it ends."""

from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.storage.log import events
from tests.runner import Runner


class Log(NamedTuple):
    file: str
    lines: list[str]
    options: list[str]
    says: list[str]
    kinds: dict[str, int]
    """How many events of each kind are stored."""
    code: int = 0


DAYS = [f"2026-01-{day:02d}" for day in range(1, 9)]
CODES = ["uid,sku,day,action", *(f"{n},i{n % 3},{day},{n % 4 + 1}" for n, day in enumerate(DAYS))]

LOGS = {
    "orders without a word for it": Log(
        "orders_2026.csv",
        ["customer,sku,day", *(f"c{n},i,{day}" for n, day in enumerate(DAYS))],
        [],
        ["every row is a purchase: no column says the kind; --event view_item changes that"],
        {"purchase": 8},
    ),
    "views without a word for it": Log(
        "log.csv",
        ["customer,sku,day", *(f"c{n},i,{day}" for n, day in enumerate(DAYS))],
        [],
        ["every row is a view_item: no column says the kind; --event purchase changes that"],
        {"view_item": 8},
    ),
    "codes are neither kinds nor stars": Log(
        "clicks.csv",
        CODES,
        [],
        ["action: 4 different values (1, 2, 3, 4); map them with --map-value 4=purchase", "left out: action"],
        {"view_item": 8},
    ),
    "a map of codes that misses two, beside ids that are numbers": Log(
        "clicks.csv",
        CODES,
        ["--map-value", "1=view", "--map-value", "4=purchase"],
        ["action: 1 → view_item, 4 → purchase", "action: rows without a known kind: 4 (2, 3)"],
        {"view_item": 2, "purchase": 2},
    ),
    "a map of a code that no row has": Log(
        "clicks.csv", CODES, ["--map-value", "7=purchase"], ["rows without a known kind: 8"], {}, 2
    ),
    "a map of a code that comes later than the guess looks": Log(
        "clicks.csv",
        ["uid,sku,day,action", *(f"u{n},i,2026-01-01,{'view' if n < 2_500 else '9'}" for n in range(2_510))],
        ["--map-value", "9=purchase"],
        ["events: 2,510 read, 2,510 stored"],
        {"view_item": 2_500, "purchase": 10},
    ),
    "returns": Log(
        "orders.csv",
        ["customer,sku,day,qty,price", "c,i,2026-01-01,2,5", "c,i,2026-01-03,-1,5"],
        ["--returns"],
        ["events: 2 read, 2 stored"],
        {"purchase": 1, "refund": 1},
    ),
    "no header": Log(
        "orders.csv",
        [f"c{n};i;{day};4,50" for n, day in enumerate(DAYS)],
        ["--no-header", *(word for n, name in enumerate(("user_id", "item_id", "timestamp", "price"), 1)
                          for word in ("--map", f"column_{n}={name}"))],
        ["events: 8 read, 8 stored"],
        {"purchase": 8},
    ),
    "days as Excel stores them": Log(
        "orders.csv",
        ["customer,sku,order date", *(f"c{n},i,{46_000 + n}.5" for n in range(8))],
        [],
        ["2025-12-09 12:00:00"],
        {"purchase": 8},
    ),
    "every row is bad": Log(
        "log.csv", ["customer,sku,day", "c,,2026-01-01"], [], ["1 of the first 1 rows would be rejected"], {}, 2
    ),
    "a plain file named .gz": Log("log.csv.gz", ["customer,sku,day"], [], ["drop .gz from the name"], {}, 2),
    "a matrix of items": Log(
        "log.csv", [",".join(f"i{n}" for n in range(10_001))], [], ["10,001 columns, more than 10,000"], {}, 2
    ),
    "people": Log("people.csv", ["uid,age", "u,30", "v,40"], [], ["users: 2 read, 2 stored"], {}),
    "people who are said to be events": Log(
        "people.csv", ["uid,age", "u,30", "v,40"], ["--as", "events"], ["or say --as users"], {}, 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("log", LOGS.values(), ids=LOGS)
def test_nothing_is_guessed_in_silence(aisle: Runner, tmp_path: Path, log: Log) -> None:
    shop, file = tmp_path / "shop", tmp_path / log.file
    aisle("init", shop)
    file.write_text("\n".join(log.lines) + "\n")
    ran = aisle("-C", shop, "import", file, "--yes", *log.options)
    assert ran.code == log.code, ran.err
    assert [words for words in log.says if words not in ran.out + ran.err] == []
    with Shop.open(shop) as opened:
        kinds = [frame["event"] for frame in events.stream(opened.db, ("event",))]
    assert (dict(pl.concat(kinds).value_counts().rows()) if kinds else {}) == log.kinds
