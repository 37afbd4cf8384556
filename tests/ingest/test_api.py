"""Events that come as JSON."""

import re
from contextlib import suppress

import msgspec
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.ingest.api import FEW, Events, parse_events
from aisle.shop.columns import EVENTS
from aisle.shop.errors import InputError
from aisle.shop.events import MAX_BODY, MAX_EVENTS
from tests.ingest.files import NOW

HOUR = 3600 * 1_000_000

EVENT = {"event": "view_item", "user_id": "u", "item_id": "i", "timestamp": "2026-01-01T00:00:00Z"}


def body(*events: object) -> bytes:
    return msgspec.json.encode(events)


def parsed(data: bytes) -> tuple[pl.DataFrame, Events]:
    """Parse a body, and return the accepted events as a frame too."""
    checked = parse_events(data, NOW)
    types = {"str": pl.String, "int64": pl.Int64, "int32": pl.Int32, "float64": pl.Float64}
    schema = {name: types[word] for name, word in EVENTS.items()}
    return pl.DataFrame(checked.accepted, schema, orient="row"), checked


@pytest.mark.parametrize("shape", [EVENT, [EVENT], {"events": [EVENT]}])
def test_one_event_a_list_and_an_envelope_are_taken(shape: object) -> None:
    frame, checked = parsed(msgspec.json.encode(shape))
    assert checked.reasons == [None]
    assert frame.columns == list(EVENTS)
    assert frame.select("event", "user_id", "item_id", "timestamp").row(0) == (
        "view_item",
        "u",
        "i",
        1_767_225_600_000_000,
    )


def test_all_fields_are_typed() -> None:
    event = EVENT | {
        "event": "Order Completed",
        "product_id": 7,
        "price": 12.1,
        "quantity": 2,
        "properties": {"a": [1]},
    }
    del event["item_id"]
    frame, checked = parsed(body(event))
    assert checked.reasons == [None]
    assert frame.select("event", "item_id", "price", "quantity", "properties").row(0) == (
        "purchase",
        "7",
        12_100_000,
        2,
        '{"a":[1]}',
    )


def test_the_server_makes_missing_ids_and_times() -> None:
    frame, _ = parsed(body({"event": "view", "item_id": "i"}, {"event": "view", "item_id": "i", "event_id": ""}))
    assert frame["timestamp"].to_list() == [NOW, NOW]
    assert frame["event_id"].n_unique() == 2
    assert all(re.fullmatch("[0-9a-f]{32}", id_) for id_ in frame["event_id"])


def test_a_given_id_is_kept_so_that_a_retry_is_safe() -> None:
    frame, _ = parsed(body(EVENT | {"event_id": "mine"}))
    assert frame["event_id"].to_list() == ["mine"]


@pytest.mark.parametrize("when", [1_767_225_600, 1_767_225_600_000, 1_767_225_600_000_000, "1767225600", "2026-01-01"])
def test_timestamps_are_iso_or_numbers(when: object) -> None:
    frame, _ = parsed(body(EVENT | {"timestamp": when}))
    assert frame["timestamp"].to_list() == [1_767_225_600_000_000]


