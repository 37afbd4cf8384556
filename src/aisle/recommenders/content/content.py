"""Items by what the catalogue says of them, placed among those that shoppers know, even if nobody has touched them.

A linear map from content to the vectors of a factorisation, as in Gantner et al., "Learning Attribute-to-Feature
Mappings for Cold-Start Recommendations" (2010). With the vectors Y that ALS learns for the items with events, and the
rows X of their content, the map W minimises |Y - XW|² + λ |W|². An item with vector y and content x that n shoppers
want is placed at

    z = (n y + p xW) / (n + p)

in the collaborative space: where its content puts it if nobody wants it, and the nearer to y the more shoppers do. Its
vector is (√(1-s) z, √s x), so that a share s of the similarity of two items is that of their content itself.

In a small catalogue the similarities of all items are multiplied out: a history then costs a row for each of its items,
and no pass over all vectors.
"""

from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from aisle.kernels.csr import CSR
from aisle.prepare.interactions import Interactions
from aisle.recommenders.abilities import Explains, FoldsIn, HasItemVectors
from aisle.recommenders.base import Config, Recommender
from aisle.recommenders.cells import WHOLE_ITEMS
from aisle.recommenders.content.encoder import TFIDF, Encoder, check_name, load_encoder
from aisle.recommenders.implicit.als import ALS, ALSConfig
from aisle.recommenders.query import ItemLists, Listing, QueryBatch, Ranked, Scores
from aisle.recommenders.ranges import Count, Positive, Share
from aisle.recommenders.sparse import answered, dense_products, history_rows
from aisle.shop.errors import InputError, NotEnoughData

if TYPE_CHECKING:
    import polars as pl


Floats = NDArray[np.float32]

LABEL_FACTORS: Final = 768
"""The maximum number of label factors that the map reads. Rare labels, such as brands, tell items apart."""

PRICE_WEIGHT: Final = 0.3
"""The weight of an item's price level, where its words and its labels have 1 each."""

_BLOCK: Final = 4096


class ContentConfig(Config, frozen=True):
    """How content becomes vectors, and how much it counts."""

    factors: Count = 256
    """Length of the collaborative vectors."""
    content_factors: Count = 256
    """The number of leading factors of words, and of labels, that are kept beside them, at most; another encoder than
    `tfidf` keeps the whole vectors of words."""
    regularization: Positive = 1.0
    """λ: how strongly the map from content to collaborative vectors is shrunk."""
    prior_shoppers: Positive = 2.0
    """p: the place that follows from an item's content counts as much as this many shoppers."""
    content_share: Share = 0.1
    """s: the share of similarity that is that of the content itself, beside that of the places."""
    encoder: str = TFIDF
    """What turns words into vectors: `tfidf`, or a model of another package, such as `model2vec:MODEL`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_name(self.encoder)


class _Encoded(NamedTuple):
    """The content of items, in rows of length 1, or 0 where the catalogue says nothing."""

    all: Floats
    """What the map reads, (items, …)."""
    kept: Floats
    """What stays in an item's vector, (items, …)."""


