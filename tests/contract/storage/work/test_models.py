import pytest

from aisle.shop.errors import NoModel
from aisle.storage.connection import Database
from aisle.storage.work import models


def _add(db: Database, count: int) -> list[int]:
    return [models.add(db, recipe={"model": "als"}, metrics={"recall@20": 0.25}).version for _ in range(count)]


def _statuses(db: Database) -> list[str]:
    return [row.status for row in models.list_(db)]


def test_a_new_model_is_a_candidate(db: Database) -> None:
    row = models.add(db, recipe={"model": "als", "factors": 64}, metrics={"recall@20": 0.25}, note="by hand")
    assert (row.version, row.status, row.path, row.note, row.promoted) == (1, "candidate", "000001", "by hand", None)
    assert (row.recipe, row.metrics) == ({"model": "als", "factors": 64}, {"recall@20": 0.25})
    assert models.get(db, 1) == row
    assert models.list_(db) == [row]


def test_before_the_first_promotion_none_is_live(db: Database) -> None:
    _add(db, 1)
    assert models.live(db) is None
    assert models.previous(db) is None


def test_one_model_is_live_at_a_time(db: Database) -> None:
    _add(db, 3)
    models.promote(db, 1)
    row = models.promote(db, 3)
    assert models.live(db) == row
    assert _statuses(db) == ["retired", "candidate", "live"]


def test_promoting_the_live_model_again_changes_nothing_for_shoppers(db: Database) -> None:
    _add(db, 2)
    for version in (1, 2, 2):
        models.promote(db, version)
    assert models.rollback(db).version == 1


def test_rolling_back_goes_by_the_order_of_promotion(db: Database) -> None:
    _add(db, 3)
    for version in (2, 3, 1):
        models.promote(db, version)
    assert models.rollback(db).version == 3
    assert models.rollback(db).version == 2
    assert _statuses(db) == ["retired", "live", "retired"]


def test_after_a_rollback_a_new_promotion_can_be_rolled_back_too(db: Database) -> None:
    _add(db, 3)
    for version in (1, 2):
        models.promote(db, version)
    models.rollback(db)
    models.promote(db, 3)
    assert models.rollback(db).version == 1


def test_the_order_of_promotions_survives_a_clock_set_back(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    _add(db, 2)
    first = models.promote(db, 1)
    monkeypatch.setattr(models, "now", lambda: 0)
    second = models.promote(db, 2)
    assert first.promoted is not None
    assert second.promoted == first.promoted + 1


def test_nothing_to_go_back_to_is_said(db: Database) -> None:
    _add(db, 1)
    models.promote(db, 1)
    with pytest.raises(NoModel, match="aisle train"):
        models.rollback(db)
    live = models.live(db)
    assert live is not None
    assert live.version == 1


def test_a_model_without_its_bundle_cannot_go_live(db: Database) -> None:
    _add(db, 3)
    for version in (1, 2):
        models.promote(db, version)
    models.clear_paths(db, [1, 3])
    with pytest.raises(NoModel, match="aisle train"):
        models.promote(db, 3)
    with pytest.raises(NoModel, match="no earlier model"):
        models.rollback(db)


def test_a_refused_model_says_why(db: Database) -> None:
    _add(db, 1)
    assert models.refuse(db, 1, "NDCG fell by 3 %").note == "NDCG fell by 3 %"
    assert _statuses(db) == ["refused"]


def test_an_unknown_version_is_named(db: Database) -> None:
    with pytest.raises(NoModel, match="no model 9"):
        models.get(db, 9)
    with pytest.raises(NoModel, match="no model 9"):
        models.promote(db, 9)
    with pytest.raises(NoModel, match="no model 9"):
        models.refuse(db, 9, "too slow")


def test_a_model_has_no_run_until_one_is_noted(db: Database) -> None:
    _add(db, 2)
    models.note_run(db, 2, "e4cf85c5")
    assert [row.run_id for row in models.list_(db)] == [None, "e4cf85c5"]
