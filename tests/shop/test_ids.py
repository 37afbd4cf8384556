"""Ids and vocabularies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.shop import ids
from aisle.shop.errors import IdError, InputError
from aisle.shop.ids import UNKNOWN, Vocabulary, among, check_id


@pytest.mark.parametrize("good", ["a", "a b/c?d", "é" * 128, "x" * 256, "商品"])
def test_an_id_of_1_to_256_bytes_is_kept_as_it_is(good: str) -> None:
    assert check_id(good, "item_id") == good


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ("", "0 bytes"),
        ("x" * 257, "257 bytes"),
        ("é" * 129, "258 bytes"),
        ("a\x00", "control character"),
        ("a\nb", "control character"),
        ("a\x85", "control character"),
        ("\ud800", "not valid Unicode"),
    ],
)
def test_an_id_that_a_database_could_change_is_refused_by_name(bad: str, says: str) -> None:
    with pytest.raises(IdError, match=f"item_id .*{says}"):
        check_id(bad, "item_id")


def test_an_id_has_the_number_of_its_place() -> None:
    vocabulary = Vocabulary(["b", "a"])
    assert [vocabulary.number(id_) for id_ in ("b", "a", "c")] == [0, 1, UNKNOWN]
    assert vocabulary.numbers(["a", None, "c", "b"]).tolist() == [1, UNKNOWN, UNKNOWN, 0]
    assert vocabulary.numbers([]).dtype == np.int32
    assert "a" in vocabulary
    assert "c" not in vocabulary
    assert len(vocabulary) == 2


@given(st.lists(st.integers(-2, 9)), st.lists(st.integers(-2, 9)))
def test_numbers_are_found_among_others_as_by_numpy(numbers: list[int], others: list[int]) -> None:
    arrays = np.array(numbers, np.int32), np.array(others, np.int32)
    np.testing.assert_array_equal(among(*arrays), np.isin(*arrays))


def test_the_same_id_twice_is_refused() -> None:
    with pytest.raises(InputError, match="twice"):
        Vocabulary(["a", "a"])


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), unique=True))
def test_a_vocabulary_survives_its_arrays(ids: list[str]) -> None:
    assert Vocabulary.from_arrays(Vocabulary(ids).to_arrays()).ids == tuple(ids)


def test_more_ids_than_int32_reaches_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "MOST", 2)
    with pytest.raises(InputError, match="3 ids are more than int32 can number"):
        Vocabulary(["a", "b", "c"])
