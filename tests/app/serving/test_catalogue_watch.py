from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aisle.app.serve import Live
from aisle.app.serving.catalogue_watch import CatalogueWatch
from aisle.engine.model import TrainedModel
from aisle.shop import moments
from aisle.storage.catalogue import item_changes, items
from aisle.storage.connection import connect
from tests.databases import new_shop
from tests.small_shop import TEAS
from tests.storage.samples import row


@pytest.fixture
def model(live: Live) -> TrainedModel:
    return live.model_watch.current()


def categories(watch: CatalogueWatch, model: TrainedModel, item_id: str) -> list[str]:
    attributes = watch.current(model).of_model.take(np.array([model.items.number(item_id)]))
    return [path for path, code in attributes.paths.items() if code in attributes.category]


def test_what_changes_in_the_catalogue_is_known_at_once(live: Live, model: TrainedModel) -> None:
    watch = CatalogueWatch(live.db, live.db)
    assert categories(watch, model, TEAS[0]) == ["Tea"]
    items.upsert(live.db, [row("items", item_id=TEAS[0], title="Sencha", category="Tea > Green")])
    assert watch.current(model).facts[TEAS[0]].title == "Sencha"
    assert categories(watch, model, TEAS[0]) == ["Tea", "Tea > Green"]
    assert categories(watch, model, TEAS[1]) == ["Tea"]


def test_an_item_that_no_model_knows_has_facts(live: Live, model: TrainedModel) -> None:
    watch = CatalogueWatch(live.db, live.db)
    watch.current(model)
    items.upsert(live.db, [row("items", item_id="new", title="New")])
    assert watch.current(model).facts["new"].title == "New"


def test_an_item_that_a_restore_removed_is_gone(live: Live, model: TrainedModel) -> None:
    watch = CatalogueWatch(live.db, live.db)
    assert TEAS[0] in watch.current(model).facts
    with live.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM items")
        item_changes.enter_all(connection)
    assert TEAS[0] not in watch.current(model).facts


def test_without_a_database_what_was_read_last_counts(folder: Path, live: Live, model: TrainedModel) -> None:
    watch, never_read = CatalogueWatch(live.db, live.db), CatalogueWatch(live.db, live.db)
    before = watch.current(model)
    live.db.close()
    (folder / "aisle.db").rename(folder / "gone.db")
    (folder / "aisle.db").mkdir()
    assert watch.current(model).facts is before.facts
    assert never_read.current(model).facts == {}
    assert len(never_read.current(model).of_model) == len(model.items)


def test_an_item_becomes_available_when_its_time_comes(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    first, later = live.recommend("user-0", 1).items[0].item_id, moments.now() + moments.DAY
    items.upsert(live.db, [row("items", item_id=first, available_from=later)])
    assert first not in [item.item_id for item in live.recommend("user-0", 20).items]
    monkeypatch.setattr(moments, "now", lambda: later + 1)
    assert live.recommend("user-0", 1).items[0].item_id == first


def test_a_database_that_took_the_place_of_another_is_read_anew(folder: Path, live: Live, model: TrainedModel) -> None:
    watch = CatalogueWatch(live.db, live.db)
    items.upsert(live.db, [row("items", item_id="new", title="New")])
    assert "new" in watch.current(model).facts
    (folder / "other").mkdir()
    with new_shop("sqlite", folder / "other") as url, connect(url) as other:
        items.upsert(other, [row("items", item_id="other", title="Other")])
    for rest in folder.glob("aisle.db-*"):  # the log of what was written last belongs to the old file
        rest.unlink()
    (folder / "other" / "aisle.db").rename(folder / "aisle.db")
    assert watch.current(model).facts.keys() == {"other"}


def test_requests_have_the_catalogue_of_two_models_while_one_follows_the_other(live: Live, model: TrainedModel) -> None:
    watch = CatalogueWatch(live.db, live.db)
    next_model = replace(model)
    held = watch.current(model)
    watch.prepare(next_model)
    assert watch.current(model) is held
    assert watch.current(next_model).facts is held.facts


def test_what_another_program_sells_out_is_on_no_shelf(live: Live) -> None:
    """Whether an item can be sold is read for every shelf, whoever wrote it."""
    first = live.recommend("user-0", 1).items[0].item_id
    with live.db.write() as connection:
        connection.exec_driver_sql("UPDATE items SET stock = 0 WHERE item_id = ?", (first,))
    assert first not in [item.item_id for item in live.recommend("user-0", 20).items]


def test_an_item_that_the_catalogue_does_not_list_is_on_no_shelf(live: Live) -> None:
    shown = {item.item_id for item in live.recommend("user-0", 20).items}
    with live.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM items WHERE item_id = 'tea-1'")
        item_changes.enter_all(connection)
    assert "tea-1" in shown
    assert "tea-1" not in {item.item_id for item in live.recommend("user-0", 20).items}


def test_a_catalogue_of_a_few_items_hides_no_others(live: Live, model: TrainedModel) -> None:
    with live.db.write() as connection:
        connection.exec_driver_sql("DELETE FROM items WHERE item_id <> 'tea-1'")
        item_changes.enter_all(connection)
    assert CatalogueWatch(live.db, live.db).current(model).sold_here.all()
    assert len(live.recommend("user-0", 10).items) == 10
