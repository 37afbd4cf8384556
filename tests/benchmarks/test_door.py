"""The measurement of the door."""

from pathlib import Path

from pydantic import SecretStr

from aisle.app.settings import Settings
from aisle.app.shop import Shop
from benchmarks.door import measured


def test_requests_with_each_kind_of_credentials_pass_and_cost_something(folder: Path) -> None:
    with Shop(Settings.read(folder, serve={"sealing_key": SecretStr("k" * 32)})) as shop:
        rows = measured(shop, 20)
    assert [row["shown"] for row in rows] == ["an sk_ key", "a pk_ key of a page", "… and a user token"]
    assert all(float(row["door_us"]) > 0 for row in rows)
