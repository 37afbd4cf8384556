"""What a model sees of a shopper."""

from aisle.app.explore.shopper import SHOWN, ShopperFacts, shopper_facts
from aisle.app.serve import Live
from aisle.app.serving.profiles import PROFILE_EVENTS
from aisle.shop import columns, moments
from aisle.storage.log import events
from tests.small_shop import TEAS, TOOLS


def facts(live: Live, user_id: str) -> ShopperFacts:
    return shopper_facts(live, live.profiles.of(user_id, None), live.model_watch.current())


def store(live: Live, user_id: str, *deeds: tuple[str, str]) -> None:
    rows = [
        {"event_id": f"{user_id}-{number}", "event": kind, "user_id": user_id, "item_id": item_id,
         "timestamp": moments.now() - 1_000_000 + number}
        for number, (kind, item_id) in enumerate(deeds)
    ]  # fmt: skip
    events.store(live.db, [tuple(row.get(name) for name in columns.EVENTS) for row in rows])


def test_what_counts_is_what_was_bought(live: Live) -> None:
    told = facts(live, "user-0")
    assert {one.item_id for one in told.liked} == {row.item_id for row in live.history("user-0", 100)}
    assert (told.disliked, told.cancelled, told.unknown, told.is_cut) == ([], [], [], False)
    assert all(one.weight > 0 for one in told.liked)


def test_a_refund_cancels_and_a_new_purchase_revives(live: Live) -> None:
    store(live, "anna", ("purchase", TEAS[0]), ("purchase", TEAS[1]), ("refund", TEAS[0]))
    told = facts(live, "anna")
    assert [one.item_id for one in told.liked] == [TEAS[1]]
    assert [(one.item_id, one.name) for one in told.cancelled] == [(TEAS[0], f"The {TEAS[0]}")]
    store(live, "ben", ("purchase", TEAS[0]), ("refund", TEAS[0]), ("purchase", TEAS[0]))
    assert facts(live, "ben").cancelled == []


def test_an_item_that_the_model_does_not_know_is_named(live: Live) -> None:
    store(live, "cleo", ("view_item", "brand-new"), ("view_item", TOOLS[0]))
    assert facts(live, "cleo").unknown == ["brand-new"]


def test_a_stranger(live: Live) -> None:
    assert facts(live, "nobody") == ShopperFacts(0, False, [], [], [], [])


def test_a_huge_history_is_cut(live: Live) -> None:
    store(live, "dora", *(("view_item", item) for _ in range(80) for item in TEAS + TOOLS))
    told = facts(live, "dora")
    assert (told.events, told.is_cut, len(told.liked)) == (PROFILE_EVENTS, True, SHOWN)
