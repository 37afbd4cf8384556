import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from aisle.prepare.ngrams import count_words
from aisle.recommenders.content.tfidf import TfIdf

TEXTS = ["soft wool", "soft soft silk", "itchy wool", "blue"]


def many_texts() -> list[str]:
    """Return texts whose words are as unequally frequent as those of people."""
    draw = np.random.default_rng(0)
    return [" ".join(f"w{word}" for word in draw.zipf(1.3, draw.integers(40)) % 500) for _ in range(300)]


@pytest.mark.parametrize("most", [None, 60])
def test_it_weighs_as_scikit_learn_does_to_the_last_bit(most: int | None) -> None:
    texts = [*TEXTS, *many_texts()]
    counted = count_words(texts)
    ours = TfIdf.learn(counted, most=most)
    peer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=most, dtype=np.float32)
    weights = peer.fit_transform(texts)
    assert set(ours.terms.ids) == set(peer.vocabulary_)
    column = [peer.vocabulary_[term] for term in ours.terms.ids]
    np.testing.assert_array_equal(ours.idf, peer.idf_[column])
    np.testing.assert_array_equal(ours.vectors(counted).toarray(), weights.toarray()[:, column])


def test_the_most_frequent_terms_are_kept_in_their_order() -> None:
    assert TfIdf.learn(count_words(["wool soft", "soft", "soft wool"]), most=2).terms.ids == ("wool", "soft")


def test_what_too_few_texts_have_is_not_learnt() -> None:
    assert TfIdf.learn(count_words(TEXTS), min_texts=2).terms.ids == ("soft", "wool")
    assert len(TfIdf.learn(count_words(TEXTS), min_texts=5).terms) == 0


def test_unknown_words_count_for_nothing() -> None:
    learnt = TfIdf.learn(count_words(TEXTS), min_texts=1)
    vectors = learnt.vectors(count_words(["wool never heard", "never heard"])).toarray()
    assert vectors[0, learnt.terms.number("wool")] == 1
    assert vectors.sum() == 1


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_same_among_others(text: str) -> None:
    learnt = TfIdf.learn(count_words(TEXTS), min_texts=1)
    alone, among = learnt.vectors(count_words([text])), learnt.vectors(count_words([*reversed(TEXTS), text]))
    np.testing.assert_array_equal(alone.toarray()[0], among.toarray()[-1])
