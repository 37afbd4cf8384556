"""The page of merchandising: what each role sees and changes, and what happens when two edit one placement."""

import html
import re
from collections.abc import Callable

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from aisle.app.merchandising.team_rules import TeamRules
from aisle.app.serve import Live
from aisle.shop import columns
from aisle.storage.catalogue import items
from aisle.storage.shelves import impressions, rule_drafts
from aisle.web.app import create_app
from tests.clicked_shop import MAIN, fill
from tests.small_shop import TOOLS
from tests.web.clients import client_of, send_form

PATH = "/console/merchandising"
SHELF = "bestsellers"


@pytest.fixture
def mia(browser_of: Callable[[str], TestClient], staffed: Live) -> TestClient:
    for draft in rule_drafts.list_(staffed.db):
        rule_drafts.remove(staffed.db, draft.placement, draft.author)
    return browser_of("mia")


def page(client: TestClient, **asked: str) -> str:
    answer = client.get(PATH, params={"placement": SHELF} | asked)
    assert answer.status_code == 200
    return answer.text


def shown(text: str) -> list[str]:
    cards = re.findall(r'name="what" value="([^"]*)">\s*<button class="btn btn-sm" name="action" value="pin"', text)
    return [html.unescape(item_id) for item_id in cards]


def send(client: TestClient, way: str, text: str, **fields: str) -> Response:
    """Send a form of a page, with what the page knows."""
    known = {name: re.search(rf'name="{name}" value="(\d+)"', text) for name in ("version", "revision")}
    values = {name: found[1] for name, found in known.items() if found}
    return send_form(client, f"{PATH}/{way}", {"placement": SHELF} | values | fields)


def test_a_change_is_drafted_tried_published_and_taken_back(mia: TestClient, staffed: Live) -> None:
    text = page(mia)
    fourth = shown(text)[3]
    answer = send(mia, "edit", text, action="lock", what=fourth, place="1")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{PATH}?placement={SHELF}")
    text = page(mia)
    assert shown(text)[0] == fourth
    assert "locked place 1" in text
    assert staffed.recommend(None, 5, placement=SHELF).items[0].item_id != fourth
    assert "of shelves change, of" in mia.get(f"{PATH}/preview", params={"placement": SHELF}).text
    assert "of shelves change, of" in page(mia, preview="1")
    assert "Version " in mia.get(send(mia, "publish", text).headers["location"]).text
    assert staffed.recommend(None, 5, placement=SHELF).items[0].item_id == fourth
    text = page(mia)
    assert ("in force" in text, "<bdi>mia</bdi>" in text) == (True, True)
    assert (
        f'"{fourth}" = 1' in mia.get(f"{PATH}/rules.toml").text or f"{fourth} = 1" in mia.get(f"{PATH}/rules.toml").text
    )
    assert send(mia, "undo", text).status_code == 303
    assert staffed.recommend(None, 5, placement=SHELF).items[0].item_id != fourth


def test_logged_clicks_are_asked_about_a_draft_when_somebody_wants_it(live: Live) -> None:
    fill(live, 10, 0.3)
    client = client_of(create_app(live))
    client.headers["accept"] = "text/html"
    draft = {"placement": MAIN, "toml": "not_bought_within_days = 1000"}
    assert send(client, "edit", page(client, placement=MAIN), **draft).status_code == 303
    before = page(client, placement=MAIN, preview="1")
    assert ("What do logged clicks say?" in before, "By logged clicks" in before) == (True, False)
    for text in (
        page(client, placement=MAIN, preview="1", clicks="1"),
        client.get(f"{PATH}/clicks", params={"placement": MAIN}).text,
    ):
        assert re.search(r"By logged clicks: \d+\.\d\d % of its places would have been clicked \(\d", text)
        assert re.search(r"they tell as much as [\d,]+ places of it", text)


def test_why_logged_clicks_say_nothing_and_what_helps(mia: TestClient) -> None:
    text = mia.get(f"{PATH}/clicks", params={"placement": SHELF}).text
    assert "By logged clicks: nothing is estimated: every item was shown for certain" in text
    assert "set explore = 0.1 in [placements.bestsellers]" in text


def test_a_viewer_sees_all_of_it_and_changes_nothing(browser_of: Callable[[str], TestClient]) -> None:
    text = page(browser_of("vera"))
    assert "as a newcomer sees it" in text
    assert "/console/merchandising/edit" not in text
    assert send_form(browser_of("vera"), f"{PATH}/edit", {"placement": SHELF}).status_code == 403


