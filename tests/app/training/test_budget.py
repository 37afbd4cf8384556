import time

import pytest

from aisle.app.training.budget import FIGURES, LEAST_ROWS, LIKE, MARGIN, Budget, Stage


def planned(seconds: float, recipes: int = 1, *, window: float = 10.0, elapsed: float = 0.0) -> Budget:
    """Return the budget of a hybrid whose tables took a second to read and whose newest past window is gathered."""
    budget = Budget(seconds, started=time.perf_counter() - elapsed)
    budget.plan(hybrid=True, recipes=recipes)
    budget.took = {Stage.READ: 1.0, Stage.WINDOW: window}
    budget.ahead.remove(Stage.WINDOW)
    return budget


def test_a_stage_is_measured_the_first_time_and_leaves_the_plan() -> None:
    budget = Budget()
    budget.plan(hybrid=False, recipes=1)
    with budget.spend_on(Stage.SCORE):
        time.sleep(0.01)
    took = budget.took[Stage.SCORE]
    with budget.spend_on(Stage.SCORE):
        pass
    assert took >= 0.01
    assert budget.took[Stage.SCORE] == took
    assert Stage.SCORE not in budget.ahead


def test_a_plan_measures_each_recipe_and_fits_one_on_everything() -> None:
    budget = Budget()
    budget.plan(hybrid=True, recipes=2)
    counts = {stage: budget.ahead.count(stage) for stage in Stage}
    assert counts.pop(Stage.READ) == 0
    assert [counts[stage] for stage in (Stage.WINDOW, Stage.RANKERS, Stage.SOURCES)] == [3, 3, 3]
    assert (counts[Stage.SCORE], counts[Stage.PARTS], counts[Stage.PUBLISH]) == (2, 2, 1)
    assert all(counts[figure] == 1 for figure in FIGURES)


def test_a_stage_costs_what_it_took_and_others_what_those_like_it_took() -> None:
    budget = planned(100)
    assert budget.cost(Stage.WINDOW) == pytest.approx(MARGIN * 10)
    other, times = LIKE[Stage.CHANCES]
    assert budget.cost(Stage.CHANCES) == pytest.approx(times * budget.cost(other))
    assert Budget().cost(Stage.CHANCES) == 0, "nothing is known yet"


def test_without_a_limit_everything_is_afforded() -> None:
    budget = Budget()
    budget.plan(hybrid=True, recipes=1)
    assert all(budget.affords(stage) for stage in Stage)
    assert budget.told() == {}


def test_more_windows_leave_time_for_all_that_is_ahead() -> None:
    needed = sum(map(planned(0).cost, planned(0).ahead))
    with_time, without = planned(needed + 12), planned(needed + 11)
    assert with_time.gathers_another(1, 5)
    assert not without.gathers_another(1, 5)
    assert without.told() == {"past windows": "the ranker learnt from 1 of 5, to save time"}


def test_a_window_more_is_gathered_for_each_recipe_that_is_measured() -> None:
    needed = sum(map(planned(0, 2).cost, planned(0, 2).ahead))
    assert planned(needed + 24, 2).gathers_another(1, 5)
    assert not planned(needed + 22, 2).gathers_another(1, 5)


def test_all_recipes_learn_from_as_many_windows() -> None:
    budget = planned(0)
    assert not budget.gathers_another(1, 5)
    budget.seconds = 1e9
    assert not budget.gathers_another(1, 5), "what goes live is what was measured"


def test_what_time_is_left_is_shared_by_the_trainings_of_rankers() -> None:
    others = sum(planned(0).cost(stage) for stage in planned(0).ahead if stage is not Stage.RANKERS)
    budget = planned(others + 8)
    rows = budget.ranker_rows(400_000, 2)
    assert rows == pytest.approx(8 / 2 / 2 * 20_000, rel=0.01)
    assert budget.ranker_rows(400_000, 2) == rows, "what goes live is what was measured"
    assert budget.told() == {"rows": f"rankers learnt from at most {rows:,} rows instead of 400,000, to save time"}


def test_a_ranker_learns_from_some_rows_even_if_no_time_is_left() -> None:
    assert planned(0).ranker_rows(400_000, 1) == LEAST_ROWS
    assert planned(0).ranker_rows(1_000, 1) == 1_000
    assert Budget().ranker_rows(400_000, 2) == 400_000


def test_figures_do_not_wait_for_other_figures_but_for_what_goes_live() -> None:
    budget = planned(0)
    must = [stage for stage in budget.ahead if stage not in FIGURES]
    budget.seconds = sum(map(budget.cost, must)) + budget.cost(Stage.CHANCES) + 1
    assert budget.in_time(Stage.CHANCES, lambda: "chances", "none") == "chances"
    budget.seconds -= 3
    assert budget.in_time(Stage.PLACEMENTS, lambda: "figures", "none") == "none"
    assert budget.told() == {"figures of placements": "left out, to save time"}
    assert not FIGURES - {Stage.LONG_TAIL} & set(budget.ahead), "what was left out is not ahead any more"


def test_a_budget_that_was_not_enough_is_told() -> None:
    assert planned(30, elapsed=42).told()["budget"].startswith("training took 42 s instead of 30 s: sources, one past")
