"""The main job on a tenth of a real shop's log, as the command line does it; `benchmarks` takes all of it."""

from pathlib import Path

import msgspec
import polars as pl
import pytest

from tests.runner import Runner

LOG = Path(__file__).parents[3] / "shared" / "data" / "online-retail" / "online_retail_to_2011-11-10.csv.gz"

pytestmark = pytest.mark.skipif(not LOG.is_file(), reason=f"the Online Retail log is not at {LOG}")


def a_tenth() -> pl.DataFrame:
    """Return the lines of the customers whose number ends in 8, and of nobody's invoices whose number does.

    Histories and baskets stay whole.
    """
    lines = pl.read_csv(LOG, infer_schema=False)
    customer = pl.col("CustomerID").str.strip_suffix(".0")
    return lines.filter(pl.coalesce(customer, "InvoiceNo").str.ends_with("8"))


def test_a_real_log_goes_in_and_shelves_come_out(aisle: Runner, tmp_path: Path) -> None:
    shop, log = tmp_path / "shop", tmp_path / "log.csv"
    lines = a_tenth()
    lines.write_csv(log)
    assert aisle("init", shop).code == 0
    first = msgspec.json.decode(aisle("-C", shop, "import", log, "--format", "online-retail", "--json").out)
    again = msgspec.json.decode(aisle("-C", shop, "import", log, "--format", "online-retail", "--json").out)
    events = first["tables"]["events"]
    assert events["read"] == events["stored"] + events["rejected"] == lines.height > 45_000
    assert again["tables"]["events"]["stored"] == 0

    trained = msgspec.json.decode(aisle("-C", shop, "train", "--json").out)
    hybrid, popularity = (measured["report"] for measured in trained["measured"])
    assert trained["live"]
    assert hybrid["returning"]["ndcg"] > 0.24
    assert hybrid["all"]["ndcg"] > 2 * popularity["all"]["ndcg"]

    shelf = msgspec.json.decode(aisle("-C", shop, "recommend", "--user-id", "12748", "--json").out)
    assert len(shelf["items"]) == 10
    assert all(item["name"] and item["price"] > 0 for item in shelf["items"])
    assert aisle("-C", shop, "recommend", "--all", "-n", 20, "--out", tmp_path / "all.parquet").code == 0
    assert pl.read_parquet(tmp_path / "all.parquet").group_by("user_id").len()["len"].unique().to_list() == [20]
