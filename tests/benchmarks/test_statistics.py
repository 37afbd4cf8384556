"""The simulations of `make statistics`, with fewer runs: bounds are so wide that chance breaks them once in 10,000."""

from benchmarks.statistics import EFFECT, ESTIMATORS, coverage, peeking, power, without_difference

RUNS = 50


def test_variants_without_a_difference_rarely_show_one() -> None:
    rows = without_difference(RUNS)

    assert [row["a/a"] for row in rows] == list(ESTIMATORS)
    assert all(float(row["false positives"]) <= 0.2 for row in rows)
    assert all(float(row["uniform"]) > 1e-4 for row in rows)


def test_intervals_hold_the_change_that_was_planted() -> None:
    assert all(float(row["95 % intervals"]) >= 0.8 for row in coverage(RUNS))


def test_looking_each_day_is_safe_with_the_sequential_test_alone() -> None:
    once, sequential = peeking(RUNS)

    assert float(once["false positives"]) > 0.1
    assert float(sequential["false positives"]) <= 0.05


def test_a_planted_change_is_found_at_the_planned_size() -> None:
    better, equal, worse = power(20)

    assert EFFECT == 0.05
    assert float(better["right verdict"]) >= 0.6
    assert float(worse["right verdict"]) >= 0.6
    assert float(equal["right verdict"]) >= 0.8