class Content(HasItemVectors, FoldsIn, Explains, Recommender[ContentConfig]):
    """An item's score is its mean similarity to the history: Σ weight · vector · vector over Σ |weight|.

    Items with a negative weight push away what is like them. A query without a positive weight has no vector, and all
    its scores are NaN.

    Parameters
    ----------
    encoder
        What makes vectors of titles, descriptions and aspects; None: the encoder of the settings. Labels (categories,
        brands, tags, attributes) are always encoded by TF-IDF and truncated SVD.
    """

    name = "content"

    likeness_: Floats | None = None
    """The inner products of all item vectors, (items, items); None in a larger catalogue."""

    def __init__(self, config: ContentConfig, encoder: Encoder | None = None) -> None:
        super().__init__(config)
        self._encoder = encoder

    def fit(self, data: Interactions, *, seed: int) -> Self:
        """Encode the catalogue, factorise the events, and learn the map between the two.

        Raises
        ------
        NotEnoughData
            If the shop has no catalogue, or one that says nothing, or nobody likes anything.
        InputError
            If a weight is not a finite number, or the encoder returns something else than a finite vector per text.
        SettingsError
            If the encoder of the settings cannot be loaded.
        """
        config = self.config
        content = self._encode(_described(data), seed)
        shoppers = np.bincount(data.matrix.indices, minlength=data.shape[1])
        wanted = shoppers > 0
        own = ALS(ALSConfig(factors=config.factors)).fit(data, seed=seed).item_vectors_
        own /= max(np.sqrt((own[wanted] ** 2).sum(axis=1).mean()), np.finfo(np.float32).tiny)
        mapped = content.all @ _map(content.all, own, np.flatnonzero(wanted), config.regularization)
        own_share = (shoppers / (shoppers + config.prior_shoppers)).astype(np.float32)[:, None]
        vectors = _joined(_mixed(own, mapped, own_share), content.kept, config.content_share)
        self.item_vectors_ = vectors
        self.likeness_ = vectors @ vectors.T if len(vectors) <= WHOLE_ITEMS else None
        return self

    def score(self, queries: QueryBatch, items: NDArray[np.int32] | None = None) -> Floats:
        """Return mean similarities; NaN for a query without a positive weight."""
        if self.likeness_ is None:
            return super().score(queries, items)
        return answered(dense_products(_shares(queries), self.likeness_), queries, items)

    def retrieve(self, queries: QueryBatch, n: int, exclude: ItemLists | None = None) -> Ranked:
        """Return the n best items of each query."""
        if self.likeness_ is None:
            return super().retrieve(queries, n, exclude)
        return Recommender.retrieve(self, queries, n, exclude)

    def scores(self, queries: QueryBatch, n: int) -> Scores:
        """Return the n best items of each query with a score above 0, and the scores of any others."""
        return super().scores(queries, n) if self.likeness_ is None else Recommender.scores(self, queries, n)

    def listing(self, query: QueryBatch, n: int) -> Listing:
        """Return the scores of all items for a single query, or of an index the n best."""
        return super().listing(query, n) if self.likeness_ is None else Recommender.listing(self, query, n)

    def query_vectors(self, queries: QueryBatch) -> Floats:
        """Return the weighted mean of each history's vectors, (queries, factors)."""
        history = _shares(queries)
        vectors = dense_products(history, self.item_vectors_)
        vectors[queries.likes_nothing] = np.nan
        return vectors

    def explain(self, queries: QueryBatch, query: int, item: int) -> Floats:
        """Return share × similarity of each entry of one query's history, (entries,); the sum is the score."""
        history = _shares(queries.single(query))
        similarity: Floats = self.item_vectors_[history.indices] @ self.item_vectors_[item]
        return history.values * similarity

    def _encode(self, catalogue: "pl.DataFrame", seed: int) -> _Encoded:
        """Return words, labels and prices of each item."""
        # Polars and SciPy are for training only.
        from aisle.prepare import item_text
        from aisle.recommenders.content.lsa import LSA

        kept = self.config.content_factors
        words = self._encode_words(item_text.words(catalogue), seed)
        labels = _unit_rows(LSA(LABEL_FACTORS, seed, str.splitlines).encode(item_text.labels(catalogue)))
        price = np.float32(PRICE_WEIGHT) * item_text.price_levels(catalogue)
        everything = _unit_rows(np.hstack((words, labels, price)))
        # The leading factors are the last ones.
        dropped = words.shape[1], words.shape[1] + max(labels.shape[1] - kept, 0)
        return _Encoded(everything, _unit_rows(np.hstack((everything[:, : dropped[0]], everything[:, dropped[1] :]))))

    def _encode_words(self, texts: list[str], seed: int) -> Floats:
        """Return the vector of each text, of length 1, or 0 for an empty text."""
        from aisle.recommenders.content.lsa import LSA

        encoder = self._encoder
        if encoder is None and self.config.encoder == TFIDF:
            encoder = LSA(self.config.content_factors, seed)
        vectors = _checked((encoder or load_encoder(self.config.encoder)).encode(texts), len(texts))
        # A model of sentences has a vector even for an empty one, the same for all items without a word.
        vectors[[text == "" for text in texts]] = 0
        return _unit_rows(vectors)


def _described(data: Interactions) -> "pl.DataFrame":
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
    """Return a copy of what an encoder returned.

    Raises
    ------
    InputError
        If it is not a matrix with a row of finite numbers for each text.
    """
    if vectors.ndim != 2 or len(vectors) != texts or not np.isfinite(vectors).all():
        raise InputError(f"the encoder gave {vectors.shape} for {texts} texts; it must give each a finite vector")
    return vectors.astype(np.float32)


def _unit_rows(vectors: Floats) -> Floats:
    """Scale rows to length 1 in place, and return them; rows of length 0 stay."""
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


def _mixed(own: Floats, mapped: Floats, own_share: Floats) -> Floats:
    """Return the weighted means of items' own vectors and those that follow from their content, made in `own`."""
    own *= own_share
    mapped *= 1 - own_share
    own += mapped
    return own


def _joined(places: Floats, content: Floats, share: float) -> Floats:
    """Return vectors whose inner products are (1 - share) of those of the places and share of those of the content."""
    places *= np.float32(np.sqrt(1 - share))
    content *= np.float32(np.sqrt(share))
    return np.hstack((places, content))


def _shares(queries: QueryBatch) -> CSR:
    """Return histories (queries, items) whose weights add up to 1, disregarding their signs."""
    history = history_rows(queries)
    total = np.bincount(history.rows, np.abs(history.values), minlength=len(queries))
    shares = history.values / np.maximum(total, np.finfo(np.float32).tiny)[history.rows]
    return history._replace(values=shares.astype(np.float32))
