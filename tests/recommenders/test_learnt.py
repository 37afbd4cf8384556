"""What a component has learnt comes back from its arrays, under the names that bundles have always had."""

from typing import Annotated

import numpy as np
import pytest

from aisle.kernels.csr import CSR
from aisle.recommenders.base import Component, Config


class Base:
    floats_: np.ndarray


class Learner(Base, Component[Config]):
    links_: CSR
    votes_: Annotated[CSR, "votes_"]
    renamed_: Annotated[np.ndarray, "older_name"]
    cells_: Annotated[CSR | None, "cells_"] = None
    _private: str = ""


def table(value: float) -> CSR:
    return CSR(np.array([0, 1]), np.zeros(1, np.int32), np.array([value], np.float32))


@pytest.fixture
def learner() -> Learner:
    learner = Learner(Config())
    learner.floats_ = learner.renamed_ = np.arange(3.0)
    learner.links_, learner.votes_ = table(1), table(2)
    return learner


def test_arrays_have_the_names_of_attributes_and_fields(learner: Learner) -> None:
    tables = ["indptr", "indices", "values", "votes_indptr", "votes_indices", "votes_values"]
    assert list(learner.arrays()) == ["floats", *tables, "older_name"]
    learner.cells_ = table(3)
    assert list(learner.arrays())[-3:] == ["cells_indptr", "cells_indices", "cells_values"]


def test_everything_comes_back(learner: Learner) -> None:
    learner.cells_ = table(3)
    restored = Learner.from_arrays(Config(), learner.arrays())
    assert restored.floats_ is learner.floats_
    assert (restored.links_, restored.votes_, restored.cells_) == (learner.links_, learner.votes_, learner.cells_)
    assert restored.links_.counts.tolist() == [1]


def test_what_may_be_none_may_be_missing_and_nothing_else(learner: Learner) -> None:
    arrays = learner.arrays()
    assert Learner.from_arrays(Config(), arrays).cells_ is None
    del arrays["votes_values"]
    with pytest.raises(KeyError, match="votes_values"):
        Learner.from_arrays(Config(), arrays)
