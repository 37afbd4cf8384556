import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.candidate_pruner import (
    EDGES,
    CandidatePruner,
    CandidatePrunerConfig,
    ProposalCounts,
)

NAN = np.nan


def nothing(sources: int) -> tuple[np.ndarray, np.ndarray]:
    return np.empty((0, sources), np.float32), np.empty(0, np.bool_)


def two_sources() -> CandidatePruner:
    """Return a pruner of which the chances are round numbers: .5 and .2 at the first ranks, less after them."""
    curves = np.stack([np.full(len(EDGES), first) for first in (0.1, 0.05)]).astype(np.float32)
    curves[:, 0] = 0.5, 0.2
    return CandidatePruner.from_arrays(CandidatePrunerConfig(), {"curves": curves})


def test_without_observations_chances_are_the_prior_ones() -> None:
    pruner = CandidatePruner(CandidatePrunerConfig(first_chance=0.3)).fit([], 2)
    np.testing.assert_allclose(pruner.curves_, np.stack([0.3 / EDGES] * 2), rtol=1e-6)


def test_many_observations_outweigh_the_prior() -> None:
    ranks = np.repeat(np.array([[1], [2]], np.float32), 10_000, axis=0)
    wanted = np.arange(20_000) % 10_000 < np.repeat([4000, 1000], 10_000)
    pruner = CandidatePruner(CandidatePrunerConfig()).fit([ProposalCounts.of(ranks, wanted)], 1)
    assert pruner.curves_[0, :2] == pytest.approx([0.4, 0.1], abs=1e-3)


def test_what_is_not_proposed_is_not_counted() -> None:
    counts = ProposalCounts.of(np.array([[1, NAN], [4, 1], [3, NAN]], np.float32), np.array([True, False, True]))
    assert counts.proposed[:, :3].tolist() == [[1, 0, 2], [1, 0, 0]]
    assert counts.wanted[:, :3].tolist() == [[1, 0, 1], [0, 0, 0]]


def test_the_counts_of_windows_add_up() -> None:
    draw = np.random.default_rng(1)
    ranks, wanted = draw.integers(1, 9, (40, 2)).astype(np.float32), draw.random(40) < 0.3
    parts = [ProposalCounts.of(ranks[part], wanted[part]) for part in (slice(0, 15), slice(15, 40))]
    both, at_once = (
        CandidatePruner(CandidatePrunerConfig()).fit(counts, 2)
        for counts in (parts, [ProposalCounts.of(ranks, wanted)])
    )
    np.testing.assert_array_equal(both.curves_, at_once.curves_)


def test_sources_that_propose_alone_err_alone() -> None:
    pruner = two_sources()
    ranks = np.array([[1, NAN], [NAN, 1], [1, 1], [NAN, NAN]], np.float32)
    np.testing.assert_allclose(pruner.chances(ranks), [0.5, 0.2, 1 - 0.5 * 0.8, 0], rtol=1e-6)


@given(
    st.lists(st.tuples(st.integers(1, 1500), st.booleans()), max_size=60),
)
def test_chances_never_rise_with_the_rank(seen: list[tuple[int, bool]]) -> None:
    ranks = np.array([[rank] for rank, _ in seen], np.float32).reshape(-1, 1)
    counts = ProposalCounts.of(ranks, np.array([hit for _, hit in seen], np.bool_))
    pruner = CandidatePruner(CandidatePrunerConfig()).fit([counts], 1)
    chances = pruner.chances(np.arange(1, 1501, dtype=np.float32)[:, None])
    assert (np.diff(chances) <= 0).all()
    assert ((chances > 0) & (chances < 1)).all()


def test_the_likeliest_of_each_query_stay() -> None:
    lists = ItemLists(np.array([0, 3, 3, 5]), np.arange(5, dtype=np.int32))
    ranks = np.array([[2, NAN], [1, NAN], [NAN, 1], [NAN, 2], [1, 1]], np.float32)
    assert two_sources().kept(lists, ranks, 1).tolist() == [False, True, False, False, True]
    assert two_sources().kept(lists, ranks, 2).tolist() == [False, True, True, True, True]
    assert two_sources().kept(lists, ranks, 3).all()


def test_no_candidates_none_kept() -> None:
    assert two_sources().kept(ItemLists(np.zeros(3, np.int64), np.zeros(0, np.int32)), nothing(2)[0], 1).shape == (0,)


def test_it_comes_back_from_its_arrays() -> None:
    pruner = CandidatePruner(CandidatePrunerConfig()).fit([], 2)
    np.testing.assert_array_equal(CandidatePruner.from_arrays(pruner.config, pruner.arrays()).curves_, pruner.curves_)
