"""Real logs of the shared data folder."""

from pathlib import Path

import pytest

from aisle.ingest.guessing.guess import guess
from aisle.ingest.plan import Plan
from tests.ingest.files import ingest

DATA = Path(__file__).parents[3] / "shared" / "data"


def files(pattern: str) -> list[Path]:
    """Return real files, or skip where they are not at hand."""
    paths = sorted(DATA.glob(pattern))
    if not paths:
        pytest.skip(f"{DATA / pattern} is not here: real data is not part of the repository")
    return paths


def test_online_retail() -> None:
    outcome = ingest(files("online-retail/*.csv.gz"), Plan(format="online-retail"))
    assert outcome.read == 457_118 + outcome.accepted["items"].height
    events = outcome.events
    assert events["event_id"].n_unique() == events.height == 452_228
    assert set(events["event"].unique()) == {"purchase", "refund"}
    assert events.filter(item_id="POST").is_empty()
    assert not events.filter(user_id="12748").is_empty()
    assert events["user_id"].null_count() > 100_000
    assert outcome.accepted["items"]["title"].null_count() == 0


def test_movielens_100k() -> None:
    paths = [path for name in ("u.data", "u.item", "u.user") for path in files(f"ml-100k/{name}")]
    outcome = ingest(paths, Plan(format="movielens"))
    heights = {table: frame.height for table, frame in outcome.accepted.items()}
    assert heights == {"events": 100_000, "items": 1_682, "users": 943}


def test_retailrocket() -> None:
    outcome = ingest(files("retailrocket-buyers/events.csv"), Plan(format="retailrocket"))
    assert outcome.events.height == 97_381
    assert set(outcome.reasons) == {"timestamp is missing"}


def test_olist() -> None:
    outcome = ingest(files("olist-sample/*.csv"), Plan(format="olist"))
    assert outcome.accepted["items"].height == 5_460
    lost = [reason for reason in outcome.reasons if reason.endswith("no purchase")]
    assert outcome.events.filter(event="purchase").height == 8_365 - len(lost)


@pytest.mark.parametrize(
    ("pattern", "table"), [("clothing-reviews/*.csv", "reviews"), ("rsc15-sample/*train_tr.txt", "events")]
)
def test_pathsthat_no_format_names_are_guessed(pattern: str, table: str) -> None:
    guessed = guess(files(pattern))
    assert (guessed.table, guessed.rejects, guessed.sample.height) == (table, {}, 3)
