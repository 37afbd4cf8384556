"""The pages of experiments: the list, the form, the checklist, the report."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.app.shop import Shop
from aisle.report import experiments as drawn
from tests.experiments.visits import visit
from tests.web.clients import send_form

PATH = "/console/experiments"
DRAFT = {"name": "popular-home", "placement": "recommended-for-you", "variant": "popular", "strategy": "bestsellers"}


def test_a_draft_is_made_checked_started_and_stopped(browser_of: Callable[[str], TestClient]) -> None:
    mia = browser_of("mia")

    made = send_form(mia, f"{PATH}/create", DRAFT | {"metric": "conversion"})
    assert (made.status_code, made.headers["location"]) == (303, f"{PATH}/report?name=popular-home")
    checklist = mia.get(made.headers["location"]).text
    assert "popular-home is a draft, of version 1." in checklist
    assert "Start anyway" in checklist
    assert "Before it starts" in checklist

    assert send_form(mia, f"{PATH}/start", {"name": "popular-home", "anyway": "1"}).status_code == 303
    running = mia.get(f"{PATH}/report?name=popular-home").text
    assert "Wait: nobody has seen it yet." in running
    assert "Too few visitors yet" in running

    assert send_form(mia, f"{PATH}/stop", {"name": "popular-home", "reason": "<b>enough</b>"}).status_code == 303
    listed = mia.get(PATH).text
    assert "&lt;b&gt;enough&lt;/b&gt;" in listed
    assert "<b>enough" not in listed


def test_a_viewer_sees_experiments_and_cannot_change_them(browser_of: Callable[[str], TestClient]) -> None:
    vera = browser_of("vera")

    assert "Make a draft" not in vera.get(PATH).text
    assert send_form(vera, f"{PATH}/create", DRAFT).status_code == 403


def test_what_cannot_be_is_said(browser_of: Callable[[str], TestClient]) -> None:
    mia = browser_of("mia")

    wrong = send_form(mia, f"{PATH}/create", DRAFT | {"name": "Bad Name", "metric": "conversion"})
    assert wrong.status_code == 422
    assert "is no name" in wrong.text
    assert mia.get(f"{PATH}/report?name=nothing").status_code == 404
    assert "is no version" in mia.get(f"{PATH}/report?name=popular-home&version=x").text


@pytest.fixture(scope="module")
def seen(staffed: Live) -> None:
    """An experiment that has run for two weeks."""
    with Shop(staffed.settings) as shop:
        variants = [{"name": "as-is"}, {"name": "trending", "settings": {"strategy": "trending"}}]
        shop.experiments.create({"name": "two-weeks", "placement": "bestsellers", "variants": variants})
        shop.experiments.start("two-weeks", anyway=True)
        visit(shop, "two-weeks", days=14, number=3_000, growth=1.5, item_id="tea-0")


def test_the_report_ends_in_a_sentence(browser_of: Callable[[str], TestClient], seen: None) -> None:
    text = browser_of("vera").get(f"{PATH}/report?name=two-weeks").text

    assert "Ship trending: the goal is reached. Revenue per visitor: +" in text
    goal = re.search(r">The goal</h3>.*?</table>", text, re.DOTALL)
    assert goal is not None
    assert "(better)" in goal[0]
    assert re.search(r"the past makes the interval \d+ % narrower", goal[0])
    assert re.search(r"[\d,]+ of 1,[45]\d\d<", goal[0]), "raw numerators and denominators"
    assert text.index(">Guardrails</h3>") < text.index(">Other metrics</h3>")
    assert text.count('class="chart') >= 2 or text.count("vega") >= 2
    assert "What trending changes" in text


def test_what_may_be_chance_has_no_colour(staffed: Live, seen: None) -> None:
    with Shop(staffed.settings) as shop:
        rows = shop.experiments.report("two-weeks").report.rows

    figure = drawn.changes(rows, "trending")
    assert figure is not None
    verdicts = {row.metric.replace("_", " "): row.verdict or "may be chance" for row in rows}
    shown = dict(figure.frame.select("metric", "verdict").iter_rows())
    assert shown.items() <= verdicts.items()
    assert "may be chance" in shown.values()


def test_charts_without_anything_to_show_are_none(staffed: Live, seen: None) -> None:
    with Shop(staffed.settings) as shop:
        (goal,) = shop.experiments.report("two-weeks").report.of("goal")
    today = datetime.now(UTC).date()
    assert drawn.changes([], "trending") is None
    assert drawn.over_time(msgspec.structs.replace(goal, days=goal.days[:1]), today) is None
