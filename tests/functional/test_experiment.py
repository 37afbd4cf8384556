"""The life of an experiment over HTTP: created, started, seen, clicked, reported, stopped."""

import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from starlette.testclient import TestClient

from aisle.app.data.day_counts import count_days
from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import DAY, HOUR, MINUTE, follow, now
from aisle.shop.schemas import schema_of
from aisle.storage.shelves import impressions
from aisle.storage.shelves.impressions import Impression, ServedItem
from aisle.web.app import create_app
from tests.runner import Runner
from tests.small_shop import make_small_shop
from tests.web.clients import client_of

SHOPPERS = 400


@pytest.fixture(scope="module")
def shop_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_small_shop(tmp_path_factory.mktemp("shops") / "shop")
    with Shop(Settings.read(folder)) as shop:
        shop.train("als")
    return folder


def _visit(live: Live, client: TestClient) -> None:
    """Let shoppers look at their shelf; those who see the bestsellers click and buy less."""
    events = []
    for number in range(SHOPPERS):
        user = f"visitor-{number}"
        shelf = client.get("/api/recommendations", params={"user_id": user, "n": 4}).json()
        assert shelf["variant"] in ("trial.1:as-is", "trial.1:popular"), shelf
        likes = number % 3 > 0 if shelf["variant"].endswith("as-is") else number % 9 == 0
        if likes:
            about = {"user_id": user, "item_id": shelf["items"][0]["item_id"]}
            followed = about | {"recommendation_id": shelf["recommendation_id"]}
            events.append({"event": "select_item", **followed})
            events.append({"event": "purchase", **about, "price": 10 + number % 7, "quantity": 1})
    for first in range(0, len(events), 100):
        assert client.post("/api/events", json=events[first : first + 100]).status_code < 300
    deadline = time.monotonic() + 60
    while live.impressions.waiting and time.monotonic() < deadline:
        time.sleep(0.05)


def test_the_life_of_an_experiment(shop_folder: Path, aisle: Runner) -> None:
    made = aisle(
        "-C",
        shop_folder,
        "experiments",
        "create",
        "trial",
        "--variant",
        "popular:strategy=bestsellers",
        "--guardrail",
        "conversion",
    )
    assert made.code == 0, made.err
    assert "trial is a draft, of version 1" in made.out
    assert "cannot show any change" in made.out or "power" in made.out

    refused = aisle("-C", shop_folder, "experiments", "start", "trial")
    assert refused.code == 2
    assert "--anyway starts it nevertheless" in refused.err
    assert aisle("-C", shop_folder, "experiments", "start", "trial", "--anyway").code == 0

    with Live(Settings.read(shop_folder)) as live, client_of(create_app(live)) as client:
        _visit(live, client)

    with Shop(Settings.read(shop_folder)) as shop:
        told = shop.experiments.report("trial")
        rows = {row.metric: row for row in told.report.rows}
        assert sum(told.report.units.values()) == SHOPPERS
        assert not told.report.is_broken
        assert rows["conversion"].verdict == "worse"
        assert told.decision.sentence.startswith("Stop popular: a guardrail broke. Visitors who order: -")

        with pytest.raises(InputError, match="runs since it was started"):
            shop.experiments.create({"name": "trial", "placement": "*", "variants": []} | _holdout())

        # The worker looks, too, and takes back what does harm.
        assert shop.experiments.watch()[0].startswith("trial was stopped: Stop popular: a guardrail broke.")
        assert shop.experiments.watch() == []

    shown = aisle("-C", shop_folder, "experiments", "report", "trial")
    assert shown.code == 0, shown.err
    assert "a guardrail broke" in shown.out
    assert "revenue per visitor" in shown.out
    listed = aisle("-C", shop_folder, "experiments", "list")
    assert "trial.1" in listed.out
    assert "stopped" in listed.out


def _holdout() -> dict[str, object]:
    return {"variants": [{"name": "as-is"}, {"name": "nothing", "holdout": True}]}


def test_a_holdout_gets_an_empty_shelf_and_200(shop_folder: Path) -> None:
    with Shop(Settings.read(shop_folder)) as shop:
        shop.experiments.create({"name": "without", "placement": "*"} | _holdout())
        shop.experiments.start("without", anyway=True)
    with Live(Settings.read(shop_folder)) as live, client_of(create_app(live)) as client:
        answers = [client.get("/api/recommendations", params={"user_id": f"v{number}"}) for number in range(20)]
        metrics = client.get("/metrics").text
    with Shop(Settings.read(shop_folder)) as shop:
        assert [row.name for row in shop.experiments.stop_all()] == ["without"]

    held_out = [answer.json() for answer in answers if answer.json()["holdout"]]
    assert all(answer.status_code == 200 for answer in answers)
    assert 0 < len(held_out) < 20
    assert all((shelf["items"], shelf["fallback"]) == ([], None) for shelf in held_out)
    assert f'aisle_shelf_holdout_total{{placement="recommended-for-you"}} {float(len(held_out))}' in metrics


