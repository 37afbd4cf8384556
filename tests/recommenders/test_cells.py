import numpy as np
import pytest

from aisle import kernels
from aisle.kernels import cells_numpy
from aisle.recommenders import cells
from aisle.recommenders.cells import index, of_directions, top_in_cells
from aisle.recommenders.implicit import graph_filter
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.implicit.graph_filter import Filters, GraphFilter, GraphFilterConfig
from aisle.recommenders.query import ItemLists
from aisle.recommenders.similar import at_length_one, directions, similar
from aisle.recommenders.topn import topn_vectors
from tests.recommenders.battery import ask, random_shop

ITEMS, FACTORS = 600, 8


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small catalogue have an index."""
    monkeypatch.setattr(cells, "EXACT_ITEMS", 10)
    monkeypatch.setattr(cells, "_LONGEST", 5)
    monkeypatch.setattr(cells, "SCANNED", 200)


def clustered() -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Return vectors around twelve directions."""
    draw = np.random.default_rng(0)
    centres = draw.standard_normal((12, FACTORS))
    return (centres[draw.integers(12, size=ITEMS)] + 0.2 * draw.standard_normal((ITEMS, FACTORS))).astype(np.float32)


def test_every_item_is_in_one_cell_or_among_the_longest() -> None:
    found = index(clustered(), seed=0)
    assert found is not None
    assert sorted([*found.items, *found.longest]) == list(range(ITEMS))
    assert found.indptr[-1] == len(found.items)
    lengths = np.linalg.norm(clustered(), axis=1)
    assert lengths[found.longest].min() >= lengths[found.items].max()


