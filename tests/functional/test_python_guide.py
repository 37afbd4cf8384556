"""The examples of docs/python.md, run one after the other as they stand there, in a folder with a shop's orders."""

import re
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from aisle.app.data.sources import Reading
from aisle.app.shop import Shop

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def orders() -> str:
    """Return orders of 40 customers, each of whom keeps to one half of the shelf and buys again in the newest weeks."""
    lines = ["Kunde;Artikel;Datum;Menge;Preis"]
    for customer in range(40):
        for day in range(12):
            item = f"{'tea' if customer % 2 else 'mug'}-{(customer + day * (1 + customer % 3)) % 10}"
            lines.append(f"customer-{customer};{item};2026-{day // 4 + 1:02d}-{day % 4 * 7 + 1:02d};1;4,50")
    return "\n".join(lines)


def test_every_example_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.csv").write_text(orders())
    names: dict[str, Any] = {}
    for number, text in enumerate(EXAMPLES):
        exec(compile(text, f"python.md, example {number}", "exec"), names)
    shown = capsys.readouterr().out
    assert "every row is a purchase: no column says the kind; event='view_item' changes that" in shown
    assert "Model 1 is live" in shown
    assert "recommended-for-you, by model 1" in shown
    with Shop.open("shop") as shop:
        assert shop.item_history("tea-1")
        assert {line.event for line in shop.history("anna")} == {"view_item"}


def test_every_parameter_of_an_import_is_documented() -> None:
    documented = set(re.findall(r"`(\w+)=", "\n".join(re.findall(r"^\| `.*", PAGE, re.MULTILINE))))
    documented |= set(re.findall(r", `(\w+)=", PAGE))
    assert documented == get_type_hints(Reading).keys()
