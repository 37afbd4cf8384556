"""docs/own-data.md, from top to bottom: its files, its commands, and the lines that it shows of their output."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest

from aisle.app.shop import Shop
from aisle.storage.log import events
from tests.runner import Runner

PAGE = (Path(__file__).parents[2] / "docs" / "own-data.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```csv (\S+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
ENCODINGS = {"bestellungen.csv": "cp1252"}
PROMPT = "Press Enter to import; anything else stops: "


class Example(NamedTuple):
    command: str
    shown: list[str]


def examples() -> list[Example]:
    """Return the commands of the page, each with the lines that stand below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    parts = [part.strip().splitlines() for block in blocks for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]
    return [Example(lines[0], lines[1:]) for lines in parts]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding=ENCODINGS.get(name, "utf-8"))
    return tmp_path


def test_every_command_prints_what_the_page_shows(aisle: Runner, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(examples()) > 15
    for command, shown in examples():
        answers = [line.removeprefix(PROMPT) for line in shown if line.startswith(PROMPT)]
        monkeypatch.setattr("typer.prompt", lambda text, answers=answers, **_: answers.pop())
        ran = aisle(*shlex.split(command)[1:])
        assert ran.code == (2 if any(line.startswith(PROMPT) for line in shown) else 0), ran.err
        told = " ".join(ran.out.split())
        for line in shown:
            assert line.startswith(PROMPT) or " ".join(line.split()) in told, (command, line, ran.out)
        assert not answers


def stored(folder: Path) -> list[tuple[object, ...]]:
    with Shop.open(folder) as shop:
        columns = ("user_id", "item_id", "event", "quantity", "price", "currency", "timestamp", "transaction_id")
        return sorted(pl.concat(events.stream(shop.db, columns)).rows())


def run(aisle: Runner, shop: str) -> None:
    for command, shown in examples():
        words = shlex.split(command)[1:]
        if shop in words and not any(line.startswith(PROMPT) for line in shown):
            assert aisle(*words).code == 0


@pytest.mark.parametrize(
    ("shop", "orders"),
    [
        ("shopify", ["#1001", "#1001", "#1002"]),
        ("woo", ["7001", "7001", "7002"]),
        ("magento", ["000000701", "000000701", "000000702"]),
    ],
)
def test_the_exports_of_known_shops_give_the_same_events(
    aisle: Runner, folder: Path, shop: str, orders: list[str]
) -> None:
    run(aisle, shop)
    afternoon = 1_770_123_909_000_000
    assert [row[:-1] for row in stored(folder / shop)] == [
        ("ann@example.com", "A-17", "purchase", 2, 12_500_000, "EUR", afternoon),
        ("ann@example.com", "A-20", "purchase", 1, 34_900_000, "EUR", afternoon),
        ("ben@example.com", "A-17", "purchase", 1, 12_500_000, "EUR", afternoon + 5_701_000_000),
    ]
    assert [row[-1] for row in stored(folder / shop)] == orders


def test_returns_local_times_and_codes_are_stored_as_the_page_says(aisle: Runner, folder: Path) -> None:
    run(aisle, "shop")
    rows = stored(folder / "shop")
    assert [row[2] for row in rows if str(row[0]).startswith("v")] == [
        "add_to_cart",
        "purchase",
        "view_item",
        "remove_from_cart",
        "view_item",
    ]
    (refund,) = [row for row in rows if row[2] == "refund"]
    assert refund[:6] == ("K-1001", "A-17", "refund", 1, 12_500_000, "EUR")
    assert next(row[6] for row in rows if row[0] == "K-1001") == 1_770_123_900_000_000
