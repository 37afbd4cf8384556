import re
from pathlib import Path

import msgspec
import numpy as np
import pytest

from aisle.app.data.setup import make_shop
from aisle.app.settings import Settings
from aisle.shop import columns, moments
from aisle.storage.connection import connect
from aisle.storage.log import events
from tests.runner import Runner


@pytest.fixture(scope="module")
def starred_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a shop with ratings only: every shopper rates half of twelve items, the even items well."""
    folder = tmp_path_factory.mktemp("stars") / "shop"
    make_shop(folder)
    rng = np.random.default_rng(2)
    rows = [
        {
            columns.EVENT_ID: f"{user}-{item}", columns.EVENT: "rate", columns.USER_ID: f"u{user}",
            columns.ITEM_ID: f"i{item}", columns.RATING: float(rng.integers(4, 6) if item % 2 == 0 else 2),
            columns.TIMESTAMP: 1_700_000_000_000_000 + int(rng.integers(100 * moments.DAY)),
        }
        for user in range(30)
        for item in rng.permutation(12)[:6]
    ]  # fmt: skip
    with connect(Settings.read(folder).database_url) as db:
        events.store(db, [tuple(row.get(name) for name in columns.EVENTS) for row in rows])
    return folder


def test_figures_have_their_intervals(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "-n", 5)

    assert ran.code == 0
    assert re.search(r"als +all +\.\d{3} ±\.\d{3}", ran.out)
    assert "What the lists are like, and the time they take" in ran.out


def test_models_are_compared_with_the_first(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "--models", "als,popularity", "-n", 5)

    assert "Against als, shopper by shopper" in ran.out
    assert re.search(r"novel +-0\.\d{4} +-0\.\d{4} +-0\.\d{4} worse", ran.out)
    assert "Against" not in aisle("-C", folder, "evaluate", "--models", "als").out


def test_every_line_fits_into_80_columns(aisle: Runner, starred_folder: Path) -> None:
    out = aisle("-C", starred_folder, "evaluate", "--models", "sequential_rules,popularity,baseline").out

    assert max(map(len, out.splitlines())) <= 80
    assert not re.search(r"\bsequential_\s", out), "a name was folded"


def test_stars_are_predicted_where_there_are_some(aisle: Runner, starred_folder: Path) -> None:
    out = aisle("-C", starred_folder, "evaluate", "--models", "baseline,popularity").out
    assert "Errors of predicted stars" in out

    rows = msgspec.json.decode(aisle("-C", starred_folder, "evaluate", "--models", "baseline,popularity", "--json").out)
    baseline, popularity = (row["report"]["stars"] for row in rows)
    assert 0 < baseline["rmse"]["low"] <= baseline["rmse"]["value"] <= baseline["rmse"]["high"] < 2
    assert popularity is None


def test_a_shop_without_stars_has_no_errors_of_stars(aisle: Runner, folder: Path) -> None:
    assert "stars" not in aisle("-C", folder, "evaluate", "--models", "als").out


def test_a_model_of_stars_says_what_it_misses(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "--models", "baseline")

    assert ran.code == 2
    assert "no shopper has rated anything" in ran.err


def test_programs_get_everything(aisle: Runner, busy_folder: Path) -> None:
    als, popularity = msgspec.json.decode(aisle("-C", busy_folder, "evaluate", "--json").out)

    assert als["versus"] is None
    assert popularity["versus"]["model"] == "als"
    assert popularity["versus"]["ndcg"]["finding"] == "worse"
    report = als["report"]
    assert report["intervals"]["ndcg"]["low"] < report["all"]["ndcg"] < report["intervals"]["ndcg"]["high"]
    assert report["beyond"]["groups"] == "category"
    assert report["stars"] is None


def test_a_page_can_be_written_beside_the_table(aisle: Runner, folder: Path) -> None:
    page = folder / "models.html"

    ran = aisle("-C", folder, "evaluate", "--html", page)

    assert (ran.code, f"The page is in {page}." in ran.out) == (0, True)
    assert "Leaf &amp; Hammer" in page.read_text("utf-8")


def test_a_page_does_not_mix_with_json(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "--models", "popularity", "--json", "--html", folder / "models.html")

    assert len(msgspec.json.decode(ran.out)) == 1
    assert (folder / "models.html").exists()


def test_a_page_that_cannot_be_written_is_refused_at_once(aisle: Runner, tmp_path: Path) -> None:
    ran = aisle("-C", tmp_path / "no shop is opened", "evaluate", "--html", tmp_path / "nowhere" / "models.html")

    assert ran.code == 2
    assert "make it first" in ran.err


def test_evaluate_lists_each_model(aisle: Runner, folder: Path) -> None:
    ran = aisle("-C", folder, "evaluate", "--models", "als,popularity", "-n", 5)
    assert "the best 5 of all items" in ran.out
    assert "novel" in ran.out
    rows = msgspec.json.decode(aisle("-C", folder, "evaluate", "--models", "als", "--json").out)
    assert [row["model"] for row in rows] == ["als"]
