import numpy as np
import pytest

from aisle.prepare.ngrams import count_letters, count_words, plain, words


def counted_words(*texts: str) -> list[dict[str, float]]:
    return dictionaries(*count_words(texts))


def dictionaries(terms: list[str], counts: object) -> list[dict[str, float]]:
    dense = counts.toarray()  # type: ignore[attr-defined]
    return [{terms[at]: float(row[at]) for at in np.flatnonzero(row)} for row in dense]


def test_words_and_their_neighbours_are_counted() -> None:
    assert counted_words("Soft, soft wool", "wool") == [
        {"soft": 2, ",": 1, "wool": 1, "soft ,": 1, ", soft": 1, "soft wool": 1},
        {"wool": 1},
    ]


def test_no_pair_goes_across_texts() -> None:
    assert counted_words("a", "b") == [{"a": 1}, {"b": 1}]


def test_letters_are_counted_within_spaces() -> None:
    terms, counts = count_letters(["ab a", ""])
    assert dictionaries(terms, counts) == [
        {" a": 2, "ab": 1, "b ": 1, " ab": 1, "ab ": 1, " ab ": 1, "a ": 1, " a ": 1},
        {},
    ]


@pytest.mark.parametrize(
    ("text", "same"),
    [("NÃO É", "nao e"), ("Straße", "strasse"), ("한국어", "한국어"), ("ﬁne", "fine"), ("好看", "好看")],
)
def test_capitals_accents_and_ways_of_writing_make_no_difference(text: str, same: str) -> None:
    assert plain(text) == same


def test_every_sign_is_a_word() -> None:
    assert words("great!! 😀😀 5_a") == ["great", "!", "!", "😀", "😀", "5_a"]


@pytest.mark.parametrize("texts", [[], [""], ["", " \n\t "]])
def test_nothing_said_nothing_counted(texts: list[str]) -> None:
    for count in (count_words, count_letters):
        terms, counts = count(texts)
        assert terms == []
        assert counts.shape == (len(texts), 0)


def test_a_broken_letter_is_a_letter() -> None:
    assert count_letters(["\ud800"]).terms == [" \ud800", "\ud800 ", " \ud800 "]
