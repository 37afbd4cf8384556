"""Charts in Chromium: in a page that stands alone, and under the web's own policy, without a network."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl
import pytest
from playwright.sync_api import Browser, BrowserContext, Route

from aisle.report.charts import Axis, bars, heat
from aisle.report.figure import Figure
from aisle.web import assets
from aisle.web.access.headers import HEADERS
from tests.report.test_quality import FINDING, page

FRAME: Final = pl.DataFrame({"item": ["mug", "jug"], "sold": [3, 1]})
FIGURES: Final = (
    Figure("Sold", bars(FRAME, Axis("sold", "pieces"), Axis("item", "")), FRAME),
    Figure("Heat", heat(FRAME, Axis("item", ""), Axis("item", ""), Axis("sold", "pieces")), FRAME),
)


@pytest.fixture(params=["light", "dark"])
def offline(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """A browser that counts what it asks for."""
    context = browser.new_context(color_scheme=request.param)
    yield context
    context.close()


def test_a_page_that_stands_alone_draws_every_chart_and_asks_for_nothing(
    offline: BrowserContext, tmp_path: Path
) -> None:
    (tmp_path / "quality.html").write_text(page(FINDING))
    seen, asked, problems = offline.new_page(), [], []
    seen.on("request", lambda request: asked.append(request.url))
    seen.on("console", lambda message: problems.append(message.text))
    seen.on("pageerror", lambda error: problems.append(str(error)))

    seen.goto((tmp_path / "quality.html").as_uri())
    seen.locator("figure.chart[data-drawn]").nth(2).wait_for()

    assert seen.locator("figure.chart svg").count() == 3
    assert seen.locator(".mark-rect path").count() > 0
    assert (problems, len(asked)) == ([], 1)


def test_the_webs_policy_lets_charts_be_drawn_hovered_and_clicked(offline: BrowserContext) -> None:
    figures = "".join(
        f'<figure class="chart"><script type="application/json">{figure.spec}</script>'
        '<div class="drawing"></div></figure>'
        for figure in FIGURES
    )
    served = {
        "/": f'<html><head><link rel="stylesheet" href="/charts.css"></head><body>{figures}'
        '<script src="/vega.js"></script><script src="/charts.js"></script></body></html>',
        "/vega.js": (assets.FOLDER / "vendor" / "vega.js").read_text(),
        "/charts.js": (assets.FOLDER / "charts.js").read_text(),
        "/charts.css": (assets.FOLDER / "charts.css").read_text(),
    }
    types = {"js": "text/javascript", "css": "text/css"}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix("http://localhost")
        route.fulfill(
            body=served.get(path, ""), content_type=types.get(path.rpartition(".")[2], "text/html"), headers=HEADERS
        )

    offline.route("**/*", answer)
    seen, problems = offline.new_page(), []
    seen.on("console", lambda message: problems.append(message.text))
    seen.on("pageerror", lambda error: problems.append(str(error)))
    seen.goto("http://localhost/")
    seen.locator("figure.chart[data-drawn]").nth(1).wait_for()
    clicked = "new Promise(done => document.addEventListener('chart-click', event => done(event.detail.item)))"
    seen.evaluate(f"window.clicked = {clicked}; undefined")

    bar = seen.locator("figure.chart").first.locator(".mark-rect path").first
    bar.hover()
    seen.locator("#vg-tooltip-element.visible").wait_for()
    assert "mug" in seen.locator("#vg-tooltip-element").inner_text()
    bar.click()

    assert seen.evaluate("window.clicked") == "mug"
    assert problems == []
