import pytest

from aisle.insights.finding import Finding, Severity, graded


@pytest.mark.parametrize(
    ("share", "severity"),
    [(0.0, Severity.INFO), (0.1, Severity.WARNING), (0.49, Severity.WARNING), (0.5, Severity.SERIOUS)],
)
def test_a_share_is_graded(share: float, severity: Severity) -> None:
    assert graded(share, 0.1, 0.5) is severity


def test_without_a_second_limit_nothing_is_serious() -> None:
    assert graded(1.0, 0.1) is Severity.WARNING


def test_the_share_of_a_finding() -> None:
    finding = Finding(name="gaps", severity=Severity.INFO, what="Days", count=1, of=4, advice="Import them.")
    assert finding.share == 0.25
    assert Finding(name="gaps", severity=Severity.INFO, what="Days", count=0, of=0, advice="None.").share == 0
