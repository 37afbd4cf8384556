"""Kinds of events."""

import pytest

from aisle.shop.events import ALIASES, KIND_CODES, KINDS, EventKind, normal_name


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Product Viewed", EventKind.VIEW_ITEM),
        ("Order Completed", EventKind.PURCHASE),
        ("detail-page-view", EventKind.VIEW_ITEM),
        ("addtocart", EventKind.ADD_TO_CART),
        (" BUY ", EventKind.PURCHASE),
        ("purchase", EventKind.PURCHASE),
    ],
)
def test_other_systems_names_are_understood(theirs: str, ours: EventKind) -> None:
    assert ALIASES[normal_name(theirs)] is ours


def test_every_alias_is_spelt_as_normal_name_gives_it() -> None:
    assert all(normal_name(alias) == alias for alias in ALIASES)


def test_codes_number_the_kinds() -> None:
    assert [KIND_CODES[kind] for kind in KINDS] == list(range(len(EventKind)))
