import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from aisle.app.data.tables import Tables, read_tables
from aisle.app.recipe import recipe_of
from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from aisle.app.training.measuring import held_out
from aisle.app.tuning import objective as objective_module
from aisle.app.tuning.objective import TuningObjective, validation_weeks
from aisle.app.tuning.search import Tuned
from aisle.app.tuning.study import Study
from aisle.app.tuning.trials import STUDIES, Trial
from aisle.engine.recipe import ModelSpec
from aisle.recommenders.search_space import SPACES, Real
from aisle.shop import moments
from aisle.shop.columns import TIMESTAMP
from aisle.shop.errors import NotEnoughData, SettingsError, StorageError

MODEL = "item_knn"


@pytest.fixture
def shop(untrained_folder: Path, tmp_path: Path) -> Iterator[Shop]:
    """Return the small shop, with settings and studies of its own."""
    settings = Settings.read(untrained_folder)
    (tmp_path / FILE).write_text("# mine\n")
    with Shop(Settings.read(tmp_path, database={"url": settings.database_url})) as shop:
        yield shop


def tables_of(shop: Shop) -> Tables:
    return read_tables(shop.db, shop.settings)


def values(tuned: Tuned) -> list[tuple[int, float]]:
    return [(trial.number, trial.value) for trial in tuned.best]


def raising(error: type[BaseException], at: int) -> Callable[..., Any]:
    """Return `ModelSpec.fit`, but for one fit that fails; the fits of popularity are not counted."""
    fit, fitted = ModelSpec.fit, []

    def fit_or_fail(part: ModelSpec, *arguments: Any) -> Any:
        if part.model == MODEL:
            fitted.append(part)
        if len(fitted) == at and part.model == MODEL:
            raise error("it does not work")
        return fit(part, *arguments)

    return fit_or_fail


def test_the_newest_weeks_stay_untouched(shop: Shop) -> None:
    tables, recipe = tables_of(shop), recipe_of(shop.settings)
    newest, before = held_out(tables, recipe), validation_weeks(tables, recipe)
    assert before.window.end == newest.window.cut
    scrambled = tables.events.with_columns(
        pl.when(pl.col(TIMESTAMP) < newest.window.cut)
        .then(pl.col("item_id"))
        .otherwise(pl.lit("tea-1"))
        .alias("item_id")
    )
    others = validation_weeks(tables._replace(events=scrambled), recipe)
    np.testing.assert_array_equal(others.truth.items, before.truth.items)


def test_the_best_trial_is_compared_with_the_current_settings(shop: Shop) -> None:
    tuned = shop.tune(MODEL, 6)
    assert (tuned.trials, tuned.added, tuned.failed, tuned.stopped) == (7, 6, 0, "trials")
    assert (tuned.metric, tuned.target) == ("NDCG@20", "purchase")
    assert tuned.best[0].value > tuned.current_value
    assert tuned.comparison is not None
    assert tuned.comparison.difference.value == pytest.approx(tuned.best[0].value - tuned.current_value)
    assert tuned.comparison.shoppers == tuned.shoppers
    assert sum(tuned.importance.values()) == pytest.approx(1)


def test_the_current_settings_are_the_first_trial(shop: Shop) -> None:
    tuned = shop.tune(MODEL, 0)
    assert tuned.best == [Trial(0, tuned.current, tuned.current_value)]
    assert (tuned.added, tuned.comparison, tuned.importance, tuned.written) == (0, None, {}, None)


def test_an_interrupted_study_continues_as_if_it_had_not_been(shop: Shop) -> None:
    shop.tune(MODEL, 2)
    resumed = shop.tune(MODEL, 2)
    (shop.settings.folder / STUDIES).unlink()
    assert values(shop.tune(MODEL, 4)) == values(resumed)


def test_another_seed_tries_other_settings(shop: Shop) -> None:
    first = shop.tune(MODEL, 2, seed=1)
    (shop.settings.folder / STUDIES).unlink()
    assert values(shop.tune(MODEL, 2, seed=2)) != values(first)


def test_other_data_is_another_study(shop: Shop) -> None:
    shop.tune(MODEL, 1)
    faded = Settings.read(shop.settings.folder, database=shop.settings.database, weights={"half_life_days": 5.0})
    with Shop(faded) as other:
        assert other.tune(MODEL, 1).trials == 2


def test_each_better_trial_is_reported(shop: Shop) -> None:
    better: list[Trial] = []
    stages: list[tuple[str, float]] = []
    tuned = shop.tune(MODEL, 6, better=better.append, progress=lambda stage, done, *_: stages.append((stage, done)))
    assert [trial.value for trial in better] == sorted({trial.value for trial in better})
    assert better[-1] == tuned.best[0]
    assert stages[-1] == ("tune item_knn", 6)


def test_the_best_settings_are_written_on_request(shop: Shop) -> None:
    before = (shop.settings.folder / FILE).read_text()
    shop.tune(MODEL, 6)
    assert (shop.settings.folder / FILE).read_text() == before
    tuned = shop.tune(MODEL, 0, write=True)
    assert tuned.written == str(shop.settings.folder / FILE)
    assert (shop.settings.folder / FILE).read_text().startswith(before)
    reread = Settings.read(shop.settings.folder)
    assert reread.models == {MODEL: tuned.best[0].settings}


def test_current_settings_that_are_the_best_are_not_written(shop: Shop) -> None:
    shop.tune(MODEL, 6, write=True)
    with Shop(Settings.read(shop.settings.folder, database=shop.settings.database)) as tuned_shop:
        tuned = tuned_shop.tune(MODEL, 0, write=True)
    assert (tuned.current_value, tuned.comparison, tuned.written) == (tuned.best[0].value, None, None)


