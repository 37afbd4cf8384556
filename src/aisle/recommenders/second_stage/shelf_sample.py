"""Shelves as models of the past would have filled them for held-out shoppers, before the rules, and what these took.

What a change of the rules does is seen on them: the live model has learnt from the newest weeks and may not be asked.
Whose shelves they are is kept as digests, so that those of people who were erased since can be left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Component, NoSettings

S = TypeVar("S", bound=np.generic)

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]

SEEN: Final = 1
OWNED: Final = 2
NOT_DUE: Final = 4
"""What the shopper did with a candidate, as bits: only looked at it, has it, would not buy it again just now."""

_SEPARATOR: Final = "\0"
"""Stands between the names of placements; no name holds it."""


class SampledShelf(NamedTuple):
    """The candidates of one shelf, and what its shopper took in the held-out weeks."""

    digest: bytes
    """The digest of the shopper's id."""
    items: Ints
    scores: Floats
    """What was proposed, with its scores, (candidates,)."""
    dealings: NDArray[np.uint8]
    """Bits of what the shopper did with each, (candidates,)."""
    days: Floats
    """Days since they bought it, infinite if never, (candidates,)."""
    may_be_filled: bool
    """Whether popular items may stand behind the candidates."""
    cart: Ints
    taken: Ints
    money: NDArray[np.float64]
    """What was taken, and what it brought, (taken,)."""

    def renumbered(self, numbers: Ints) -> Self:
        """Return it with other numbers for its items, without those that have none, which are below 0."""
        known, taken = numbers[self.items] >= 0, numbers[self.taken] >= 0
        cart = numbers[self.cart]
        return self._replace(
            items=numbers[self.items[known]],
            scores=self.scores[known],
            dealings=self.dealings[known],
            days=self.days[known],
            cart=cart[cart >= 0],
            taken=numbers[self.taken[taken]],
            money=self.money[taken],
        )


class ShelfSample(Component[NoSettings]):
    """The sampled shelves of each placement; a component of a bundle, as recommenders are."""

    name = "shelf_sample"

    names_: NDArray[np.uint8]
    """The names of the placements as UTF-8."""
    shelves_: NDArray[np.int64]
    """Where the shelves of each placement begin, and the end, (placements + 1,)."""
    digests_: NDArray[np.uint8]
    """(shelves, 16)."""
    may_be_filled_: NDArray[np.bool_]
    candidates_: NDArray[np.int64]
    """Where the candidates of each shelf begin, and the end, (shelves + 1,)."""
    items_: Ints
    scores_: Floats
    dealings_: NDArray[np.uint8]
    days_: Floats
    carts_: NDArray[np.int64]
    in_cart_: Ints
    taken_: NDArray[np.int64]
    taken_items_: Ints
    money_: NDArray[np.float64]
    popular_: Ints
    """The most popular items, which fill shelves up."""

    def fit(self, shelves: Mapping[str, Sequence[SampledShelf]], popular: Ints) -> Self:
        """Keep the shelves of each placement."""
        all_shelves = [shelf for some in shelves.values() for shelf in some]
        self.names_ = np.frombuffer(_SEPARATOR.join(shelves).encode(), np.uint8)
        self.shelves_ = _starts([len(some) for some in shelves.values()])
        joined = b"".join(shelf.digest for shelf in all_shelves)
        self.digests_ = np.frombuffer(joined, np.uint8).reshape(len(all_shelves), 16)
        self.may_be_filled_ = np.array([shelf.may_be_filled for shelf in all_shelves], np.bool_)
        self.candidates_ = _starts([len(shelf.items) for shelf in all_shelves])
        self.items_ = _joined([shelf.items for shelf in all_shelves], np.int32)
        self.scores_ = _joined([shelf.scores for shelf in all_shelves], np.float32)
        self.dealings_ = _joined([shelf.dealings for shelf in all_shelves], np.uint8)
        self.days_ = _joined([shelf.days for shelf in all_shelves], np.float32)
        self.carts_ = _starts([len(shelf.cart) for shelf in all_shelves])
        self.in_cart_ = _joined([shelf.cart for shelf in all_shelves], np.int32)
        self.taken_ = _starts([len(shelf.taken) for shelf in all_shelves])
        self.taken_items_ = _joined([shelf.taken for shelf in all_shelves], np.int32)
        self.money_ = _joined([shelf.money for shelf in all_shelves], np.float64)
        self.popular_ = popular
        return self

    def shelves_of(self, placement: str) -> Iterator[SampledShelf]:
        """Yield the shelves of a placement; none if it was not sampled."""
        names = self.names_.tobytes().decode().split(_SEPARATOR)
        if placement not in names:
            return
        number = names.index(placement)
        for shelf in range(int(self.shelves_[number]), int(self.shelves_[number + 1])):
            candidates = slice(*self.candidates_[shelf : shelf + 2])
            cart, taken = slice(*self.carts_[shelf : shelf + 2]), slice(*self.taken_[shelf : shelf + 2])
            yield SampledShelf(
                self.digests_[shelf].tobytes(),
                self.items_[candidates],
                self.scores_[candidates],
                self.dealings_[candidates],
                self.days_[candidates],
                bool(self.may_be_filled_[shelf]),
                self.in_cart_[cart],
                self.taken_items_[taken],
                self.money_[taken],
            )


def _starts(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.append(0, np.cumsum(lengths, dtype=np.int64))


def _joined(arrays: Sequence[NDArray[S]], dtype: type[S]) -> NDArray[S]:
    return np.concatenate(arrays).astype(dtype) if arrays else np.zeros(0, dtype)
