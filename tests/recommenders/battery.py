"""What every recommender must do. A model's test class inherits `Battery` and says how to make the model."""

from abc import ABC, abstractmethod
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.sparse import csr_array

from aisle import kernels
from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import EventLog, Interactions
from aisle.recommenders.abilities import HasItemVectors, PredictsRatings
from aisle.recommenders.base import Recommender
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.shop.columns import ITEM_ID, TAGS, TITLE
from aisle.shop.errors import InputError
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN, Vocabulary
from aisle.shop.moments import DAY

NOW = 1_700_000_000_000_000


def shop(weights: NDArray[Any], kind: EventKind = EventKind.PURCHASE) -> Interactions:
    """Make training data of a dense matrix of weights: one event for each that is not 0, a day apart.

    Where the events are ratings, the weights are their stars. The catalogue has a title and a tag for each item.
    """
    users, items = weights.shape
    matrix = csr_array(weights.astype(np.float32))
    user, item = matrix.nonzero()
    events = len(user)
    log = EventLog(
        user=user.astype(np.int32),
        item=item.astype(np.int32),
        kind=np.full(events, KIND_CODES[kind], np.int8),
        weight=matrix.data,
        rating=matrix.data if kind is EventKind.RATE else np.full(events, np.nan, np.float32),
        timestamp=NOW - DAY * np.arange(events, 0, -1),
        session=np.full(events, UNKNOWN, np.int32),
        basket=np.arange(events, dtype=np.int32),
        price=np.full(events, np.nan, np.float32),
        quantity=np.ones(events, np.int32),
        counts=np.ones(events, np.bool_),
    )
    named = Vocabulary(f"i{number}" for number in range(items))
    return Interactions(Vocabulary(f"u{number}" for number in range(users)), named, matrix, log, NOW, _described(named))


def log_with(log: EventLog, **arrays: NDArray[Any]) -> EventLog:
    """Return a log of other events: with these arrays, and nothing known beside them."""
    (size,) = {len(array) for array in arrays.values()}
    others: dict[str, Any] = {name: np.full(size, UNKNOWN, np.int32) for name in ("user", "item", "session", "basket")}
    others |= {name: np.full(size, np.nan, np.float32) for name in ("rating", "price")}
    others |= {"kind": np.full(size, KIND_CODES[EventKind.PURCHASE], np.int8), "weight": np.ones(size, np.float32)}
    others |= {"quantity": np.ones(size, np.int32), "timestamp": np.full(size, NOW), "counts": np.ones(size, np.bool_)}
    return replace(log, **others | arrays)


def _described(items: Vocabulary) -> pl.DataFrame:
    titles = [f"thing {item}" for item in items.ids]
    tags = [f"shelf {number % 3}" for number in range(len(items))]
    return aligned(pl.DataFrame({ITEM_ID: items.ids, TITLE: titles, TAGS: tags}), items)


def ask(*histories: dict[int, float]) -> QueryBatch:
    """Make queries of histories, each item → weight, oldest first; what weighs is rated with as many stars."""
    indptr = np.cumsum([0, *map(len, histories)])
    items = np.array([item for history in histories for item in history], np.int32)
    weights = np.array([weight for history in histories for weight in history.values()], np.float32)
    stars = np.where(weights > 0, weights, np.float32(np.nan))
    return QueryBatch(ItemLists(indptr, items), weights, np.full(len(items), NOW - DAY), NOW, stars)


def ask_rows(data: Interactions) -> QueryBatch:
    """Ask for every user of the training data."""
    matrix = data.matrix
    rows = [slice(start, stop) for start, stop in pairwise(matrix.indptr)]
    return ask(*(dict(zip(matrix.indices[row].tolist(), matrix.data[row].tolist(), strict=True)) for row in rows))


def random_shop(users: int = 40, items: int = 30, seed: int = 3, kind: EventKind = EventKind.PURCHASE) -> Interactions:
    draw = np.random.default_rng(seed)
    return shop(draw.integers(1, 4, (users, items)) * (draw.random((users, items)) < 0.2), kind)


