from pathlib import Path

from aisle.ingest.plan import Plan
from tests.ingest.files import ingest, write


def test_retailrocket_is_read_as_published_and_as_resampled(tmp_path: Path) -> None:
    published = write(
        tmp_path / "a.csv", "timestamp,visitorid,event,itemid,transactionid", "1433222501000,1,transaction,2,3"
    )
    resampled = write(
        tmp_path / "b.csv", "user,item,behavior,unix_ts,split", "1,2,cart,1433222501,train", "1,2,buy,,test"
    )
    outcome = ingest([published, resampled], Plan(format="retailrocket"))
    assert outcome.events.select("event", "transaction_id").rows() == [("purchase", "3"), ("add_to_cart", None)]
    assert outcome.events["timestamp"].n_unique() == 1
    assert outcome.reasons == ["timestamp is missing"]
