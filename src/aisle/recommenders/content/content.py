"""Items by what the catalogue says of them, placed among those that shoppers know: even if nobody has touched them.

A linear map from content to the vectors of a factorisation, as in Gantner et al., "Learning Attribute-to-Feature
Mappings for Cold-Start Recommendations" (2010). With the vectors Y that ALS learns for the items with events, and the
rows X of their content, the map W minimises |Y - XW|² + λ |W|². An item that n shoppers want stands at

    z = (n y + p xW) / (n + p)

in the collaborative space: where its content puts it as long as nobody wants it, and more and more where its shoppers
do. Its vector is (√(1-s) z, √s x), so that a share s of likeness is that of the content itself.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, NamedTuple, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors
from aisle.recommenders.base import Array, Config, Recommender
from aisle.recommenders.content.encoder import Encoder, TfidfEncoder
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.query import ItemLists, QueryBatch, Ranked
from aisle.recommenders.sparse import dense_products, history_rows, liked_rows
from aisle.recommenders.topn import topn_vectors
from aisle.shop.errors import InputError, NotEnoughData

if TYPE_CHECKING:
    import polars as pl

    from aisle.prepare.interactions import Interactions

Floats = NDArray[np.float32]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Positive = Annotated[float, msgspec.Meta(gt=0)]

LABEL_FACTORS: Final = 768
"""The map reads so many factors of the labels at most: the rare ones, such as brands, are what tells items apart."""

PRICE_WEIGHT: Final = 0.3
"""How much the level of its price counts against an item's words, and against its labels."""

_BLOCK: Final = 4096


class ContentConfig(Config, frozen=True):
    """How content becomes vectors, and how far it is believed."""

    factors: Count = 256
    """Length of the collaborative vectors."""
    content_factors: Count = 256
    """How many leading factors of words, and of labels, are kept beside them at most."""
    regularization: Positive = 1.0
    """λ: how strongly the map from content to collaborative vectors is held back."""
    prior_shoppers: Positive = 2.0
    """p: the place that an item's content gives it counts as much as so many shoppers."""
    content_share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.1
    """s: how much of likeness is that of the content itself, beside the places it leads to."""


class _Encoded(NamedTuple):
    """What the catalogue says of items, rows of length 1, or 0 where it says nothing."""

    all: Floats
    """What the map reads, (items, …)."""
    kept: Floats
    """What stays in an item's vector, (items, …)."""


