"""The page of segments: made by a form, looked at, taken away as a file, deleted."""

import csv
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from aisle.app.serve import Live
from aisle.shop.errors import NotFound
from aisle.storage.shoppers import segments, users
from aisle.web.console.segments import CREATE, DELETE, MAILING, PATH, UPDATE, rule_of
from tests.web.clients import send_form

Browsers = Callable[[str], TestClient]


def test_a_segment_is_made_looked_at_and_deleted(staffed: Live, browser_of: Browsers) -> None:
    mia = browser_of("mia")
    users.upsert(staffed.db, [("user-2", '{"consent": true, "email": "=x"}')])
    made = send_form(mia, CREATE, {"name": "<b>tea</b>", "did": "purchase", "category": "Tea", "at_least": "1"})
    assert (made.status_code, made.headers["location"]) == (303, PATH)
    page = mia.get(PATH, params={"segment": "<b>tea</b>"}).text
    assert "20 shoppers" in page
    assert "<b>tea" not in page
    rows = list(csv.DictReader(mia.get(MAILING, params={"segment": "<b>tea</b>"}).text.splitlines()))
    assert [(row["user_id"], row["consented"], row["email"]) for row in rows] == [("user-2", "True", "'=x")]
    assert "Delete this segment" not in browser_of("vera").get(PATH, params={"segment": "<b>tea</b>"}).text
    assert send_form(mia, UPDATE, {}).headers["location"] == PATH
    assert send_form(mia, DELETE, {"name": "<b>tea</b>"}).status_code == 303
    with pytest.raises(NotFound):
        segments.get(staffed.db, "<b>tea</b>")


def test_a_form_that_cannot_be_keeps_what_was_typed(browser_of: Browsers) -> None:
    refused = send_form(browser_of("mia"), CREATE, {"name": "tea", "did": "purchase", "at_least": "some"})
    assert refused.status_code == 400
    assert 'value="some"' in refused.text
    assert "no rule of a segment" in refused.text
    refused = send_form(browser_of("mia"), CREATE, {"name": "tea", "rule": '{"rule": "dance"}'})
    assert "dance" in refused.text
    assert send_form(browser_of("mia"), DELETE, {"name": "nobody"}).status_code == 400


@pytest.mark.parametrize(
    ("form", "rule"),
    [
        ({"rfm": "loyal"}, '{"rule":"rfm","groups":["loyal"]}'),
        (
            {"customers": "new", "attribute": "country", "values": "DE, AT"},
            '{"rule":"all","rules":[{"rule":"customers","groups":["new"]},'
            '{"rule":"attribute","name":"country","values":["DE","AT"]}]}',
        ),
        (
            {"did": "view_item", "brand": " Zu ", "days": "30", "like_brand": "Zu"},
            '{"rule":"all","rules":[{"rule":"did","events":["view_item"],"brand":"Zu","days":30},'
            '{"rule":"will_like","brand":"Zu"}]}',
        ),
    ],
)
def test_the_rule_of_a_form(form: dict[str, str], rule: str) -> None:
    assert rule_of(form) == rule
