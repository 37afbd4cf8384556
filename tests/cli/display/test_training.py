import msgspec
import pytest

from aisle.app.train import DataSummary, Trained
from aisle.app.training.calibrating import Bin, Reliability
from aisle.app.training.placement_report import PlacementFigures, ShareCost
from aisle.cli.display.training import print_trained
from aisle.engine.shelf.long_tail import TailCost
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.review_stars import ReviewErrors

LIVE = Trained(
    version=3, live=True, reason="it is the first model", measured=[], placements=[], long_tail=[], review_errors=None,
    events=1_234, users=56, items=7, skipped={}, seconds=1.26, learnt_from=DataSummary(0, 1, 1_234, 56, 7, "digest"),
)  # fmt: skip


def test_a_live_model_takes_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_trained(LIVE)
    assert capsys.readouterr().out == (
        "Model 3 is live: it is the first model. It learnt from 1,234 events of 56 shoppers and 7 items in 1.3 s.\n"
    )


def test_a_refused_model_comes_with_the_command_that_promotes_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_trained(msgspec.structs.replace(LIVE, live=False, reason="it is worse", run_id="abc"))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Model 3 does not go live: it is worse. ")
    assert lines[1:] == ["MLflow shows it as run abc.", "To make it live anyway: aisle models promote 3"]


def test_placements_the_long_tail_and_stars_of_words_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    placements = [PlacementFigures("cart", "cart", 200, 0.5, 0.25, 0.125)]
    errors = ReviewErrors(reviews=1_000, mae=0.371, mae_always=0.82, spearman=0.6)
    print_trained(
        msgspec.structs.replace(
            LIVE, placements=placements, long_tail=[TailCost(0.1, 0.11, 0.2, 0.01)], review_errors=errors
        )
    )
    out = " ".join(capsys.readouterr().out.split())
    assert "cart 200 50% .250 .125" in out
    assert ".100 .110 .200 .010" in out
    assert "On 1,000 reviews with stars the mean error of this is 0.37, and 0.82 if" in out


def test_the_columns_of_each_table_are_explained_under_it(capsys: pytest.CaptureFixture[str]) -> None:
    one = Bin(0.1, 0.09, Interval(0.9, 0.7, 1.1))
    print_trained(
        msgspec.structs.replace(
            LIVE,
            placements=[PlacementFigures("cart", "cart", 200, 0.5, 0.25, 0.125)],
            shares=[ShareCost("cart", 0.5, 0.4, 0.25, 0.2, Interval(-0.05, -0.1, 0.01))],
            long_tail=[TailCost(0.1, 0.11, 0.2, 0.01)],
            reliability=Reliability(1_234, 28.0, [one], 0.05, Interval(0.007, 0.006, 0.008)),
        )
    )
    out = " ".join(capsys.readouterr().out.split())
    for column in ("as promised", "seen_share, repeat_share", "share it gets", "ratio"):
        assert f"{column}: " in out
    assert "cart .500 .400 .250 .200 20.0% -4.0% 40.0%" in out
    assert "1 10.00% 9.00% 0.90 0.70 1.10" in out


def test_what_was_skipped_is_named_as_it_is_spelt(capsys: pytest.CaptureFixture[str]) -> None:
    print_trained(msgspec.structs.replace(LIVE, skipped={"ranker": "too few [bold] shoppers"}))
    assert capsys.readouterr().out.splitlines()[-1] == "Skipped: ranker (too few [bold] shoppers)."
