import re
from html.parser import HTMLParser

import msgspec
import pytest

from aisle.app.settings import ShopSection
from aisle.app.training.calibrating import Bin, Reliability
from aisle.app.training.measuring import Measured, Versus
from aisle.evaluation.beyond import Beyond
from aisle.evaluation.bootstrap import Interval
from aisle.evaluation.compare import Comparison, Finding
from aisle.evaluation.evaluate import Figures, Intervals, Report
from aisle.evaluation.segments import Segment, Segments
from aisle.evaluation.stars import StarErrors
from aisle.report.models import models_page

DAY = 86_400_000_000
CUT = 20_000 * DAY

FIGURES = Figures(1234, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7)
INTERVALS = Intervals(*(Interval(value, value - 0.01, value + 0.01) for value in (0.1, 0.4, 0.6, 0.7)))
BEYOND = Beyond(7.5, 0.9, 0.8, 0.25, 0.6, 0.05, None, "popularity")
STARS = StarErrors(5678, 90, Interval(0.938, 0.9, 0.98), Interval(0.74, 0.7, 0.78))
SEGMENT = Segment(12, 0.1, 0.2)
SEGMENTS = Segments(SEGMENT, SEGMENT, SEGMENT, Segment(0, None, None))
REPORT = Report(
    k=20, target="purchase", cut=CUT, end=CUT + 28 * DAY, items=4321, new_shoppers=0.125, all=FIGURES,
    returning=FIGURES, novel=FIGURES, intervals=INTERVALS, novel_intervals=INTERVALS, coverage=0.33, beyond=BEYOND,
    segments=SEGMENTS, stars=None, seconds=12.3,
)  # fmt: skip
ALS = Measured("als", REPORT, 0.5)
LOSS = Comparison(Interval(-0.1, -0.12, -0.08), None, 1234, Finding.WORSE)
SAME = Comparison(Interval(0.001, -0.01, 0.012), None, 900, Finding.NO_DIFFERENCE)
POPULARITY = Measured("popularity", REPORT, 0.01, versus=Versus("als", LOSS, SAME))


class Balance(HTMLParser):
    """Checks that every element that is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Leave out what closes itself."""

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def page(*measured: Measured, simulated: bool = False, reliability: Reliability | None = None) -> str:
    return models_page(measured, ShopSection(name="Leaf & <b>Hammer</b>", simulated=simulated), reliability)


def text(html: str) -> str:
    """Return what can be read, on one line."""
    return re.sub(r"\s+", " ", re.sub(r"<(style|script|details).*?</\\1>|<[^>]*>", " ", html, flags=re.DOTALL))


@pytest.mark.parametrize("measured", [(ALS,), (ALS, POPULARITY)])
def test_the_page_is_whole(measured: tuple[Measured, ...]) -> None:
    parser = Balance()
    parser.feed(page(*measured))

    assert parser.open == []


@pytest.mark.parametrize(("observed", "problem"), [(0.11, False), (0.2, True)])
def test_stated_chances_stand_beside_what_was_observed(observed: float, problem: bool) -> None:
    ratio = Interval(observed / 0.1, observed / 0.1 - 0.2, observed / 0.1 + 0.2)
    bins = [Bin(0.1, observed, ratio), Bin(0.4, 0.38, Interval(0.95, 0.9, 1.0))]
    reliability = Reliability(1234, 28.0, bins, 0.0556, Interval(0.0075, 0.006, 0.009))
    html = page(ALS, reliability=reliability)
    parser = Balance()
    parser.feed(html)
    assert parser.open == []
    assert f"10.00% {observed:.2%} {ratio.value:.2f} ({ratio.low:.2f} to {ratio.high:.2f})" in text(html)
    assert "1,234 shoppers, whether or not they took anything" in text(html)
    assert "smaller than that of one constant chance by 0.00750 (0.00600 to 0.00900)" in text(html)
    assert ("No chances are shown" in text(html)) is problem
    assert "Stated chances" not in page(ALS)


def test_the_page_loads_nothing() -> None:
    html = re.sub(r"<script.*?</script>", "", page(ALS, POPULARITY), flags=re.DOTALL)

    assert re.findall(r"<(?:link|img|iframe)|src=|href=\"(?!data:)|url\(|@import|https?:", html) == []


def test_names_are_text_and_no_markup() -> None:
    assert "Leaf &amp; &lt;b&gt;Hammer&lt;/b&gt;" in page(ALS)


def test_it_says_what_was_asked() -> None:
    read = text(page(ALS))

    assert "every event before 2024-10-04" in read
    assert "purchase events from 2024-10-04 to 2024-10-31 (28 days), of 1,234 shoppers" in read
    assert "all 4,321 items known before; the best 20 count" in read
    assert "12.5% had no history" in read


def test_a_simulated_shop_says_so_and_a_real_one_does_not() -> None:
    assert "Simulated shop." in page(ALS, simulated=True)
    assert "Simulated" not in page(ALS)


def test_each_model_is_compared_with_the_first() -> None:
    read = text(page(ALS, POPULARITY))

    assert "Against als" in read
    assert "popularity all items −0.1000 (−0.1200 to −0.0800) 1,234 worse" in read
    assert "items new to the shopper +0.0010 (−0.0100 to +0.0120) 900 no real difference" in read


def test_one_model_is_compared_with_nothing() -> None:
    assert "Against" not in page(ALS)


def test_figures_come_with_their_spread_and_times() -> None:
    read = text(page(ALS))

    assert "als 0.100 ± 0.010 0.200 0.300 0.400 ± 0.010 0.500 0.600 ± 0.010 0.700 ± 0.010 1,234" in read
    assert "als 0.330 7.500 0.900 0.800 0.250 0.600 0.050 –" in read
    assert "als 0.50 s 12 s" in read


def test_stars_are_there_only_where_somebody_predicts_them() -> None:
    svd = Measured("svd", msgspec.structs.replace(REPORT, stars=STARS), 1.0)

    assert "Predicted stars" not in page(ALS)
    read = text(page(ALS, svd))
    assert "svd 0.938 (0.900 to 0.980) 0.740 (0.700 to 0.780) 5,678 90" in read
    assert "RMSE of predicted stars: shorter is better" in read


def test_a_shop_where_everybody_rebuys_has_no_new_items() -> None:
    rebuying = Measured("als", msgspec.structs.replace(REPORT, novel=None, novel_intervals=None), 0.5)

    assert "new to the shopper" not in page(rebuying)