def test_outcomes_come_in_the_order_received() -> None:
    frame, checked = parsed(body(EVENT, 3, EVENT | {"quantity": 0}, EVENT, {"event": "juggle"}))
    assert [reason is None for reason in checked.reasons] == [True, False, False, True, False]
    assert checked.reasons[2] == "quantity '0' is not positive"
    assert (len(checked.reasons), frame.height) == (5, 2)
    assert checked.rejects[0].raw == "3"
    assert {reject.source for reject in checked.rejects} == {"api"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"evnt": 1}, "field 'evnt' is unknown; put fields of your own into properties"),
        ({"product_id": "j"}, "item_id is given twice, also as product_id"),
        ({"user_id": [1]}, "user_id [1] is not text"),
        ({"user_id": 1.5}, "user_id 1.5 is not text"),
        ({"user_id": True}, "user_id true is not text"),
        ({"quantity": {}}, "quantity {} is not a number"),
        ({"quantity": "many"}, "quantity 'many' is not a whole number"),
        ({"price": False}, "price false is not a number"),
        ({"price": -1}, "price '-1' is negative"),
        ({"properties": [1]}, "properties [1] is not an object"),
        ({"properties": "x"}, "properties 'x' is not a JSON object"),
        ({"timestamp": [1]}, "timestamp [1] is not a number"),
        ({"timestamp": 5}, "timestamp '5' is before 2000"),
        ({"timestamp": "2200-01-01"}, "timestamp '2200-01-01' is more than 24 hours ahead"),
        ({"timestamp": "soon"}, "timestamp 'soon' does not match the date format iso or epoch"),
        ({"item_id": None}, "item_id is missing; view_item needs one"),
        ({"item_id": "i\x00"}, "item_id 'i\ufffd' holds a control character"),
        ({"item_id": "x" * 257}, "has more than 256 bytes"),
        ({"properties": {"a": "x" * 40_000}}, "the event has"),
        ({"event": None}, "event is missing"),
    ],
)
def test_a_bad_event_is_rejected_alone(change: dict[str, object], reason: str) -> None:
    _, checked = parsed(body(EVENT | change, EVENT))
    assert reason in (checked.reasons[0] or "")
    assert checked.reasons[1] is None
    assert checked.rejects[0].reason == checked.reasons[0]
    assert len(checked.rejects[0].raw) <= 32 * 1024


@pytest.mark.parametrize(
    "event",
    [
        b'{"event": "view", "item_id": "i", "price": 1e400}',
        b'{"event": "view", "item_id": "i", "quantity": 99999999999999999999}',
        b'{"event": "view", "item_id": "i", "properties": {"a": 1e400}}',
        b'{"event": "view", "item_id": "i", "properties": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}",
    ],
    ids=["a price beyond floats", "a quantity beyond integers", "a property beyond floats", "a deep property"],
)
def test_hostile_numbers_and_nesting_are_outcomes(event: bytes) -> None:
    _, checked = parsed(event)
    assert len(checked.reasons) == len(checked.reasons) == 1


GOOD = b'{"event": "view", "item_id": "i"}'
ODD = [
    (b'{"event": "view", "item_id": "a", "item_id": "b"}', "'item_id' is given twice; send it once"),
    (b'{"event": "view", "item_id": "a", "\\u0069tem_id": "b"}', "'item_id' is given twice"),
    (b'{"event": "view", "item_id": "a", "properties": {"b": [{"c": 1, "c": 1}]}}', "'c' is given twice"),
    (b'{"event": "view", "item_id": "a", "price": NaN}', "the event cannot be read: JSON is malformed"),
    (b'{"event": "view", "item_id": "a", "price": -Infinity}', "the event cannot be read: JSON is malformed"),
    (b'{"event": "view", "item_id": "\\ud800"}', "half of a surrogate pair"),
    (b'{"event": "view", "item_id": "a", "\\udc00": 1}', "the event cannot be read"),
    (b'{"event": "view", "item_id": "a", "properties": ' + b'{"a":' * 65 + b"1" + b"}" * 66, "deeper than 64 levels"),
    (b'{"event": "view", "item_id": "a", "properties": {"a":' + b"[" * 65 + b"]" * 65 + b"}}", "deeper than 64 levels"),
]


@pytest.mark.parametrize("shape", [b"[%b, %b]", b' { "more": [1] , "events" : [ %b,\n%b ] } '])
@pytest.mark.parametrize(("event", "reason"), ODD, ids=range(len(ODD)))
def test_what_only_looks_like_json_is_rejected_alone(event: bytes, reason: str, shape: bytes) -> None:
    _, checked = parsed(shape % (event, GOOD))
    assert reason in (checked.reasons[0] or "")
    assert checked.reasons[1] is None
    assert checked.rejects[0].raw == event.decode()


@pytest.mark.parametrize(("event", "reason"), ODD, ids=range(len(ODD)))
def test_a_lone_event_that_only_looks_like_json_is_an_outcome(event: bytes, reason: str) -> None:
    (outcome,) = parse_events(event, NOW).reasons
    assert reason in (outcome or "")


