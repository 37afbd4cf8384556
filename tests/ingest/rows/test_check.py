"""One event against one frame of it: the two readers of the rules agree on every text."""

from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.ingest.batch import ROW
from aisle.ingest.dates import DateRule
from aisle.ingest.rows.check import check_event
from aisle.ingest.validate import validate
from aisle.ingest.written import ISO_OR_EPOCH
from aisle.shop import columns as c
from aisle.shop.events import ALIASES
from tests.ingest.files import NOW

GOOD = {"event_id": "e", "event": "view_item", "user_id": "u", "item_id": "i", "timestamp": "2026-01-01"}


def by_column(cells: Mapping[str, str | None]) -> tuple[tuple[object, ...] | None, str | None]:
    """Check an event as files are checked."""
    frame = pl.DataFrame({ROW: [0]} | {name: [text] for name, text in cells.items()})
    frame = frame.with_columns(pl.col(name).cast(pl.String) for name in cells)
    checked = validate("events", frame, {c.TIMESTAMP: DateRule(ISO_OR_EPOCH)}, NOW)
    reasons = checked.reasons["reason"].to_list()
    return (None, reasons[0]) if reasons else (checked.accepted.row(0), None)


def assert_alike(cells: Mapping[str, str | None]) -> None:
    assert check_event(cells, NOW) == by_column(cells)


BLANKS = st.text("\t\n\x0b\x0c\r \x1c\x1f\x85\xa0\u2003\u3000\u200b", max_size=2)
DIGITS = st.text("0123456789٣", min_size=1, max_size=20)
SIGN = st.sampled_from(["", "+", "-", "--"])
NUMBERS = st.builds(
    "".join,
    st.tuples(BLANKS, SIGN, DIGITS, st.sampled_from(["", ".", ".0", ".5", "e3", "E-2", "e400", ",5", "_1"]), BLANKS),
)
MONEY = st.builds(
    "".join, st.tuples(st.sampled_from(["", "£", "EUR ", "-", "R$"]), NUMBERS, st.sampled_from(["", " €"]))
)
ISO = st.builds(
    "".join,
    st.tuples(
        BLANKS,
        st.sampled_from(
            ["2026-01-01", "1999-12-31", "2024-02-29", "2025-02-29", "0000-01-01", "9999-12-31", "0999-01-01"]
        ),
        st.sampled_from(
            ["", "T12:30", "t23:59:59", " 24:00", "T12:60", "T23:59:60", "T10:00:00.1234567", "T10:00:00,5"]
        ),
        BLANKS,
        st.sampled_from(["", "Z", "z", "UTC", "GMT", "+01:00", "-0130", "+99:99", "+5", "+05"]),
        BLANKS,
    ),
)
KINDS = st.builds(
    lambda name, blanks, upper: blanks + (name.upper() if upper else name.replace("_", ".")) + blanks,
    st.sampled_from(sorted(ALIASES)),
    BLANKS,
    st.booleans(),
)
CURRENCIES = st.builds("".join, st.tuples(BLANKS, st.sampled_from(["EUR", "eur", "Gbp", "ABC", "ß", "ıNR"]), BLANKS))
WORDS = st.text(min_size=1, max_size=8) | st.text("ä\x00\x07\x9f", min_size=120, max_size=260)
OBJECTS = st.sampled_from(["{}", '{"a": 1}', "[1]", "x", '{"a": 1e400}', "{" * 70, '{"a": NaN}', " {} ", "x" * 33_000])
ANY = st.none() | WORDS | NUMBERS | MONEY | ISO | KINDS | OBJECTS
FITTING = {
    c.EVENT: KINDS,
    c.QUANTITY: NUMBERS,
    c.PRICE: MONEY,
    c.RATING: NUMBERS,
    c.TIMESTAMP: ISO | NUMBERS,
    c.POSITION: NUMBERS,
    c.PROPERTIES: OBJECTS,
    c.CURRENCY: CURRENCIES,
}


@given(st.fixed_dictionaries({}, optional={name: ANY | FITTING.get(name, WORDS) for name in c.EVENTS}))
def test_any_event_has_the_same_outcome_by_row_and_by_column(cells: Mapping[str, str | None]) -> None:
    assert_alike(cells)


@given(st.sampled_from(list(c.EVENTS)).flatmap(lambda name: st.tuples(st.just(name), FITTING.get(name, WORDS))))
def test_one_odd_cell_has_the_same_outcome_by_row_and_by_column(cell: tuple[str, str]) -> None:
    name, text = cell
    assert_alike(GOOD | {name: text})


@pytest.mark.parametrize("kind", sorted(ALIASES))
def test_every_name_of_a_kind_is_read_alike(kind: str) -> None:
    assert_alike(GOOD | {"event": kind})
    assert_alike({name: text for name, text in GOOD.items() if name != "item_id"} | {"event": kind})


@pytest.mark.parametrize(
    "moment",
    [
        "2026-01-01T23:59:60",
        "2026-01-01 24:00",
        "0999-01-01",
        "2025-02-29",
        "2025-12-31T12:00:00.1234567 +99:99",
        "9" * 19,
        "1767225600.123456789123",
        "2026-01-01T00:00:00-0130",
    ],
)
def test_every_moment_is_read_alike(moment: str) -> None:
    assert_alike(GOOD | {"timestamp": moment})
