"""The main job on a real shop's log, as the command line does it."""

from pathlib import Path

import msgspec
import polars as pl
import pytest

from tests.runner import Runner

LOG = Path(__file__).parents[3] / "shared" / "data" / "online-retail" / "online_retail_to_2011-11-10.csv.gz"

pytestmark = pytest.mark.skipif(not LOG.is_file(), reason=f"the Online Retail log is not at {LOG}")


def test_a_real_log_goes_in_and_shelves_come_out(aisle: Runner, tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    assert aisle("init", shop).code == 0
    first = msgspec.json.decode(aisle("-C", shop, "import", LOG, "--format", "online-retail", "--json").out)
    again = msgspec.json.decode(aisle("-C", shop, "import", LOG, "--format", "online-retail", "--json").out)
    events = first["tables"]["events"]
    assert events["read"] == events["stored"] + events["rejected"] == 457_118
    assert again["tables"]["events"]["stored"] == 0

    trained = msgspec.json.decode(aisle("-C", shop, "train", "--json").out)
    als, popularity = (one["report"] for one in trained["measured"])
    assert trained["live"]
    assert als["returning"]["ndcg"] > 0.24
    assert als["all"]["ndcg"] > 1.5 * popularity["all"]["ndcg"]

    shelf = msgspec.json.decode(aisle("-C", shop, "recommend", "--user-id", "12748", "--json").out)
    assert len(shelf["items"]) == 10
    assert all(item["name"] and item["price"] > 0 for item in shelf["items"])
    assert aisle("-C", shop, "recommend", "--all", "-n", 20, "--out", tmp_path / "all.parquet").code == 0
    assert pl.read_parquet(tmp_path / "all.parquet").group_by("user_id").len()["len"].unique().to_list() == [20]
