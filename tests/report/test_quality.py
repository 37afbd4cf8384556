import re

import pytest

from aisle.app.settings import ShopSection
from aisle.insights.finding import Finding, Severity
from aisle.insights.quality import Quality, Step
from aisle.insights.timeline import Period
from aisle.report.quality import percent, quality_page
from aisle.shop.moments import DAY

START = 20_000 * DAY
FINDING = Finding(
    name="x", severity=Severity.WARNING, what="<b>Odd</b> prices", count=3, of=1_200, example="a & b", advice="Look."
)


def page(*findings: Finding, simulated: bool = False) -> str:
    course = [
        Period(START + day * 7 * DAY, START + (day + 1) * 7 * DAY, {"view_item": 4, "purchase": day}) for day in (0, 1)
    ]
    quality = Quality(
        events=1_200, visitors=34, items=56, first=START, last=START + 13 * DAY, findings=list(findings), course=course,
        activity=[Step(1, 1, 20), Step(2, 4, 10), Step(5, None, 4)], coverage={"title": 1.0, "price": 0.25},
    )  # fmt: skip
    return quality_page(quality, ShopSection(name="Leaf & Hammer", simulated=simulated))


def text(html: str) -> str:
    """Return what can be read, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<(style|script|details).*?</\\1>|<[^>]*>", " ", html, flags=re.DOTALL))


def test_it_says_what_the_data_is() -> None:
    read = text(page())

    assert "Data quality Leaf &amp; Hammer" in read
    assert "1,200, from 2024-10-04 to 2024-10-17" in read
    assert "34: users, and sessions without a user" in read


def test_a_finding_has_its_share_its_example_and_its_advice_as_text() -> None:
    read = text(page(FINDING))

    assert "warning &lt;b&gt;Odd&lt;/b&gt; prices 3 of 1,200 (0.2 %) For example a &amp; b Look." in read


def test_without_findings_it_says_so() -> None:
    assert "No problems found." in page()
    assert "No problems found." not in page(FINDING)


def test_events_are_counted_week_by_week_and_kind_by_kind() -> None:
    read = text(page())

    assert "Events per 7 days, by kind" in read
    assert "From view_item purchase 2024-10-04 4 0 2024-10-11 4 1" in read


def test_visitors_and_columns_are_drawn() -> None:
    read = text(page().replace("details", "div"))

    assert "1 20 2 to 4 10 5 and more 4" in read
    assert "title 100.0 % price 25.0 %" in read


def test_only_a_simulated_shop_says_so() -> None:
    assert "Simulated shop." in page(simulated=True)
    assert "Simulated" not in page()


@pytest.mark.parametrize(
    ("share", "written"),
    [(0, "0.0 %"), (0.0004, "< 0.1 %"), (0.25, "25.0 %"), (0.9995, "> 99.9 %"), (1, "100.0 %")],
)
def test_a_share_is_never_rounded_to_nothing_or_all(share: float, written: str) -> None:
    assert percent(share) == written
