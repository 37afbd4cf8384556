"""The page of insights: every insight, filtered, and what it says where there is none."""

import re

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.insights.every import INSIGHTS
from aisle.storage.shoppers import segments


@pytest.fixture
def page(client: TestClient) -> TestClient:
    client.headers["accept"] = "text/html"
    return client


def test_every_insight_is_there_with_its_sentence_and_its_figures_as_csv(page: TestClient) -> None:
    text = page.get("/console/insights").text
    shown = re.findall(r'<section class="card section" id="(\w+)"', text)
    assert set(shown) <= set(INSIGHTS)
    assert {"categories", "rfm", "baskets"} <= set(shown)
    assert text.count("<dt>") == len(INSIGHTS) - len(shown)  # the others say what they need
    assert text.count("Download as CSV") == len(shown)
    assert "240 events from" in text
    assert "nothing has changed since" in text


def test_a_filter_leaves_a_part_of_the_events(page: TestClient) -> None:
    text = page.get("/console/insights?category=Tea").text
    assert "120 events from" in text
    assert "Category: Tea" in text
    assert 'class="filter-by" data-value="Tools"' not in text
    everything = page.get("/console/insights").text
    assert 'data-value="Tools" href="/console/insights?category=Tools"' in everything


def test_a_filter_that_leaves_nothing_can_be_taken_away(page: TestClient) -> None:
    answer = page.get("/console/insights?brand=none")
    assert (answer.status_code, "none of the 240 events is selected" in answer.text.lower()) == (200, True)
    assert 'href="/console/insights">Take all filters away' in answer.text


def test_what_is_no_period_is_explained(page: TestClient) -> None:
    answer = page.get("/console/insights?from=tomorrow")
    assert (answer.status_code, "is no day" in answer.text) == (422, True)


def test_a_segment_leaves_the_events_of_its_shoppers(page: TestClient, live: Live) -> None:
    row = segments.add(live.db, "two <b>", '{"rule": "did"}')
    segments.set_members(live.db, row.number, ["user-1", "user-2"], 1)
    text = page.get("/console/insights", params={"segment": "two <b>"}).text
    assert "12 events from" in text
    assert "Segment: two &lt;b&gt;" in text
    assert page.get("/console/insights?segment=nobody").status_code == 422
