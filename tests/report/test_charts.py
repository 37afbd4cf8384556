import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from aisle.evaluation.bootstrap import Interval
from aisle.report.charts import LEFT, RIGHT, ROW, TICKS, Row, bar_chart, steps


def row(value: float, low: float, high: float) -> Row:
    return Row("als", "text", Interval(value, low, high))


def test_bars_begin_at_zero_and_the_axis_holds_every_interval() -> None:
    chart = bar_chart("NDCG", [row(0.2, 0.1, 0.4), row(0.1, 0.1, 0.1)])

    first, second = chart.bars
    middle = (LEFT + RIGHT) / 2
    assert (first.start, first.end, first.high) == (LEFT, middle, RIGHT)
    assert first.low == second.end == (LEFT + middle) / 2
    assert chart.zero == LEFT
    assert (first.y, second.y, chart.height) == (0, ROW, 3 * ROW)


def test_a_loss_goes_to_the_left_of_zero() -> None:
    chart = bar_chart("difference", [row(-0.1, -0.2, 0.2)])

    [bar] = chart.bars
    assert chart.zero == bar.end == (LEFT + RIGHT) / 2
    assert bar.start == (LEFT + chart.zero) / 2


def test_figures_that_are_all_zero_can_be_drawn() -> None:
    [bar] = bar_chart("NDCG", [row(0, 0, 0)]).bars

    assert bar.start == bar.end == bar.low == bar.high == LEFT


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 0.31, [0, 0.1, 0.2, 0.3]),
        (-0.04, 0.01, [-0.04, -0.03, -0.02, -0.01, 0, 0.01]),
        (0, 12, [0, 5, 10]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert steps(low, high) == expected


@given(st.floats(-1e3, 0), st.floats(0, 1e3))
def test_there_are_a_few_ticks_within_the_axis(low: float, high: float) -> None:
    assume(high - low > 1e-6)

    ticks = steps(low, high)

    assert 1 <= len(ticks) <= TICKS + 1
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in ticks)
    assert 0 in ticks