def test_equal_vectors_and_seed_give_equal_cells() -> None:
    one, other = index(clustered(), seed=1), index(clustered(), seed=1)
    assert one is not None
    assert other is not None
    for left, right in zip(one, other, strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("loaded", [False, True], ids=["twin", "kernel"])
def test_the_best_items_are_found_in_a_third_of_the_catalogue(monkeypatch: pytest.MonkeyPatch, loaded: bool) -> None:
    monkeypatch.setattr(kernels, "_loaded", loaded)
    vectors = clustered()
    queries, found = vectors[:16], index(vectors, seed=0)
    assert found is not None
    exact, by_cells = topn_vectors(queries, vectors, 10), top_in_cells(queries, vectors, found, 10)
    common = [len(np.intersect1d(*both)) for both in zip(exact.items, by_cells.items, strict=True)]
    assert np.mean(common) > 9.8
    np.testing.assert_allclose(by_cells.scores[:, 0], exact.scores[:, 0], rtol=1e-5)


def test_kernel_and_twin_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors, found = clustered(), index(clustered(), seed=0)
    assert found is not None
    monkeypatch.setattr(kernels, "_loaded", False)
    twin = top_in_cells(vectors[:9], vectors, found, 700)
    monkeypatch.setattr(kernels, "_loaded", True)
    kernel = top_in_cells(vectors[:9], vectors, found, 700)
    np.testing.assert_array_equal(kernel.items, twin.items)
    np.testing.assert_allclose(kernel.scores, twin.scores, rtol=1e-5)


@pytest.mark.parametrize("n", [1, 20, 700])
def test_bearings_save_products_and_change_nothing(n: int) -> None:
    vectors, found = clustered(), index(clustered(), seed=0)
    assert found is not None
    vectors[[7, found.longest[0]]], vectors[8] = np.nan, 0
    draw = np.random.default_rng(1)
    # Queries along a mean leave nothing across but rounding.
    along = found.means * (1 + 1e-4 * draw.standard_normal(found.means.shape))
    queries = np.vstack((vectors[:19], -vectors[3:4], found.means, along)).astype(np.float32)
    plain, quick = (
        top_in_cells(queries, vectors, found, n, known) for known in (None, cells_numpy.bearings(vectors, found))
    )
    np.testing.assert_array_equal(quick.items, plain.items)
    np.testing.assert_array_equal(quick.scores, plain.scores)


def test_bearings_are_along_and_across_the_mean_of_a_cell() -> None:
    vectors, found = clustered(), index(clustered(), seed=0)
    assert found is not None
    along, across, rests, cell_of_longest, lengths = cells_numpy.bearings(vectors, found)
    np.testing.assert_allclose(lengths, np.linalg.norm(found.means, axis=1), rtol=1e-6)
    of_cell = np.repeat(np.arange(len(lengths)), np.diff(found.indptr))
    items, cell = np.append(found.items, found.longest), np.append(of_cell, cell_of_longest)
    products = np.einsum("if,if->i", vectors[items], found.means[cell])
    np.testing.assert_allclose(along * lengths[cell], products, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(np.hypot(along, across), np.linalg.norm(vectors[items], axis=1), rtol=1e-4)
    np.testing.assert_allclose(rests, np.linalg.norm(vectors[items, FACTORS // 48 * 16 :], axis=1), rtol=1e-5)


def test_a_query_without_a_vector_finds_nothing() -> None:
    found = index(clustered(), seed=0)
    assert found is not None
    ranked = top_in_cells(np.full((1, FACTORS), np.nan, np.float32), clustered(), found, 3)
    assert ranked.items.tolist() == [[-1, -1, -1]]


def test_a_small_catalogue_has_no_index(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cells, "EXACT_ITEMS", ITEMS)
    assert index(clustered(), seed=0) is None


def test_an_index_comes_back_from_a_bundle() -> None:
    model = ALS(ALSConfig(factors=4, iterations=1)).fit(random_shop(), seed=0)
    model.index(seed=0)
    assert model.cells_ is not None
    restored = ALS.from_arrays(model.config, model.arrays())
    assert restored.cells_ is not None
    assert model.bearings_ is not None
    assert restored.bearings_ is not None
    stored, again = model.cells_ + model.bearings_, restored.cells_ + restored.bearings_
    for left, right in zip(stored, again, strict=True):
        np.testing.assert_array_equal(left, right)


def test_a_bundle_of_an_earlier_version_has_no_bearings_and_the_same_shelves() -> None:
    model = ALS(ALSConfig(factors=4, iterations=1)).fit(random_shop(), seed=0)
    model.index(seed=0)
    earlier = {name: array for name, array in model.arrays().items() if not name.startswith("bearings_")}
    restored = ALS.from_arrays(model.config, earlier)
    assert restored.bearings_ is None
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0})
    np.testing.assert_array_equal(restored.retrieve(queries, 5).items, model.retrieve(queries, 5).items)


def test_a_model_with_an_index_gives_the_scores_of_one_without() -> None:
    exact = ALS(ALSConfig(factors=4, iterations=2)).fit(random_shop(), seed=0)
    indexed = ALS.from_arrays(exact.config, exact.arrays())
    indexed.index(seed=0)
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0}, {})
    exclude = ItemLists.of_arrays([np.array(items, np.int32) for items in ([1, 2], [7], [])])
    np.testing.assert_array_equal(
        indexed.retrieve(queries, 5, exclude).items, exact.retrieve(queries, 5, exclude).items
    )
    query, item = np.array([0, 1, 1]), np.array([4, 5, 6], np.int32)
    of = [model.scores(queries, 5).of(query, item) for model in (exact, indexed)]
    np.testing.assert_allclose(of[1], of[0], rtol=1e-4)


def test_similar_items_come_from_the_cells() -> None:
    vectors = clustered()
    items = np.arange(16, dtype=np.int32)
    exact, by_cells = (
        similar(directions(at_length_one(vectors), found), items, 5) for found in (None, index(vectors, seed=0))
    )
    common = [len(np.intersect1d(*both)) for both in zip(exact.items, by_cells.items, strict=True)]
    assert np.mean(common) > 4.8


def test_of_directions_each_is_in_a_cell_of_its_own_direction() -> None:
    vectors = clustered()
    found = index(vectors, seed=0)
    assert found is not None
    unit_vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cells_of = of_directions(found, unit_vectors)
    assert len(found.longest) == 5
    assert len(cells_of.longest) == 0
    assert sorted(cells_of.items) == list(range(ITEMS))
    for item in found.longest:
        cell = np.searchsorted(cells_of.indptr, np.flatnonzero(cells_of.items == item)[0], "right") - 1
        assert cell == (cells_of.means @ unit_vectors[item]).argmax()


def test_the_low_pass_filter_reaches_the_best_of_the_linear_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_filter, "WHOLE_ITEMS", 10)
    model = GraphFilter(GraphFilterConfig(rank=6)).fit(random_shop(), seed=0)
    queries = ask({1: 1.0}, {3: 1.0, 5: 2.0}, {})
    exact = model.scores(queries, 5)
    monkeypatch.setattr(graph_filter, "EXACT_ITEMS", 10)
    monkeypatch.setattr(graph_filter, "KEPT", 20)
    reached = model.scores(queries, 5)
    np.testing.assert_array_equal(reached.best.items, exact.best.items)
    np.testing.assert_allclose(reached.best.scores, exact.best.scores, rtol=1e-4)
    query, item = np.array([0, 1, 1]), np.array([4, 5, 6], np.int32)
    np.testing.assert_allclose(reached.of(query, item), exact.of(query, item), rtol=1e-4)
    monkeypatch.setattr(kernels, "_loaded", True)
    for number in range(3):
        alone = model.scores(queries.single(number), 5)
        np.testing.assert_array_equal(alone.best.items[0], reached.best.items[number])
        np.testing.assert_allclose(alone.best.scores[0], reached.best.scores[number], rtol=1e-5)


def test_a_catalogue_that_leaves_no_memory_keeps_fewer_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graph_filter, "WHOLE_ITEMS", 10)
    monkeypatch.setattr(graph_filter, "MOST_LINKS", 90)
    model = GraphFilter(GraphFilterConfig(rank=6)).fit(random_shop(), seed=0)
    assert isinstance(model.filter_, Filters)
    assert model.filter_.links.counts.max() == 90 // model.items_count
