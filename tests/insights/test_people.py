"""Findings about visitors."""

from aisle.insights.finding import Severity
from tests.insights.logs import START, event, findings, tally


def test_buyers_of_one_day_are_counted() -> None:
    once = findings(tally(*(event(START, f"user-{number}") for number in range(10))))["one_time_buyers"]

    assert (once.count, once.of, once.severity) == (10, 10, Severity.WARNING)


def test_a_rater_far_from_the_others_is_odd() -> None:
    usual = [event(START + n, f"u{u}", f"i{n}", "rate", rating=3.0 + (n + u) % 3) for u in range(9) for n in range(21)]
    strict = [event(START + n, "strict", f"i{n}", "rate", rating=1.0 + (n == 0)) for n in range(21)]
    finding = findings(tally(*usual, *strict))["odd_raters"]

    assert (finding.count, finding.of, finding.example) == (1, 10, "strict: 1.0 stars on average of 21")
