"""The overview: figures, what needs attention, and the jobs that mend it."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from aisle.app.data.day_counts import count_days
from aisle.app.serve import Live
from aisle.shop.moments import DAY, HOUR, format_day
from aisle.storage.log import tail
from aisle.storage.shelves import days
from aisle.storage.shoppers import segments
from aisle.storage.work import jobs
from aisle.web.console import overview
from tests.web.clients import send_form


@pytest.fixture
def ada(browser_of: Callable[[str], TestClient]) -> TestClient:
    return browser_of("ada")


def test_before_any_day_is_counted_the_page_says_what_to_do(ada: TestClient) -> None:
    text = ada.get("/console/overview").text
    assert "No day has been counted yet" in text
    assert "There is no backup" in text
    assert "Back up now" in text


def test_a_button_asks_the_worker_for_a_job_in_the_name_of_who_pressed_it(ada: TestClient, staffed: Live) -> None:
    form = {"job": "backup", "back": "/console/overview?period=7"}
    answer = send_form(ada, "/console/overview/job", form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/overview?period=7")
    text = ada.get(answer.headers["location"]).text
    assert "is asked for: back up every table" in text
    assert "waits for a worker" in text
    job = jobs.list_(staffed.db, 1)[0]
    assert (job.kind, job.asked_by) == ("backup", "ada")
    assert "is asked for" not in ada.get("/console/overview").text


@pytest.fixture
def counted(staffed: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """A shop whose newest day is over, whatever the time is: today would be left out of what is compared."""
    count_days(staffed.db)
    _, last = days.ends(staffed.db) or (0, 0)
    monkeypatch.setattr(overview, "now", lambda: last + DAY)
    return staffed


def test_today_is_not_compared_with_a_whole_day(
    ada: TestClient, staffed: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    count_days(staffed.db)
    _, last = days.ends(staffed.db) or (0, 0)
    monkeypatch.setattr(overview, "now", lambda: last + DAY)
    assert "today is not over" not in ada.get("/console/overview?period=7&compare=1").text
    monkeypatch.setattr(overview, "now", lambda: last + HOUR)
    text = ada.get("/console/overview?period=7&compare=1").text
    assert "today is not over, and left out" in text
    assert f"to {format_day(last - DAY)}" in text
    assert f"to {format_day(last)}" in ada.get("/console/overview?period=7").text


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example/"])
def test_the_way_back_is_one_of_ours(ada: TestClient, back: str) -> None:
    answer = send_form(ada, "/console/overview/job", {"job": "count", "back": back})
    assert answer.headers["location"] == "/console/overview"


def test_a_job_that_there_is_not_is_refused(ada: TestClient) -> None:
    answer = send_form(ada, "/console/overview/job", {"job": "dance"})
    assert (answer.status_code, "there is no job &#39;dance&#39;" in answer.text) == (422, True)


def test_a_viewer_sees_the_concerns_and_no_button(browser_of: Callable[[str], TestClient]) -> None:
    text = browser_of("vera").get("/console/overview").text
    assert "There is no backup" in text
    assert "Back up now" not in text


@pytest.mark.usefixtures("counted")
def test_counted_days_are_shown_in_words_cards_and_charts(ada: TestClient) -> None:
    text = ada.get("/console/overview?period=all&compare=1").text
    assert "there were 240 orders worth 3,000.00 GBP" in text
    assert "Revenue by day" in text
    assert "Compared with the period before" in text
    assert "No shelf was served in these days" in text


def test_the_whole_page_can_be_filtered_by_a_segment(ada: TestClient, counted: Live) -> None:
    everybody = [f"user-{number}" for number in range(40)]
    for name, members in {"tea & <b>": everybody[:10], "all": everybody}.items():
        segments.set_members(counted.db, segments.add(counted.db, name, "{}").number, members, 0)
    count_days(counted.db, segments_since=0)
    text = ada.get("/console/overview?period=all&compare=1").text
    link = "/console/overview?period=all&amp;compare=1&amp;segment=tea+%26+%3Cb%3E"
    assert ("By segment" in text, link in text, "Coverage" in text) == (True, True, True)
    text = ada.get(link.replace("&amp;", "&")).text
    assert "there were 60 orders worth 750.00 GBP" in text
    covers = re.search(
        r"tea &amp; &lt;b&gt;: (\d+) of (\d+) visitors and 0 of 0 shelves are those of its members", text
    )
    assert covers is not None
    assert 10 <= int(covers[1]) < int(covers[2])
    assert "Coverage" not in text
    assert "there were 240 orders worth 3,000.00 GBP" in ada.get("/console/overview?period=all&segment=all").text
    assert ada.get("/console/overview?segment=chess").status_code == 422
    segments.remove(counted.db, "all")
    segments.remove(counted.db, "tea & <b>")


def test_what_happens_now_is_a_part_that_renews_itself(ada: TestClient, staffed: Live) -> None:
    part = ada.get("/console/overview/now", headers={"hx-request": "true"})
    assert 'hx-get="/console/overview/now"' in part.text
    assert "<html" not in part.text
    assert f"<strong>{tail.pulse(staffed.db).per_minute:.1f}</strong> events per minute" in part.text


def test_the_data_is_examined(ada: TestClient) -> None:
    text = ada.get("/console/overview/quality").text
    assert "Items without an image" in text
    assert "240 events of 40 visitors, 20 items" in text
