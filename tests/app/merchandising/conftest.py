from collections.abc import Iterator
from pathlib import Path

import pytest

from aisle.app.shop import Shop


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop.open(folder) as shop:
        yield shop
