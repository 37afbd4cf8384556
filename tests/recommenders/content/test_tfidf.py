import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from aisle.prepare.ngrams import count_words
from aisle.recommenders.content.tfidf import TfIdf

TEXTS = ["soft wool", "soft soft silk", "itchy wool", "blue"]


def test_it_weighs_as_scikit_learn_does() -> None:
    counted = count_words(TEXTS)
    ours = TfIdf.learn(counted, least=1)
    peer = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, vocabulary=ours.terms.ids)
    np.testing.assert_allclose(ours.vectors(counted).toarray(), peer.fit_transform(TEXTS).toarray(), rtol=1e-6)


def test_what_too_few_texts_have_is_not_learnt() -> None:
    assert TfIdf.learn(count_words(TEXTS), least=2).terms.ids == ("soft", "wool")
    assert len(TfIdf.learn(count_words(TEXTS), least=5).terms) == 0


def test_unknown_words_count_for_nothing() -> None:
    learnt = TfIdf.learn(count_words(TEXTS), least=1)
    vectors = learnt.vectors(count_words(["wool never heard", "never heard"])).toarray()
    assert vectors[0, learnt.terms.number("wool")] == 1
    assert vectors.sum() == 1


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_is_the_same_among_others(text: str) -> None:
    learnt = TfIdf.learn(count_words(TEXTS), least=1)
    alone, among = learnt.vectors(count_words([text])), learnt.vectors(count_words([*reversed(TEXTS), text]))
    np.testing.assert_array_equal(alone.toarray()[0], among.toarray()[-1])


def test_it_survives_its_arrays() -> None:
    counted = count_words(TEXTS)
    learnt = TfIdf.learn(counted, least=1)
    again = TfIdf.from_arrays(learnt.arrays())
    assert again.terms.ids == learnt.terms.ids
    np.testing.assert_array_equal(again.vectors(counted).toarray(), learnt.vectors(counted).toarray())
