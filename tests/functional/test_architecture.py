"""The examples of docs/architecture.md, run as they stand there."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aisle.engine.placement import Placement, place
from aisle.engine.query import NoCatalogue, ShelfQuery
from aisle.engine.request import ShelfRequest
from aisle.engine.vocabulary import RequestVocabulary
from aisle.evaluation.queries import query_batch
from aisle.ingest.ingest import read_files
from aisle.ingest.plan import Plan
from aisle.metrics.ranking import find_hits
from aisle.storage import migrations
from tests.databases import needed, new_database
from tests.engine.shops import no_items, popular_model
from tests.lively_shop import lively_data

PAGE = Path(__file__).parents[2] / "docs" / "architecture.md"
EXAMPLES = dict(re.findall(r"```python (\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))


def example(name: str) -> dict[str, Any]:
    """Run an example and return what it defines."""
    names: dict[str, Any] = {"__name__": "example"}
    exec(compile(EXAMPLES[name], f"{PAGE.name}, {name}", "exec"), names)
    return names


def test_there_is_a_short_example_of_each() -> None:
    assert EXAMPLES.keys() == {"model", "strategy", "format", "database", "metric"}
    assert all(len(text.splitlines()) <= 40 for text in EXAMPLES.values())


def test_a_model_ranks_and_survives_a_bundle() -> None:
    names = example("model")
    data = lively_data()
    model = names["Newest"](names["NewestConfig"]()).fit(data, seed=1)
    queries = query_batch(data, np.arange(3, dtype=np.int32))
    shelves = model.retrieve(queries, 5)
    assert (np.diff(model.scores_[shelves.items[0]]) <= 0).all()
    copy = names["Newest"].from_arrays(model.config, model.arrays())
    np.testing.assert_array_equal(copy.retrieve(queries, 5).items, shelves.items)


def test_a_strategy_fills_a_placement() -> None:
    placement = Placement("hidden-gems", example("strategy")["HIDDEN_GEMS"])
    model = popular_model(30)
    catalogue = NoCatalogue(RequestVocabulary(model.items), no_items())
    query = ShelfQuery.of_events(ShelfRequest(n=4), [], model, catalogue)
    shelf = place(placement, query, placement.strategy.propose(query))
    assert len(shelf.items) == 4
    assert shelf.proposal.fallback is None


def test_a_format_reads_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from aisle.ingest.formats import registry

    monkeypatch.setitem(registry.FORMATS, "dutch-orders", example("format")["DUTCH_ORDERS"])
    file = tmp_path / "orders.csv"
    file.write_text("klant,artikel,tijd,prijs\njan,kaas,2026-01-05 12:00,7.50\n")
    (batch,) = read_files([file], Plan(format="dutch-orders"))
    row = batch.accepted.row(0, named=True)
    assert (row["event"], row["user_id"], row["item_id"], row["price"]) == ("purchase", "jan", "kaas", 7_500_000)


def test_a_database_that_speaks_a_known_dialect_needs_a_name(tmp_path: Path) -> None:
    needed("mysql")
    with new_database("mysql", tmp_path) as url:
        assert example("database")["open_percona"](url.replace("mysql+pymysql", "percona")) == migrations.HEAD


def test_a_metric_has_a_value_per_query() -> None:
    hits = find_hits(np.array([[1, 2, 3], [1, 2, 3], [1, 2, 3]]), np.array([0, 1, 2, 2]), np.array([2, 9]))
    np.testing.assert_array_equal(example("metric")["first_hit"](hits, 3), [2, 4, np.nan])
