import numpy as np
import pytest
from scipy.sparse import csr_array

from aisle.recommenders.content import lsa
from aisle.recommenders.content.lsa import LSA, words_of


def test_words_of_any_language_without_regard_to_capitals() -> None:
    assert words_of("Größe 38, weiß; ÉTÉ — синий") == ["grösse", "38", "weiss", "été", "синий"]


def test_inner_products_are_those_of_tfidf_weights() -> None:
    vectors = LSA(8, seed=0).encode(["red cup", "red saw", "cup cup cup"])
    in_two, in_one = 1 + np.log(4 / 3), 1 + np.log(4 / 2)
    weights = np.array([[in_two, in_two, 0], [in_two, 0, in_one], [0, 1, 0]])
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors @ vectors.T, weights @ weights.T, atol=1e-3)


def test_few_factors_keep_what_texts_have_in_common() -> None:
    vectors = LSA(1, seed=0).encode(["a b c", "a b", "a b d", "z"])
    assert vectors.shape == (4, 1)
    assert np.abs(vectors[:3]).min() > 0.5
    assert abs(vectors[3, 0]) < 0.01


def test_terms_may_be_whole_lines() -> None:
    vectors = LSA(4, 0, str.splitlines).encode(["red cup\nnew", "red saw", "red cup"])
    assert abs(vectors[1] @ vectors[2]) < 1e-3
    assert vectors[0] @ vectors[2] > 0.5


def test_texts_without_terms_have_no_length() -> None:
    assert LSA(3, seed=0).encode(["", "…"]).shape == (2, 0)
    vectors = LSA(3, seed=0).encode(["cup", ""])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [1, 0], atol=1e-5)


def test_columns_come_in_alphabetical_order_whatever_the_order_of_the_texts() -> None:
    weights = lsa._alphabetical(csr_array(np.array([[1.0, 2.0, 3.0], [0.0, 4.0, 0.0]])), ["saw", "cup", "red"])
    dense = csr_array((weights.values, weights.indices, weights.indptr), shape=(2, 3)).toarray()
    np.testing.assert_array_equal(dense, [[2, 3, 1], [4, 0, 0]])


def test_only_the_most_frequent_terms_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lsa, "MOST_TERMS", 1)
    vectors = LSA(4, seed=0).encode(["cup", "cup saw", "saw saw saw"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), [0, 1, 1], atol=1e-5)


def test_of_many_texts_a_sample_gives_the_directions(monkeypatch: pytest.MonkeyPatch) -> None:
    topics = ("tea cup mug", "saw nail drill") * 100
    texts = [f"{topic} {number % 7}" for number, topic in enumerate(topics)]
    of_all = LSA(2, seed=0).encode(texts)
    monkeypatch.setattr(lsa, "MOST_TEXTS", 100)
    of_half = LSA(2, seed=0).encode(texts)
    assert not np.array_equal(of_half, of_all)
    np.testing.assert_allclose(of_half @ of_half.T, of_all @ of_all.T, atol=0.15)
