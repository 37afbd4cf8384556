import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from aisle.engine.shelf.attributes import ItemAttributes
from aisle.engine.shelf.diversity import ItemSimilarity, diversified
from aisle.shop.facts import ItemFacts
from tests.engine.products import known, product

KNOBS = (0.0, 0.25, 0.5, 0.75, 1.0)


def similarity(*products: ItemFacts, vectors: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """Return the similarity of the first product to each of the others."""
    return ItemSimilarity.of(known(*products), vectors).to(0)[1:]


def random_candidates(seed: int, count: int = 60) -> tuple[ItemAttributes, NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    products = [
        product(category=str(rng.choice(["A > B", "A > C", "D > E", "D"])), brand=str(rng.choice(["x", "y", "z"])))
        for _ in range(count)
    ]
    return known(*products), rng.normal(size=(count, 8)).astype(np.float32)


def intra_list_diversity(
    attributes: ItemAttributes, vectors: NDArray[np.float32] | None, shown: NDArray[np.intp]
) -> float:
    """Return 1 - the mean similarity of two different items on the list."""
    similarities = ItemSimilarity.of(attributes, vectors)
    pairs = np.array([similarities.to(int(item))[shown] for item in shown])
    return float(1 - pairs[~np.eye(len(shown), dtype=bool)].mean())


def test_categories_are_similar_by_the_steps_they_share() -> None:
    values = similarity(*(product(category=path) for path in ("A > B", "A > B", "A > C", "A > B > D", "A", "E > B")))
    np.testing.assert_allclose(values, [1, 1 / 2, 2 / 3, 1 / 2, 0], atol=1e-6)


def test_category_and_brand_count_half_each() -> None:
    products = [product(category=path, brand=brand) for path, brand in (("A", "x"), ("A", "y"), ("B", "x"), ("A", "x"))]
    np.testing.assert_allclose(similarity(*products), [0.5, 0.5, 1], atol=1e-6)


def test_contents_count_by_their_cosine_and_not_below_0() -> None:
    vectors = np.array([[2, 0], [1, 0], [1, 1], [-1, 0], [0, 0]], np.float32)
    values = similarity(*[product()] * 5, vectors=vectors)
    np.testing.assert_allclose(values, [1, np.sqrt(0.5), 0, 0], atol=1e-6)
    with_brands = similarity(*[product(brand="x")] * 5, vectors=vectors)
    np.testing.assert_allclose(with_brands, (1 + values) / 2, atol=1e-6)


def test_what_is_unknown_has_no_similarity() -> None:
    assert similarity(product(), product(), product(category="A", brand="x")).tolist() == [0, 0]
    assert similarity(product(brand="x"), product(), product(category="A")).tolist() == [0, 0]


def test_variants_have_the_similarity_1() -> None:
    variants = product(item_group_id="g", brand="x"), product(item_group_id="g", brand="y")
    assert similarity(*variants).tolist() == [1]


@given(st.integers(0, 1000), st.booleans())
def test_similarity_is_symmetric_and_between_0_and_1(seed: int, with_vectors: bool) -> None:
    attributes, vectors = random_candidates(seed, 12)
    similarities = ItemSimilarity.of(attributes, vectors if with_vectors else None)
    table = np.array([similarities.to(item) for item in range(12)])
    np.testing.assert_allclose(table, table.T, atol=1e-6)
    assert table.min() >= 0
    assert table.max() <= 1 + 1e-6


@given(st.integers(0, 1000), st.integers(1, 80))
def test_without_diversity_the_order_is_exactly_the_rankers(seed: int, n: int) -> None:
    attributes, vectors = random_candidates(seed)
    assert diversified(attributes, n, 0.0, vectors).tolist() == list(range(60))


@given(st.integers(0, 1000), st.integers(1, 80), st.sampled_from(KNOBS), st.integers(0, 10))
def test_every_candidate_has_one_place_and_fixed_ones_keep_theirs(
    seed: int, n: int, diversity: float, fixed: int
) -> None:
    attributes, vectors = random_candidates(seed)
    order = diversified(attributes, n, diversity, vectors, fixed).tolist()
    assert sorted(order) == list(range(60))
    assert order[:fixed] == list(range(fixed))


def test_the_rest_follows_in_its_old_order() -> None:
    attributes, vectors = random_candidates(1)
    rest = diversified(attributes, 10, 0.8, vectors)[10:]
    assert (np.diff(rest) > 0).all()


@pytest.mark.parametrize("content", [True, False])
def test_more_diversity_makes_lists_more_diverse(content: bool) -> None:
    totals = np.zeros(len(KNOBS))
    for seed in range(40):
        attributes, vectors = random_candidates(seed)
        given = vectors if content else None
        totals += [
            intra_list_diversity(attributes, given, diversified(attributes, 10, knob, given)[:10]) for knob in KNOBS
        ]
    assert (np.diff(totals) >= 0).all()
    assert totals[-1] > totals[0]


def test_the_order_follows_the_formula() -> None:
    attributes, vectors = random_candidates(3, 15)
    similarities = np.array([ItemSimilarity.of(attributes, vectors).to(item) for item in range(15)], np.float64)
    chosen: list[int] = []
    while len(chosen) < 6:
        value = {
            item: 0.6 / np.log2(item + 2) - 0.4 * max((similarities[item, other] for other in chosen), default=0.0)
            for item in range(15)
            if item not in chosen
        }
        chosen.append(max(value, key=lambda item: value[item]))
    assert diversified(attributes, 6, 0.4, vectors)[:6].tolist() == chosen


def test_the_second_item_is_the_best_of_another_category() -> None:
    attributes = known(*(product(category=path) for path in ("A", "A", "A", "B")))
    assert diversified(attributes, 4, 0.5).tolist() == [0, 3, 1, 2]


def test_others_differ_from_the_fixed_candidates() -> None:
    attributes = known(*(product(category=path) for path in ("A", "B", "B", "A", "C")))
    assert diversified(attributes, 3, 0.9, fixed=2).tolist()[:3] == [0, 1, 4]


def test_without_candidates_the_order_is_empty() -> None:
    assert diversified(known(), 5, 0.5).tolist() == []


def test_without_attributes_the_order_stays() -> None:
    assert diversified(known(*[product()] * 5), 5, 0.7).tolist() == [0, 1, 2, 3, 4]