def test_current_settings_may_lie_outside_of_the_space(shop: Shop) -> None:
    settings = Settings.read(shop.settings.folder, database=shop.settings.database, models={MODEL: {"neighbours": 1}})
    with Shop(settings) as other:
        tuned = other.tune(MODEL, 1)
    assert tuned.current["neighbours"] == 1
    assert tuned.trials == 1


def test_no_trial_begins_when_the_time_is_up(shop: Shop) -> None:
    tuned = shop.tune(MODEL, 5, timeout=0)
    assert (tuned.added, tuned.stopped) == (0, "timeout")


def test_an_interruption_keeps_the_finished_trials(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ModelSpec, "fit", raising(KeyboardInterrupt, at=3))
        tuned = shop.tune(MODEL, 5)
    assert (tuned.trials, tuned.added, tuned.stopped) == (2, 1, "interrupted")
    assert shop.tune(MODEL, 1).trials == 3


def test_settings_that_cannot_be_fitted_do_not_end_the_search(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ModelSpec, "fit", raising(NotEnoughData, at=3))
    tuned = shop.tune(MODEL, 3)
    assert (tuned.added, tuned.failed, tuned.stopped) == (2, 1, "trials")


def test_equal_settings_are_fitted_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(shop.settings, MODEL)
    objective = TuningObjective(recipe, validation_weeks(tables_of(shop), recipe))
    first = objective.figures({"neighbours": 5})
    assert objective.figures({"neighbours": 5}) is first
    assert objective.figures({"neighbours": 6}) is not first


def test_a_model_that_predicts_stars_is_measured_by_ratings(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = [
        (
            f"user-{user}",
            f"item-{item}",
            int(np.clip(3 + (item < 10) * 2 - (user % 2) + rng.integers(-1, 2), 1, 5)),
            day,
        )
        for user in range(90)
        for item, day in zip(rng.permutation(20)[:12], rng.integers(0, 60, 12), strict=True)
    ]
    frame = pl.DataFrame(rows, ["user_id", "item_id", "rating", "timestamp"], orient="row")
    with Shop.open(tmp_path / "shop") as shop:
        shop.import_events(frame.with_columns(timestamp=moments.now() - pl.col("timestamp") * moments.DAY))
        tuned = shop.tune("baseline", 3)
    assert (tuned.metric, tuned.target) == ("-RMSE", "rate")
    assert -2 < tuned.current_value <= tuned.best[0].value < 0


def test_without_enough_ratings_it_is_measured_by_shelves(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = recipe_of(shop.settings, "svd")
    holdout = validation_weeks(tables_of(shop), recipe)
    assert TuningObjective(recipe, holdout).metric == "NDCG@20"
    monkeypatch.setattr(objective_module, "MIN_RATINGS", 0)
    assert TuningObjective(recipe, holdout).metric == "-RMSE"


def test_a_short_log_says_that_the_newest_days_stay_untouched(tmp_path: Path) -> None:
    rows = [(f"u{day % 3}", f"i{day % 2}", day) for day in range(5)]
    frame = pl.DataFrame(rows, ["user_id", "item_id", "timestamp"], orient="row")
    with Shop.open(tmp_path / "shop") as shop:
        shop.import_events(
            frame.with_columns(event=pl.lit("purchase"), timestamp=moments.now() - pl.col("timestamp") * moments.DAY)
        )
        with pytest.raises(
            NotEnoughData, match="without the newest 1 days, which stay untouched, the log covers 4 days"
        ):
            shop.tune("popularity", 1)


def test_a_model_without_settings_cannot_be_tuned(shop: Shop) -> None:
    with pytest.raises(SettingsError, match="blend has no settings to tune; choose one of als"):
        shop.tune("blend", 1)


def test_without_optuna_it_says_what_to_install(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(SettingsError, match=r"pip install 'aisle\[tune\]'"):
        shop.tune(MODEL, 1)


def test_studies_that_are_no_database_are_named(shop: Shop) -> None:
    (shop.settings.folder / STUDIES).write_text("not a database, whatever it is called\n" * 100)
    with pytest.raises(StorageError, match=r"studies\.db cannot be used: .*move it away"):
        shop.tune(MODEL, 1)


def test_trials_of_equal_value_keep_their_order(tmp_path: Path) -> None:
    study = Study(tmp_path / "s.db", "one", {"share": Real(0, 1)}, seed=1)
    for _ in range(3):
        study.attempt(lambda settings: [1.0], 1)
    assert [trial.number for trial in study.trials] == [0, 1, 2]


def test_settings_that_were_tried_are_not_entered_again(tmp_path: Path) -> None:
    study = Study(tmp_path / "s.db", "one", {"share": Real(0, 1)}, seed=1)
    study.add({"share": 0.5, "other": 1}, 0.1)
    study.add({"share": 0.5}, 0.1)
    assert study.trials == [Trial(0, {"share": 0.5}, 0.1)]


@pytest.mark.parametrize("model", [name for name, space in SPACES.items() if space])
def test_every_model_can_be_searched(tmp_path: Path, model: str) -> None:
    study = Study(tmp_path / "s.db", model, SPACES[model], seed=1)
    (trial,) = study.attempt(lambda settings: [0.5], 1)
    assert trial is not None
    assert trial.settings.keys() == SPACES[model].keys()


def test_the_hybrid_is_tuned_by_its_sources(shop: Shop) -> None:
    with pytest.raises(SettingsError, match=r"hybrid has nothing to tune.*tune its sources, such as als"):
        shop.tune("hybrid", 3)
