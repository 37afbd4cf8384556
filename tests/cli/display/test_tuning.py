import msgspec
import pytest

from aisle.app.train import DataSummary
from aisle.app.tuning.search import Tuned
from aisle.app.tuning.trials import Trial
from aisle.app.tuning.weights import Tried, Weighed
from aisle.cli.display.tuning import print_tuned, print_weighed, trial_line
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.compare import Comparison, Finding
from aisle.shop.moments import DAY

CUT = 20_000 * DAY
GAIN = Comparison(Interval(0.02, 0.01, 0.03), None, 500, Finding.BETTER)
BEST = Trial(4, {"factors": 64, "alpha": 0.25, "window": None}, 0.1234)
DATA = DataSummary(CUT - 99 * DAY, CUT - 1, 5_000, 1_500, 300, "digest")
TUNED = Tuned(
    model="als", metric="NDCG@20", target="purchase", cut=CUT, end=CUT + 28 * DAY, shoppers=1_234, trials=5, added=4,
    failed=0, stopped="trials", current={"factors": 128, "alpha": 0.5, "window": 7.0}, current_value=0.1, best=[BEST],
    comparison=GAIN, importance={"factors": 0.75}, written=None, seconds=12.3, learnt_from=DATA, history=[BEST],
)  # fmt: skip
WEIGHED = Weighed(
    model="als", metric="NDCG@20", cut=CUT, end=CUT + 28 * DAY, shoppers=99, current={"refund": 1.0},
    learnt={"refund": 2.0}, tried=[Tried("refund", 2.0, 0.15)], comparison=GAIN, written=None, seconds=3.2,
)  # fmt: skip


def shown(capsys: pytest.CaptureFixture[str]) -> str:
    return " ".join(capsys.readouterr().out.split())


def test_a_trial_is_one_line() -> None:
    assert trial_line(BEST) == "trial 4: 0.1234  factors=64, alpha=0.25, window=none"


def test_the_best_trials_stand_beside_the_current_settings(capsys: pytest.CaptureFixture[str]) -> None:
    print_tuned(TUNED)
    out = shown(capsys)
    assert "als: the best of 5 trials on purchase by 1,234 shoppers, 2024-10-04 to 2024-10-31" in out
    assert "factors 75% 128 64" in out
    assert "window 7 none" in out
    assert "4 new trials in 12 s." in out
    assert "NDCG@20 better by " in out
    assert "--write puts the best settings into [models.als] of aisle.toml." in out


def test_failed_trials_the_end_the_run_and_the_file_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    print_tuned(
        msgspec.structs.replace(TUNED, failed=2, stopped="interrupted", run_id="abc", written="/shop/aisle.toml")
    )
    out = shown(capsys)
    assert "6 new trials in 12 s, until you stopped it, 2 of them failed." in out
    assert "MLflow shows it as run abc." in out
    assert "/shop/aisle.toml has the best settings now." in out


def test_without_better_settings_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_tuned(msgspec.structs.replace(TUNED, comparison=None, best=[]))
    assert "No settings were better than the current ones." in shown(capsys)


def test_better_weights_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    print_weighed(WEIGHED)
    out = shown(capsys)
    assert "als for 99 shoppers, 2024-10-04 to 2024-10-31" in out
    assert "refund 2 0.1500" in out
    assert "refund = 2, against the current weights: NDCG@20 better by " in out
    assert "--write puts them into [weights] of aisle.toml." in out


def test_written_weights_name_their_file(capsys: pytest.CaptureFixture[str]) -> None:
    print_weighed(msgspec.structs.replace(WEIGHED, written="/shop/aisle.toml"))
    assert "/shop/aisle.toml has these weights now." in shown(capsys)


def test_without_better_weights_it_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_weighed(msgspec.structs.replace(WEIGHED, comparison=None))
    assert "No strength is better than the current ones beyond chance (3 s)." in shown(capsys)
