"""The pages of experiments: the list, the form, the checklist, the report."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from starlette.testclient import TestClient

from aisle.app.experiments.experiments import experiment_of
from aisle.app.serve import Live
from aisle.app.shop import Shop
from aisle.experiments.experiment import Experiment, Variant, of_dict
from aisle.report import experiments as drawn
from aisle.storage.shelves import experiments
from aisle.web.console.parts.experiment_form import form_of, values_of
from tests.experiments.visits import visit
from tests.web.clients import send_form

PATH = "/console/experiments"
DRAFT = {
    "name": "popular-home",
    "placement": "recommended-for-you",
    "variant-1-name": "popular",
    "variant-1-strategy": "bestsellers",
}


def test_a_draft_is_made_checked_started_and_stopped(browser_of: Callable[[str], TestClient]) -> None:
    mia = browser_of("mia")

    made = send_form(mia, f"{PATH}/create", DRAFT | {"metric": "conversion"})
    assert (made.status_code, made.headers["location"]) == (303, f"{PATH}/report?name=popular-home")
    checklist = mia.get(made.headers["location"]).text
    assert "popular-home is a draft, of version 1; nobody sees it yet." in checklist
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


def test_a_form_declares_all_that_an_experiment_can_be(browser_of: Callable[[str], TestClient], staffed: Live) -> None:
    mia = browser_of("mia")
    everything = DRAFT | {
        "name": "much",
        "placement": "bestsellers",
        "weight": "2",
        "unit": "session",
        "traffic": "0.5",
        "layer": "mine",
        "metric": "conversion",
        "effect": "0.2",
        "days": "14",
        "ramp": "0.1, 1",
        "guardrail-click_rate": "1",
        "guardrail-order_value": "1",
        "variant-1-settings": 'repeat_share = 0.2\nexclude = ["tea-1"]',
        "variant-1-weight": "0.5",
        "variant-2-name": "older",
        "variant-2-model": "1",
        "variant-3-name": "nothing",
        "variant-3-holdout": "1",
    }

    assert send_form(mia, f"{PATH}/create", everything).status_code == 303
    made = experiment_of(experiments.get(staffed.db, "much"))
    assert made == Experiment(
        name="much",
        placement="bestsellers",
        variants=(
            Variant(name="as-is", weight=2),
            Variant(
                name="popular",
                weight=0.5,
                settings={"repeat_share": 0.2, "exclude": ["tea-1"], "strategy": "bestsellers"},
            ),
            Variant(name="older", model=1),
            Variant(name="nothing", holdout=True),
        ),
        unit="session",
        traffic=0.5,
        layer="mine",
        metric="conversion",
        guardrails=("click_rate", "order_value"),
        effect=0.2,
        days=14,
        ramp=(0.1, 1.0),
    )

    # The form of the draft, sent again as it is, declares the same.
    assert "Change this draft" in mia.get(f"{PATH}/report?name=much").text
    assert 'value="nothing"' in mia.get(f"{PATH}?like=much").text
    assert of_dict(values_of(form_of(made))) == made


def test_all_that_run_are_stopped_at_once(browser_of: Callable[[str], TestClient], staffed: Live) -> None:
    mia = browser_of("mia")
    assert "Stop all that run" not in mia.get(PATH).text
    with Shop(staffed.settings) as shop:
        shop.experiments.create({"name": "one", "placement": "trending"} | _holdout())
        shop.experiments.start("one", anyway=True)

    assert "Stop all that run" in mia.get(PATH).text
    assert send_form(mia, f"{PATH}/stop-all", {}).status_code == 303
    assert "Stopped: one." in mia.get(PATH).text
    assert experiments.get(staffed.db, "one").reason == "mia stopped it"
    send_form(mia, f"{PATH}/stop-all", {})
    assert "None was running." in mia.get(PATH).text


def _holdout() -> dict[str, object]:
    return {"variants": [{"name": "as-is"}, {"name": "nothing", "holdout": True}]}


def test_a_viewer_sees_experiments_and_cannot_change_them(browser_of: Callable[[str], TestClient]) -> None:
    vera = browser_of("vera")

    assert "Make a draft" not in vera.get(PATH).text
    assert send_form(vera, f"{PATH}/create", DRAFT).status_code == 403
    assert send_form(vera, f"{PATH}/stop-all", {}).status_code == 403


def test_what_cannot_be_is_said(browser_of: Callable[[str], TestClient]) -> None:
    mia = browser_of("mia")

    wrong = send_form(mia, f"{PATH}/create", DRAFT | {"name": "Bad Name", "metric": "conversion"})
    assert wrong.status_code == 422
    assert "is no name" in wrong.text
    assert 'value="Bad Name"' in wrong.text, "what was typed is kept"
    colour = send_form(mia, f"{PATH}/create", DRAFT | {"variant-1-settings": "colour = red"})
    assert (colour.status_code, "variant popular: " in colour.text) == (422, True)
    unread = send_form(mia, f"{PATH}/create", DRAFT | {"variant-1-settings": "colour"})
    assert "is no setting; write KEY=VALUE" in unread.text
    assert "no model" in send_form(mia, f"{PATH}/create", DRAFT | {"variant-2-name": "b", "variant-2-model": "99"}).text
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
    assert "<figcaption>Changes</figcaption>" in text
    assert "Revenue per visitor of trending, as known from day to day" in text
    assert "<bdi>strategy trending</bdi>" in text, "what is compared"


def test_what_may_be_chance_has_no_colour(staffed: Live, seen: None) -> None:
    with Shop(staffed.settings) as shop:
        rows = shop.experiments.report("two-weeks").report.rows

    figure = drawn.changes(rows)
    assert figure is not None
    verdicts = {row.metric.replace("_", " "): row.verdict or "may be chance" for row in rows}
    shown = dict(figure.frame.select("metric", "verdict").iter_rows())
    assert shown.items() <= verdicts.items()
    assert "may be chance" in shown.values()


def test_charts_without_anything_to_show_are_none(staffed: Live, seen: None) -> None:
    with Shop(staffed.settings) as shop:
        (goal,) = shop.experiments.report("two-weeks").report.of("goal")
    today = datetime.now(UTC).date()
    assert drawn.changes([]) is None
    assert drawn.over_time(msgspec.structs.replace(goal, days=goal.days[:1]), today) is None