def listed(ranked: Ranked, query: int = 0) -> list[int]:
    """Return the items of one query that are there."""
    return [item for item in ranked.items[query].tolist() if item >= 0]


matrices = st.integers(1, 6).flatmap(
    lambda items: st.lists(
        st.lists(st.sampled_from([0, 0, 1, 2.5]), min_size=items, max_size=items), min_size=1, max_size=20
    ).filter(lambda rows: any(map(any, rows)))
)


class Battery(ABC):
    kind: ClassVar[EventKind] = EventKind.PURCHASE
    """What the model learns from."""

    @abstractmethod
    def make(self) -> Recommender[Any]:
        """Return a model that was not fitted."""

    @pytest.fixture
    def data(self) -> Interactions:
        return random_shop(kind=self.kind)

    @pytest.fixture
    def fitted(self, data: Interactions) -> Recommender[Any]:
        return self.make().fit(data, seed=1)

    def test_fit_returns_the_model(self, data: Interactions) -> None:
        model = self.make()
        assert model.fit(data, seed=1) is model

    def test_config_survives_json(self) -> None:
        model = self.make()
        assert model.config_type.parse(model.config.plain()) == model.config

    def test_refit_forgets(self, data: Interactions, fitted: Recommender[Any]) -> None:
        other = self.make().fit(random_shop(25, 12, seed=9, kind=self.kind), seed=5)
        assert_same_arrays(other.fit(data, seed=1), fitted)

    def test_equal_seeds_give_equal_arrays(self, data: Interactions, fitted: Recommender[Any]) -> None:
        assert_same_arrays(self.make().fit(data, seed=1), fitted)

    @pytest.mark.parametrize("threads", [1, 3])
    def test_the_number_of_threads_changes_nothing(
        self, fitted: Recommender[Any], data: Interactions, threads: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queries = ask_rows(data)
        scores = fitted.score(queries)
        monkeypatch.setattr("aisle.kernels.threads.threads", threads)
        assert_same_arrays(self.make().fit(data, seed=1), fitted)
        np.testing.assert_array_equal(fitted.score(queries), scores)

    def test_fit_leaves_the_data_alone(self, data: Interactions) -> None:
        before = data.matrix.copy()
        self.make().fit(data, seed=1)
        assert (data.matrix.data == before.data).all()
        assert (data.matrix.indices == before.indices).all()

    def test_arrays_round_trip_through_files(
        self, data: Interactions, fitted: Recommender[Any], tmp_path: Path
    ) -> None:
        mapped = {}
        for name, array in fitted.arrays().items():
            np.save(tmp_path / f"{name}.npy", array)
            mapped[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        again = type(fitted).from_arrays(fitted.config, mapped)
        assert_same_arrays(again, fitted)
        for queries in (ask_rows(data), ask_rows(data).slice(0, 2)):
            np.testing.assert_array_equal(again.score(queries), fitted.score(queries))
            np.testing.assert_array_equal(again.retrieve(queries, 5).items, fitted.retrieve(queries, 5).items)

    def test_scores_have_a_row_per_query_and_a_column_per_item(
        self, data: Interactions, fitted: Recommender[Any]
    ) -> None:
        scores = fitted.score(ask_rows(data))
        assert scores.shape == data.shape
        assert scores.dtype == np.float32
        assert fitted.items_count == data.shape[1]

    def test_scores_of_some_items_are_columns_of_all(self, data: Interactions, fitted: Recommender[Any]) -> None:
        some = np.array([7, 0, 29], np.int32)
        queries = ask_rows(data)
        np.testing.assert_allclose(fitted.score(queries, some), fitted.score(queries)[:, some], rtol=1e-5, atol=1e-6)

    def test_one_query_is_answered_as_in_a_batch(self, data: Interactions, fitted: Recommender[Any]) -> None:
        queries = ask_rows(data)
        batch = fitted.score(queries)
        for number in (0, 17, 39):
            alone = fitted.score(queries.slice(number, number + 1))
            np.testing.assert_allclose(alone[0], batch[number], rtol=1e-3, atol=1e-4)

    def test_retrieved_items_are_the_best_scores(self, data: Interactions, fitted: Recommender[Any]) -> None:
        queries = ask_rows(data)
        ranked = fitted.retrieve(queries, 4)
        assert ranked.items.dtype == np.int32
        assert ranked.scores.dtype == np.float32
        best = np.sort(fitted.score(queries), axis=1)[:, :-5:-1]
        np.testing.assert_allclose(ranked.scores, best, rtol=1e-4, atol=1e-5)

    def test_a_source_proposes_the_best_scores_above_0_and_scores_any_other_item(
        self, data: Interactions, fitted: Recommender[Any]
    ) -> None:
        queries = ask_rows(data)
        dense, scores = fitted.score(queries), fitted.scores(queries, 4)
        query, item = np.divmod(np.arange(dense.size), dense.shape[1])
        np.testing.assert_allclose(scores.of(query, item.astype(np.int32)), dense.ravel(), rtol=1e-4, atol=1e-5)
        best = np.maximum(np.sort(np.nan_to_num(dense, nan=-1.0), axis=1)[:, :-5:-1], 0)
        np.testing.assert_allclose(np.fmax(scores.best.scores, 0), best, rtol=1e-4, atol=1e-5)

    def test_a_server_proposes_to_one_shopper_what_a_batch_does(
        self, data: Interactions, fitted: Recommender[Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        queries = ask_rows(data)
        expected = fitted.scores(queries, 4)
        monkeypatch.setattr(kernels, "_loaded", True)
        items = np.arange(data.shape[1], dtype=np.int32)
        for number in (0, 17, 39):
            alone = fitted.scores(queries.single(number), 4)
            np.testing.assert_allclose(alone.best.scores[0], expected.best.scores[number], rtol=1e-3, atol=1e-4)
            of_batch = expected.of(np.full(len(items), number), items)
            np.testing.assert_allclose(alone.of(np.zeros(len(items), np.int64), items), of_batch, rtol=1e-3, atol=1e-4)

    @pytest.mark.parametrize("loaded", [False, True])
    def test_what_is_listed_for_one_shopper_is_what_a_batch_scores(
        self, data: Interactions, fitted: Recommender[Any], monkeypatch: pytest.MonkeyPatch, loaded: bool
    ) -> None:
        queries = ask_rows(data)
        dense = fitted.score(queries)
        monkeypatch.setattr(kernels, "_loaded", loaded)
        items = np.arange(data.shape[1], dtype=np.int32)
        for number in (0, 17, 39):
            listing = fitted.listing(queries.single(number), 4)
            listed = listing.scores
            if listing.items is not None:
                listed = np.zeros(len(items), np.float32)
                listed[listing.items[listing.items >= 0]] = listing.scores[listing.items >= 0]
            np.testing.assert_allclose(listing.of_items(items, listed), dense[number], rtol=1e-3, atol=1e-4)
            best = np.maximum(np.sort(np.nan_to_num(dense[number], nan=-1.0))[:-5:-1], 0)
            proposed = np.maximum(np.sort(np.nan_to_num(listing.scores, nan=-1.0))[:-5:-1], 0)
            np.testing.assert_allclose(proposed, best[: len(proposed)], rtol=1e-3, atol=1e-4)

    def test_no_queries_no_answers(self, fitted: Recommender[Any]) -> None:
        assert fitted.retrieve(ask(), 3).items.shape == (0, 3)

    def test_a_new_shopper_is_scored_by_history(self, fitted: Recommender[Any]) -> None:
        assert np.isfinite(fitted.score(ask({3: 1.0, 11: 2.0}))).all()

    def test_an_empty_history_is_no_error(self, fitted: Recommender[Any]) -> None:
        scores = fitted.score(ask({}))
        assert np.isnan(scores).all() or np.isfinite(scores).all()
        assert len(listed(fitted.retrieve(ask({}), 3))) in (0, 3)

    def test_an_empty_history_in_a_batch_is_no_error(self, fitted: Recommender[Any]) -> None:
        alone = fitted.score(ask({}))
        batch = fitted.score(ask(*([{2: 1.0}] * 20), {}))
        np.testing.assert_array_equal(batch[20], alone[0])

    def test_excluded_items_are_never_returned(self, data: Interactions, fitted: Recommender[Any]) -> None:
        queries = ask_rows(data)
        for batch in (queries, queries.slice(0, 3)):
            ranked = fitted.retrieve(batch, 30, batch.history)
            for query in range(len(batch)):
                own = set(batch.history.slice(query, query + 1).items.tolist())
                assert set(listed(ranked, query)) == set(range(30)) - own

    def test_more_than_the_catalogue_is_padded(self, fitted: Recommender[Any]) -> None:
        ranked = fitted.retrieve(ask({1: 1.0}), 35)
        assert sorted(ranked.items[0, :30].tolist()) == list(range(30))
        assert (ranked.items[0, 30:] == -1).all()
        assert np.isnan(ranked.scores[0, 30:]).all()

    def test_no_items_at_all_cannot_be_asked_for(self, fitted: Recommender[Any]) -> None:
        with pytest.raises(InputError, match="n = 0"):
            fitted.retrieve(ask({1: 1.0}), 0)

    def test_one_item(self) -> None:
        model = self.make().fit(shop(np.ones((3, 1)), self.kind), seed=1)
        assert listed(model.retrieve(ask({0: 1.0}), 2)) == [0]

    def test_one_user(self) -> None:
        model = self.make().fit(shop(np.ones((1, 3)), self.kind), seed=1)
        assert sorted(listed(model.retrieve(ask({1: 1.0}), 3))) == [0, 1, 2]

    def test_users_with_everything_and_with_nothing(self) -> None:
        weights = np.zeros((4, 6))
        weights[0] = 1
        weights[1, 2] = 1
        model = self.make().fit(shop(weights, self.kind), seed=1)
        assert np.isfinite(model.score(ask(dict.fromkeys(range(6), 1.0)))).all()

    def test_an_item_nobody_has_touched_is_no_error_and_nobodys_first(self, data: Interactions) -> None:
        weights = np.hstack((data.matrix.toarray(), np.zeros((40, 1), np.float32)))
        model = self.make().fit(shop(weights, self.kind), seed=1)
        queries = ask_rows(data)
        assert all(np.isfinite(array).all() for array in model.arrays().values() if array.dtype.kind == "f")
        scores = model.score(queries)
        scored = ~np.isnan(scores).all(axis=1)
        assert np.isfinite(scores[scored]).all()
        # By stars it is an average item, which is the best there is for a shopper who finds all others worse.
        assert isinstance(model, PredictsRatings) or (scores[scored, 30] < scores[scored].max(axis=1)).all()

    @given(rows=matrices)
    @settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
    def test_any_small_shop_is_answered(self, rows: list[list[float]]) -> None:
        data = shop(np.array(rows), self.kind)
        model = self.make().fit(data, seed=1)
        ranked = model.retrieve(ask_rows(data), 3)
        for query in range(len(rows)):
            items = listed(ranked, query)
            assert len(set(items)) == len(items)
            assert all(item < data.shape[1] for item in items)
            scores = ranked.scores[query, : len(items)]
            assert np.isfinite(scores).all()
            assert (np.diff(scores) <= 0).all()


class VectorBattery(Battery):
    """For models with item vectors."""

    def test_scores_are_inner_products(self, data: Interactions, fitted: Recommender[Any]) -> None:
        assert isinstance(fitted, HasItemVectors)
        queries = ask_rows(data)
        vectors = fitted.query_vectors(queries)
        assert vectors.dtype == fitted.item_vectors_.dtype == np.float32
        assert vectors.flags.c_contiguous
        assert fitted.item_vectors_.flags.c_contiguous
        np.testing.assert_allclose(vectors @ fitted.item_vectors_.T, fitted.score(queries), rtol=1e-5, atol=1e-6)


def assert_same_arrays(one: Recommender[Any], other: Recommender[Any]) -> None:
    arrays, others = one.arrays(), other.arrays()
    assert arrays.keys() == others.keys()
    for name, array in arrays.items():
        assert array.dtype == others[name].dtype
        np.testing.assert_array_equal(array, others[name])