def test_every_step_is_a_form(mia: TestClient, staffed: Live) -> None:
    for fields in (
        {"action": "pin", "kind": "category", "what": "Tools"},
        {"action": "hide", "kind": "item", "what": "tea-1"},
        {"action": "boost", "kind": "price", "what": "..20", "value": "3"},
        {"action": "bury", "what": "tea-2"},
        {"action": "window", "what": "category", "value": "2 in 3"},
    ):
        assert send(mia, "edit", page(mia), **fields).status_code == 303
    draft = rule_drafts.get(staffed.db, SHELF, "mia")
    assert draft is not None
    text = page(mia)
    assert ("category:Tools" in text, "price:..20" in text) == (True, True)
    assert "tea-1" not in shown(text)
    assert shown(text)[0] in TOOLS
    answer = send(mia, "edit", text, toml='pins = ["tea-3"]\ndiversity = 0.5\n')
    assert answer.status_code == 303
    assert shown(page(mia))[0] == "tea-3"
    assert send(mia, "discard", page(mia)).status_code == 303
    assert rule_drafts.get(staffed.db, SHELF, "mia") is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"toml": "pins = ["}, "cannot be read as TOML"),
        ({"toml": "diversity = 7"}, "diversity"),
        ({"action": "pin", "kind": "price", "what": "cheap &"}, "is no range"),
        ({"action": "pin", "what": " "}, "nothing is named"),
    ],
)
def test_what_cannot_be_used_is_told_and_stays_typed(mia: TestClient, fields: dict[str, str], message: str) -> None:
    answer = send(mia, "edit", page(mia), **fields)
    assert (answer.status_code, message in answer.text) == (422, True)
    typed = fields.get("toml", fields.get("what", ""))
    assert typed.replace("&", "&amp;") in answer.text


def test_the_second_of_two_is_told_sees_both_and_loses_nothing(
    mia: TestClient, browser_of: Callable[[str], TestClient], staffed: Live
) -> None:
    ada = browser_of("ada")
    send(mia, "edit", page(mia), action="pin", what="tea-5")
    send(ada, "edit", page(ada), action="pin", what="tool-5")
    of_ada = page(ada)
    assert send(mia, "publish", page(mia)).status_code == 303
    version = TeamRules(staffed).show(SHELF).version
    answer = send(ada, "publish", of_ada)
    assert answer.status_code == 409
    assert f"at version {version} meanwhile" in answer.text
    for both in ("Somebody else changed these rules", "tea-5", "tool-5", f"Publish mine over version {version}"):
        assert both in answer.text
    assert staffed.recommend(None, 5, placement=SHELF).items[0].item_id == "tea-5"
    assert send(ada, "publish", page(ada)).status_code == 303
    assert staffed.recommend(None, 5, placement=SHELF).items[0].item_id == "tool-5"
    for _ in range(2):
        assert send(ada, "undo", page(ada)).status_code == 303
    assert send(ada, "undo", page(ada)).status_code == 404


def test_two_windows_of_one_person_overwrite_nothing(mia: TestClient, staffed: Live) -> None:
    before = page(mia)
    send(mia, "edit", before, action="pin", what="tea-5")
    answer = send(mia, "edit", before, toml='pins = ["tool-5"]')
    assert (answer.status_code, "changed in another window" in answer.text) == (409, True)
    assert "tool-5&#34;]" in answer.text
    draft = rule_drafts.get(staffed.db, SHELF, "mia")
    assert draft is not None
    assert draft.rules == '{"pins": ["tea-5"]}'
    assert send(mia, "publish", before).status_code == 409


def test_a_schedule_is_published_and_taken_back(mia: TestClient) -> None:
    send(mia, "edit", page(mia), action="pin", what="tea-5")
    answer = send(mia, "publish", page(mia), starts="2099-01-01T10:00", ends="2098-01-01T10:00")
    assert (answer.status_code, 'value="2099-01-01T10:00"' in answer.text) == (422, True)
    assert send(mia, "publish", page(mia), starts="soon").status_code == 422
    assert send(mia, "publish", page(mia), starts="2099-01-01T10:00", ends="2099-01-02T10:00").status_code == 303
    text = page(mia)
    assert "2099-01-01 10:00" in text
    assert send(mia, "undo", text).status_code == 303


def test_a_pin_that_is_sold_out_is_told(mia: TestClient, staffed: Live) -> None:
    send(mia, "edit", page(mia), action="pin", what="tea-9")
    items.upsert(staffed.db, [tuple({"item_id": "tea-9", "stock": 0}.get(name) for name in columns.ITEMS)])
    text = page(mia)
    assert "<bdi>tea-9</bdi> is sold out: it is skipped on shelves." in text
    assert "tea-9" not in shown(text)
    items.upsert(staffed.db, [tuple({"item_id": "tea-9", "stock": 5}.get(name) for name in columns.ITEMS)])


def test_the_shelf_is_that_of_a_shopper_and_no_impression_is_noted(mia: TestClient, staffed: Live) -> None:
    asked = {"placement": "recommended-for-you", "user_id": "user-0"}
    answer = mia.get(PATH, params=asked)
    expected = [item.item_id for item in staffed.recommend("user-0", 12).items]
    assert shown(answer.text) == expected
    for placement in ("similar-items", "cart", "recently-viewed"):
        assert mia.get(PATH, params={"placement": placement}).status_code == 200
    assert staffed.impressions.waiting == 0
    assert impressions.scores(staffed.db, "recommended-for-you", 1, 0, 2**62, most=5) == []


def test_nonsense_in_the_address_is_told(mia: TestClient) -> None:
    assert mia.get(PATH, params={"placement": "attic"}).status_code == 404
    assert mia.get(PATH, params={"segment": "nobody"}).status_code == 404
    assert mia.get(PATH, params={"user_id": "x" * 300}).status_code == 422


def test_on_this_machine_everybody_may_edit(live: Live) -> None:
    client = client_of(create_app(live))
    client.headers["accept"] = "text/html"
    assert send(client, "edit", page(client), action="pin", what="tea-5").status_code == 303
    draft = rule_drafts.get(live.db, SHELF, "this machine")
    assert draft is not None