class Content(Recommender[ContentConfig], FoldsIn, HasItemVectors, Explains):
    """An item's score is its mean likeness to the history: Σ weight · vector · vector over Σ |weight|.

    Items with a negative weight push away what is like them. A query without any positive weight has no vector, and all
    its scores are NaN.

    Parameters
    ----------
    config
        The settings.
    encoder
        What makes vectors of titles, descriptions and aspects; by default TF-IDF and truncated SVD. Labels (categories,
        brands, tags, attributes) always go the latter way.
    """

    name = "content"
    config_type: ClassVar[type[Config]] = ContentConfig

    item_vectors_: Floats
    """Vectors (items, factors + length of the content)."""

    def __init__(self, config: ContentConfig, encoder: Encoder | None = None) -> None:
        super().__init__(config)
        self._encoder = encoder

    def fit(self, data: "Interactions", *, seed: int) -> Self:
        """Encode the catalogue, factorise the events, and learn the map between the two.

        Raises
        ------
        NotEnoughData
            If the shop has no catalogue, or one that says nothing, or nobody likes anything.
        InputError
            If a weight is not a finite number, or the encoder gives something else than a finite vector per text.
        """
        config = self.config
        content = self._encode(_described(data), seed)
        shoppers = np.bincount(data.matrix.indices, minlength=data.shape[1])
        wanted = shoppers > 0
        own = ALS(ALSConfig(factors=config.factors)).fit(data, seed=seed).item_vectors
        own /= max(np.sqrt((own[wanted] ** 2).sum(axis=1).mean()), np.finfo(np.float32).tiny)
        mapped = content.all @ _map(content.all, own, np.flatnonzero(wanted), config.regularization)
        believed = (shoppers / (shoppers + config.prior_shoppers)).astype(np.float32)[:, None]
        self.item_vectors_ = _joined(_mixed(own, mapped, believed), content.kept, config.content_share)
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return inner products; NaN for a query that likes nothing."""
        vectors = self.item_vectors if items is None else self.item_vectors[items]
        return self.query_vectors(queries) @ vectors.T

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query, scored and ranked in one go."""
        return topn_vectors(self.query_vectors(queries), self.item_vectors, n, exclude)

    @property
    def item_vectors(self) -> Floats:
        """Vectors (items, factors) float32, C-contiguous."""
        return self.item_vectors_

    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return the weighted mean of each history's vectors, (queries, factors)."""
        history = _shares(queries)
        vectors = dense_products(history, self.item_vectors_)
        vectors[liked_rows(history).counts == 0] = np.nan
        return vectors

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return share × likeness of each entry of one query's history, (entries,); the sum is the score."""
        history = _shares(queries.slice(query, query + 1))
        likeness: Floats = self.item_vectors_[history.indices] @ self.item_vectors_[item]
        return history.values * likeness

    @property
    def items_count(self) -> int:
        """How many items the model knows."""
        return len(self.item_vectors_)

    def arrays(self) -> dict[str, Array]:
        """Return the item vectors."""
        return {"item_vectors": self.item_vectors_}

    @classmethod
    def from_arrays(cls, config: ContentConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild the model from its item vectors."""
        model = cls(config)
        # A plain view: the class of a mapped file slows down every small operation.
        model.item_vectors_ = np.asarray(arrays["item_vectors"])
        return model

    def _encode(self, catalogue: "pl.DataFrame", seed: int) -> _Encoded:
        """Return words, labels and prices of each item."""
        # Polars is for training only.
        from aisle.prepare import item_text

        kept = self.config.content_factors
        words = (self._encoder or TfidfEncoder(kept, seed)).encode(item_text.words(catalogue))
        words = _unit_rows(_checked(words, catalogue.height))
        labels = _unit_rows(TfidfEncoder(LABEL_FACTORS, seed, str.splitlines).encode(item_text.labels(catalogue)))
        price = np.float32(PRICE_WEIGHT) * item_text.price_levels(catalogue)
        everything = _unit_rows(np.hstack((words, labels, price)))
        # The leading factors are the last ones.
        dropped = words.shape[1], words.shape[1] + max(labels.shape[1] - kept, 0)
        return _Encoded(everything, _unit_rows(np.hstack((everything[:, : dropped[0]], everything[:, dropped[1] :]))))


def _described(data: "Interactions") -> "pl.DataFrame":
    """Return the catalogue.

    Raises
    ------
    NotEnoughData
        If there is none, or it says nothing.
    """
    from aisle.prepare import item_text

    if data.catalogue is None:
        raise NotEnoughData(
            "content reads the catalogue, and there is none; import one with aisle import FILE --as items"
        )
    if not any(item_text.words(data.catalogue)) and not any(item_text.labels(data.catalogue)):
        raise NotEnoughData(
            "no item has a title, description, category, brand, tags or attributes; import a catalogue with one of them"
        )
    return data.catalogue


def _checked(vectors: Floats, texts: int) -> Floats:
    """Return what an encoder gave, if it can be used.

    Raises
    ------
    InputError
        If it is not a matrix with a row of finite numbers for each text.
    """
    if vectors.ndim != 2 or len(vectors) != texts or not np.isfinite(vectors).all():
        raise InputError(f"the encoder gave {vectors.shape} for {texts} texts; it must give each a finite vector")
    return vectors.astype(np.float32)


def _unit_rows(vectors: Floats) -> Floats:
    """Make rows of length 1 in place, and return them; those of length 0 stay."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
    vectors /= np.where(lengths > 0, lengths, 1)
    return vectors


def _map(content: Floats, vectors: Floats, rows: NDArray[np.intp], regularization: float) -> Floats:
    """Return W (content, factors), the ridge regression of vectors on content, learnt from some rows of both."""
    gram = regularization * np.eye(content.shape[1])
    moments = np.zeros((content.shape[1], vectors.shape[1]))
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        gram += content[block].T @ content[block]
        moments += content[block].T @ vectors[block]
    return np.linalg.solve(gram, moments).astype(np.float32)


def _mixed(own: Floats, mapped: Floats, believed: Floats) -> Floats:
    """Return the places between an item's own vector and what its content says, made in `own`."""
    own *= believed
    mapped *= 1 - believed
    own += mapped
    return own


def _joined(places: Floats, content: Floats, share: float) -> Floats:
    """Return vectors whose inner products are (1 - share) of those of the places and share of those of the content."""
    places *= np.float32(np.sqrt(1 - share))
    content *= np.float32(np.sqrt(share))
    return np.hstack((places, content))


def _shares(queries: QueryBatch) -> CSR:
    """Return histories (queries, items) whose weights, whatever their sign, add up to 1."""
    history = history_rows(queries)
    total = np.bincount(history.rows, np.abs(history.values), minlength=len(queries))
    shares = history.values / np.maximum(total, np.finfo(np.float32).tiny)[history.rows]
    return history._replace(values=shares.astype(np.float32))