def test_an_event_may_nest_and_hold_what_looks_like_keys() -> None:
    event = b'{"event": "view", "item_id": "\\"a\\": ", "properties": {"event": {"event": "\\"event\\": 1"}}}'
    frame, checked = parsed(event)
    (reason,) = checked.reasons
    assert reason is None
    assert frame["item_id"].to_list() == ['"a": ']


def test_ids_pass_byte_for_byte() -> None:
    lookalikes = ["u", "u ", "U", "ü", "u\u0308", "\u00a0u"]
    frame, _ = parsed(body(*[EVENT | {"user_id": id_} for id_ in lookalikes]))
    assert frame["user_id"].to_list() == lookalikes


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"x",
        b"3",
        b"null",
        b'"text"',
        b'{"events": 3}',
        b'[{"price": 1},]',
        b'[{"price": 1} {"price": 2}]',
        b'[{"price": NaN}] x',
        b'{"events": {"price": NaN}}',
        b'{"event": "\xff"}',
        b"[" * 100_000,
        b'{"a": ' + b"[" * 100_000,
        '{"event": "view"}'.encode("utf-16"),
    ],
    ids=range(14),
)
def test_a_body_that_is_no_json_events_is_refused(bad: bytes) -> None:
    with pytest.raises(InputError, match="the body is not JSON events"):
        parse_events(bad, NOW)


def test_no_event_is_no_mistake() -> None:
    frame, checked = parsed(b"[]")
    assert (len(checked.reasons), frame.height, checked.reasons) == (0, 0, [])


def test_too_many_events_are_refused() -> None:
    assert len(parse_events(body(*[EVENT] * MAX_EVENTS), NOW).reasons) == MAX_EVENTS
    with pytest.raises(InputError, match=r"has 1,001 events; send at most 1,000"):
        parse_events(body(*[EVENT] * (MAX_EVENTS + 1)), NOW)


def test_too_large_a_body_is_refused() -> None:
    with pytest.raises(InputError, match="send at most 2,097,152 at a time"):
        parse_events(b" " * (MAX_BODY + 1), NOW)


@given(st.binary(max_size=100))
def test_no_body_is_too_strange(data: bytes) -> None:
    with suppress(InputError):
        parse_events(data, NOW)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


@given(
    st.lists(
        st.dictionaries(st.sampled_from([*EVENTS, "product_id", "x"]), ANYTHING, max_size=6) | ANYTHING, max_size=3
    )
)
def test_every_event_has_one_outcome(events: list[object]) -> None:
    data = msgspec.json.encode(events)
    frame, checked = parsed(data)
    assert len(checked.reasons) == len(events) == len(checked.reasons)
    assert frame.height == checked.reasons.count(None)
    assert [reject.reason for reject in checked.rejects] == [reason for reason in checked.reasons if reason is not None]


def test_many_events_have_the_outcomes_that_a_few_have() -> None:
    some = [EVENT, EVENT | {"quantity": 0}, 3, EVENT | {"price": "£1,234.50"}]
    few = parse_events(body(*some), NOW)
    many = parse_events(body(*some * FEW), NOW)
    assert many.reasons == few.reasons * FEW
    assert [event[1:] for event in many.accepted] == [event[1:] for event in few.accepted] * FEW
    assert many.rejects == few.rejects * FEW


def test_an_event_of_a_clock_that_is_ahead_happens_now() -> None:
    frame, _ = parsed(body(EVENT | {"timestamp": NOW + 22 * HOUR}, EVENT | {"timestamp": NOW - HOUR}))
    assert frame["timestamp"].to_list() == [NOW, NOW - HOUR]


def test_a_rating_off_the_shops_scale_is_rejected() -> None:
    ratings = [{**EVENT, "event": "rate", "rating": rating} for rating in (0, 1, 5, 6)]
    checked = parse_events(body(*ratings), stars=(1, 5))
    assert [reason is None for reason in checked.reasons] == [False, True, True, False]
    assert len(checked.accepted) == len(checked.rejects) == 2
    assert "rating 6 is not between 1 and 5, the shop's scale" in str(checked.reasons[3])
