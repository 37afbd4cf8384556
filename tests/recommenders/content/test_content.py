import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.recommenders.content import content
from aisle.recommenders.content.content import Content, ContentConfig
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.similar import at_length_one, directions, similar
from aisle.shop.columns import BRAND, CATEGORY, DESCRIPTION, ITEM_ID, PRICE, TAGS, TITLE
from aisle.shop.errors import InputError, NotEnoughData, SettingsError
from tests.recommenders.battery import VectorBattery, ask, ask_rows, listed, random_shop, shop

SMALL = ContentConfig(factors=8, content_factors=8)


class TestContent(VectorBattery):
    def make(self) -> Content:
        return Content(SMALL)


class TestContentAlone(VectorBattery):
    def make(self) -> Content:
        return Content(ContentConfig(factors=2, content_factors=40, content_share=1))


class TestContentOfMany(TestContent):
    """The same of a larger catalogue."""

    @pytest.fixture(autouse=True)
    def larger(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(content, "WHOLE_ITEMS", 0)


def test_small_and_large_catalogues_are_scored_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    data, queries = two_tastes(), ask({1: 1.0}, {3: 1.0, 5: -2.0, 9: 0.5})
    whole = Content(SMALL).fit(data, seed=0)
    monkeypatch.setattr(content, "WHOLE_ITEMS", 0)
    apart = Content(SMALL).fit(data, seed=0)
    assert set(whole.arrays()) == {"item_vectors", "likeness"}
    assert set(apart.arrays()) == {"item_vectors"}
    np.testing.assert_allclose(whole.score(queries), apart.score(queries), rtol=1e-4, atol=1e-6)
    np.testing.assert_array_equal(whole.retrieve(queries, 3).items, apart.retrieve(queries, 3).items)


class Given:
    """An encoder that knows the vectors already."""

    def __init__(self, vectors: list[list[float]]) -> None:
        self.vectors = np.array(vectors, np.float64)
        self.texts: list[str] = []

    def encode(self, sentences: list[str], /) -> NDArray[Any]:
        self.texts = sentences
        return self.vectors


def described(weights: NDArray[Any], columns: dict[str, list[Any]]) -> Interactions:
    """Make a shop whose catalogue has the given columns."""
    data = shop(weights)
    return replace(data, catalogue=aligned(pl.DataFrame({ITEM_ID: data.items.ids, **columns}), data.items))


def two_tastes() -> Interactions:
    """Make a shop where half of the shoppers want teas and half tools, of each of which nobody has touched the last."""
    weights = np.kron(np.eye(2), np.ones((10, 5)))
    weights[:, [4, 9]] = 0
    weights *= np.random.default_rng(0).random(weights.shape) < 0.8
    titles = [f"{kind} {number}" for kind in ("Tea", "Saw") for number in range(5)]
    return described(weights, {TITLE: titles, PRICE: [1_000_000, 2_000_000] * 5})


def test_places_are_ridge_regressions_mixed_with_own_vectors() -> None:
    weights = np.hstack((random_shop(40, 5).matrix.toarray(), np.zeros((40, 1))))
    data = described(weights, {TITLE: list("abcdef")})
    x = np.random.default_rng(1).standard_normal((6, 3))
    model = Content(
        ContentConfig(factors=4, regularization=0.5, prior_shoppers=3, content_share=0.2), Given(x.tolist())
    ).fit(data, seed=1)

    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y = ALS(ALSConfig(factors=4)).fit(data, seed=1).item_vectors_.astype(np.float64)
    y /= np.sqrt((y[:5] ** 2).sum(axis=1).mean())
    mapped = x @ np.linalg.solve(x[:5].T @ x[:5] + 0.5 * np.eye(3), x[:5].T @ y[:5])
    shoppers = (weights > 0).sum(axis=0)[:, None]
    place = (shoppers * y + 3 * mapped) / (shoppers + 3)
    np.testing.assert_allclose(model.item_vectors_[:, :4], np.sqrt(0.8) * place, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(model.item_vectors_[:, 4:7], np.sqrt(0.2) * x, rtol=1e-5, atol=1e-6)


def test_an_item_nobody_has_touched_is_shown_to_those_who_like_its_like() -> None:
    model = Content(SMALL).fit(two_tastes(), seed=0)
    cold = np.array([4, 9], np.int32)
    teas, saws = model.score(ask({0: 1.0, 1: 1.0}, {5: 1.0, 6: 1.0}), cold)
    assert teas[0] > teas[1]
    assert saws[1] > saws[0]
    assert set(listed(model.retrieve(ask({0: 1.0}), 5))) == {0, 1, 2, 3, 4}


def test_a_history_of_an_item_nobody_else_has_touched_finds_its_like() -> None:
    model = Content(SMALL).fit(two_tastes(), seed=0)
    assert set(listed(model.retrieve(ask({9: 1.0}), 5))) == {5, 6, 7, 8, 9}


def test_without_regard_to_content_an_untouched_item_still_has_a_place() -> None:
    model = Content(ContentConfig(factors=8, content_share=0)).fit(two_tastes(), seed=0)
    assert set(
        similar(directions(at_length_one(model.item_vectors_)), np.array([4], np.int32), 4).items[0].tolist()
    ) == {0, 1, 2, 3}


def test_what_was_sent_back_pushes_its_like_away() -> None:
    model = Content(SMALL).fit(two_tastes(), seed=0)
    kept, sent_back = model.score(ask({0: 1.0, 5: 1.0}, {0: 1.0, 5: -1.0}), np.array([9], np.int32))[:, 0]
    assert sent_back < 0 < kept


def test_the_encoder_of_the_settings_reads_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of sentences has a vector for an empty text, too, which must not make items without words alike."""
    (tmp_path / "model2vec.py").write_text(
        "import numpy as np\n"
        "class StaticModel:\n"
        "    @classmethod\n"
        "    def from_pretrained(cls, model):\n"
        "        assert model == 'a model'\n"
        "        return cls()\n"
        "    def encode(self, sentences):\n"
        "        return np.array([[1.0, sentence.startswith('Tea')] for sentence in sentences])\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "model2vec", raising=False)
    config = ContentConfig(factors=2, content_share=1, encoder="model2vec:a model")
    data = described(np.ones((3, 3)), {TITLE: ["Tea 1", "Saw 1", None], BRAND: ["Leaf", "Leaf", "Hammer"]})
    model = Content(config).fit(data, seed=0)
    likeness = model.item_vectors_ @ model.item_vectors_.T
    assert likeness[0, 1] > likeness[0, 2] == pytest.approx(0, abs=1e-6)
    np.testing.assert_array_equal(Content.from_arrays(config, model.arrays()).item_vectors_, model.item_vectors_)


def test_an_encoder_whose_package_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aisle.recommenders.content.encoder.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match='encoder = "model2vec:potion" needs model2vec: pip install model2vec'):
        Content(ContentConfig(encoder="model2vec:potion")).fit(two_tastes(), seed=0)


def test_labels_and_prices_are_enough() -> None:
    weights = two_tastes().matrix.toarray()
    catalogues: tuple[dict[str, list[Any]], ...] = (
        {CATEGORY: ["Tea > Green"] * 5 + ["Tools > Saws"] * 5},
        {BRAND: ["Leaf"] * 5 + ["Hammer"] * 5},
        {TAGS: ["hot|wet"] * 5 + ["sharp"] * 5},
        {DESCRIPTION: ["Drink it."] * 5 + ["Cut with it."] * 5},
    )
    for columns in catalogues:
        model = Content(SMALL).fit(described(weights, columns | {PRICE: [2_000_000] * 10}), seed=0)
        assert set(listed(model.retrieve(ask({0: 1.0}), 5))) == {0, 1, 2, 3, 4}


def test_contributions_add_up_to_the_score() -> None:
    model = Content(SMALL).fit(random_shop(), seed=0)
    queries = ask({1: 1.0}, {3: 2.0, 7: -0.5, 9: 1.0})
    parts = model.explain(queries, 1, 12)
    assert parts.shape == (3,)
    np.testing.assert_allclose(parts.sum(), model.score(queries)[1, 12], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("history", [{}, {3: -1.0}, {3: 0.0}])
def test_who_likes_nothing_has_no_scores(history: dict[int, float]) -> None:
    model = Content(SMALL).fit(random_shop(), seed=0)
    assert np.isnan(model.score(ask(history))).all()


def test_another_encoder_reads_titles_and_descriptions() -> None:
    encoder = Given(np.eye(2).tolist())
    data = described(np.ones((3, 2)), {TITLE: ["Cup", None], DESCRIPTION: ["Holds tea.", None]})
    Content(SMALL, encoder).fit(data, seed=0)
    assert encoder.texts == ["Cup\nHolds tea.", ""]


@pytest.mark.parametrize("vectors", [[[1.0]], [[np.nan], [1.0]], [1.0, 2.0]])
def test_an_encoder_that_gives_something_else(vectors: Any) -> None:
    data = described(np.ones((3, 2)), {TITLE: ["Cup", "Mug"]})
    with pytest.raises(InputError, match=r"the encoder gave .* for 2 texts"):
        Content(SMALL, Given(vectors)).fit(data, seed=0)


def test_no_catalogue() -> None:
    with pytest.raises(NotEnoughData, match="there is none; import one with aisle import FILE --as items"):
        Content(SMALL).fit(replace(random_shop(), catalogue=None), seed=0)


def test_a_catalogue_that_says_nothing() -> None:
    with pytest.raises(NotEnoughData, match="no item has a title, description, category"):
        Content(SMALL).fit(described(np.ones((3, 2)), {PRICE: [1, 2]}), seed=0)


def test_nobody_likes_anything() -> None:
    with pytest.raises(NotEnoughData, match="nobody likes anything"):
        Content(SMALL).fit(shop(np.zeros((2, 3))), seed=0)


def test_equal_catalogues_give_equal_answers_for_any_user_of_the_data() -> None:
    data = two_tastes()
    one, other = (Content(SMALL).fit(data, seed=3).score(ask_rows(data)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("factors", 0),
        ("content_factors", 0),
        ("regularization", 0),
        ("prior_shoppers", 0),
        ("content_share", 1.1),
        ("encoder", "my.module:Class"),
    ],
)
def test_settings_out_of_range(name: str, value: Any) -> None:
    with pytest.raises(SettingsError, match=name):
        ContentConfig(**{name: value})
