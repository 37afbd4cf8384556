"""What a shopper says of an item changes their next shelf."""

from fastapi.testclient import TestClient

MINE = "/api/recommendations?user_id=user-0&n=20"


def shelf(client: TestClient) -> list[str]:
    return [item["item_id"] for item in client.get(MINE).json()["items"]]


def rate(client: TestClient, item_id: str, stars: int) -> None:
    answer = client.post("/api/feedback", json={"user_id": "user-0", "item_id": item_id, "rating": stars})
    assert answer.status_code == 201


def tell(client: TestClient, event: str, item_id: str) -> None:
    answer = client.post("/api/events", json={"event": event, "user_id": "user-0", "item_id": item_id})
    assert answer.status_code == 200


def test_one_star_takes_an_item_off_the_next_shelf_and_a_better_rating_brings_it_back(client: TestClient) -> None:
    first = shelf(client)[0]
    rate(client, first, 1)
    assert first not in shelf(client)
    rate(client, first, 5)
    assert first in shelf(client)


def test_what_is_hidden_is_gone_until_it_is_shown_again(client: TestClient) -> None:
    first = shelf(client)[0]
    tell(client, "hide", first)
    assert first not in shelf(client)
    tell(client, "unhide", first)
    assert first in shelf(client)


def test_what_was_sent_back_is_gone(client: TestClient) -> None:
    first = shelf(client)[0]
    tell(client, "refund", first)
    assert first not in shelf(client)