def test_experiments_that_are_in_each_others_way_do_not_start(shop_folder: Path) -> None:
    with Shop(Settings.read(shop_folder)) as shop:
        everyone = {"placement": "recommended-for-you", "variants": _holdout()["variants"]}
        shop.experiments.create(everyone | {"name": "one"})
        shop.experiments.create(everyone | {"name": "two"})
        shop.experiments.create(everyone | {"name": "three", "layer": "mine"})
        shop.experiments.start("one", anyway=True)
        try:
            with pytest.raises(InputError, match="100% of the visitors in placement recommended-for-you are not free"):
                shop.experiments.start("two", anyway=True)
            with pytest.raises(InputError, match="one is about the same placement in another layer"):
                shop.experiments.start("three", anyway=True)
            with pytest.raises(InputError, match="one is running already"):
                shop.experiments.start("one", anyway=True)
        finally:
            shop.experiments.stop("one")
        with pytest.raises(InputError, match="one is not running but stopped"):
            shop.experiments.stop("one")


def test_a_ramp_goes_on_a_day_later(shop_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aisle.app.experiments import experiments

    with Shop(Settings.read(shop_folder)) as shop:
        shop.experiments.create({"name": "slow", "placement": "trending", "ramp": [0.1, 1.0]} | _holdout())
        assert shop.experiments.start("slow", anyway=True).reach == 0.1
        assert shop.experiments.watch() == []
        monkeypatch.setattr(experiments, "now", lambda: now() + DAY)
        assert shop.experiments.watch() == ["slow reaches 100% of the visitors now"]
        shop.experiments.stop("slow")


def test_what_cannot_be_shown_is_refused_when_it_is_created(shop_folder: Path, aisle: Runner) -> None:
    def create(*variants: str, placement: str = "trending") -> str:
        options = [part for variant in variants for part in ("--variant", variant)]
        return aisle("-C", shop_folder, "experiments", "create", "bad", "--placement", placement, *options).err

    assert "there is no placement 'attic'" in create("b:holdout=true", placement="attic")
    assert "variant b: " in create("b:colour=red")
    assert "variant b: " in create("b:strategy=magic")
    assert "no model" in create("b:model=99")
    assert "is no setting; write KEY=VALUE" in create("b:strategy")
    with Shop(Settings.read(shop_folder)) as shop, pytest.raises(NotFound):
        shop.experiments.report("never")


def test_a_rule_is_tried_on_the_shelf_of_a_hybrid(hybrid_folder: Path) -> None:
    varied = {"name": "varied", "settings": {"diversity": 0.3}}
    with Shop.open(hybrid_folder) as shop:
        row = shop.experiments.create(
            {"name": "variety", "placement": "recommended-for-you", "variants": [{"name": "as-is"}, varied]}
        )
    assert row.state == "draft"


@pytest.fixture
def noon() -> Iterator[int]:
    """It is noon, so that the minutes of a test are those of one day."""
    moment = now() - now() % DAY + DAY // 2
    follow(lambda: moment)
    yield moment
    follow(None)


def test_what_is_odd_is_told(shop_folder: Path, noon: int) -> None:
    with Shop(Settings.read(shop_folder)) as shop:
        shop.experiments.create({"name": "odd", "placement": "bestsellers"} | _holdout())
        moment = (shop.experiments.start("odd", anyway=True).started or 0) + 1_000_000
        place = (ServedItem("tea-0", 1, 1.0, 1.0),)
        served = Impression("o1", moment, "oddly", None, "bestsellers", "popular", None, 1, place, "odd.1:as-is")
        impressions.add(shop.db, [served])
        impressions.add(shop.db, [served])  # it is reported twice
        rolled_back = served._replace(recommendation_id="o2", model_version=2)
        impressions.add(shop.db, [rolled_back])
        usual = dict.fromkeys(schema_of(EVENTS)) | {"user_id": "oddly", "item_id": "tea-0", "recommendation_id": "o1"}
        told = [("purchase", -4, "o1"), ("select_item", 2, "o1"), ("select_item", 0, "ghost")]
        events = [
            usual
            | {
                "event_id": f"odd-{after}",
                "event": kind,
                "timestamp": moment + after * MINUTE,
                "recommendation_id": shelf,
            }
            | {"price": 1_000_000, "quantity": 1, "currency": "EUR"}
            for kind, after, shelf in told
        ]
        shop.import_trusted([("events", pl.DataFrame(events, schema=schema_of(EVENTS)))])
        count_days(shop.db, moment=moment + DAY)
        follow(lambda: noon + HOUR)
        try:
            report = shop.experiments.report("odd").report
        finally:
            shop.experiments.stop("odd")

    assert report.units == {"as-is": 1, "nothing": 0}
    assert report.doubts["live models meanwhile: 1, 2"] == 2
    assert report.doubts["orders of the shop in these days before the click"] == 1
    assert report.doubts["events of the shop in these days that name a shelf which is not stored"] == 1
