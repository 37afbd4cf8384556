"""What the jobs decide: a training after a drift, and a model that is rolled back."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from aisle.app.progress import silent
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.app.work import kinds
from aisle.app.work.kinds import kind_named
from aisle.insights.drift import Drift
from aisle.shop.moments import DAY, MINUTE, now
from aisle.storage.log import events
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.storage.work import jobs
from tests.storage.samples import row


@pytest.fixture
def shop(trained_folder: Path, tmp_path: Path) -> Iterator[Shop]:
    folder = shutil.copytree(trained_folder, tmp_path / "shop")
    with Shop(Settings.read(folder)) as opened:
        yield opened


def run(shop: Shop, kind: str) -> str:
    return kind_named(kind).run(shop, silent)


def waiting(shop: Shop) -> list[tuple[str, str]]:
    return [(job.kind, job.asked_by) for job in jobs.list_(shop.db, 9) if job.status == "waiting"]


class TestDrift:
    @pytest.fixture(autouse=True)
    def _drifted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = [Drift("event mix", 0.4, 0.25, True, "purchase makes 60.0% of the events")]
        monkeypatch.setattr(kinds, "drift", lambda *_: found)

    def age(self, shop: Shop, days: int) -> None:
        with shop.db.write() as connection:
            connection.exec_driver_sql(f"UPDATE models SET created = {now() - days * DAY}")

    def test_an_old_model_is_trained_again(self, shop: Shop) -> None:
        self.age(shop, 3)
        assert run(shop, "drift").endswith("of the events. A training was asked for.")
        assert waiting(shop) == [("train", "drift")]

    def test_a_new_model_knows_what_has_drifted(self, shop: Shop) -> None:
        assert run(shop, "drift").endswith("of the events.")
        assert waiting(shop) == []

    def test_a_shop_may_not_want_it(self, shop: Shop) -> None:
        self.age(shop, 3)
        with Shop(Settings.read(shop.settings.folder, worker={"train_on_drift": False})) as unwilling:
            run(unwilling, "drift")
        assert waiting(shop) == []


class TestWatch:
    def show(self, shop: Shop, version: int, rate: float, shoppers: int = 400) -> None:
        """Show a model's shelves of ten to shoppers, who click with some chance."""
        random, moment = np.random.default_rng(version), now() - MINUTE
        items = tuple(ServedItem(f"tea-{place}", place, 1.0, 1.0) for place in range(10))
        shelves, clicks = [], []
        for number in range(shoppers):
            name = f"{version} {number}"
            of_main = "recommended-for-you", "personal", None, version, items
            shelves.append(Impression(name, moment, f"user-{number}", None, *of_main))
            for place in np.flatnonzero(random.random(10) < rate).tolist():
                told = {"event_id": f"{name} {place}", "event": "select_item", "item_id": f"tea-{place}"}
                clicks.append(row("events", **told, timestamp=moment, recommendation_id=name))
        impressions.add(shop.db, shelves)
        events.store(shop.db, clicks)

    @pytest.fixture
    def second(self, shop: Shop) -> int:
        shop.train(force=True)
        live = shop.model_version()
        assert live is not None
        return live

    def test_without_a_model_before(self, shop: Shop) -> None:
        assert run(shop, "watch") == "No model was live before this one."

    def test_without_clicks(self, shop: Shop, second: int) -> None:
        self.show(shop, second, 0.0)
        assert run(shop, "watch") == f"Too few clicks on the shelves of model {second} or {second - 1} to compare them."

    def test_a_model_that_is_clicked_less_is_rolled_back(self, shop: Shop, second: int) -> None:
        self.show(shop, second - 1, 0.1)
        self.show(shop, second, 0.05)
        says = run(shop, "watch")
        assert says.endswith(f"Model {second - 1} is live again.")
        assert [row.version for row in shop.models() if row.status == "live"] == [second - 1]

    def test_a_model_that_does_as_well_stays(self, shop: Shop, second: int) -> None:
        self.show(shop, second - 1, 0.1)
        self.show(shop, second, 0.1)
        assert f"was of model {second - 1}: " in run(shop, "watch")
        assert [row.version for row in shop.models() if row.status == "live"] == [second]
