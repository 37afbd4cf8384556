"""Simulated events as arrays, before they become tables."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.shop.events import KIND_CODES, EventKind

NONE: Final = -1
"""No user, item, quantity, price or search term."""

_EMPTY: Final[dict[str, Any]] = {
    "item": np.int32(NONE),
    "quantity": np.int32(NONE),
    "price": np.int64(NONE),
    "rating": np.float32(np.nan),
    "satisfaction": np.float32(np.nan),
    "words": np.int32(NONE),
}


@dataclass(frozen=True, eq=False)
class Lines:
    """Events of any kind, one in each row; `NONE` or NaN if a column has no value.

    Attributes
    ----------
    kind
        A code of `shop.events.KIND_CODES`, int8.
    session
        Number of the session within the block, int32; a rating or a refund has that of its purchase.
    user, item
        Numbers within the block and the catalogue, int32; the user of an anonymous session is `NONE`.
    moment
        Microseconds since 1970, int64.
    quantity, price
        Pieces (int32), and the price of a piece in micros (int64).
    rating, satisfaction
        Stars, and the true satisfaction with the purchase, from 0 to 1; float32.
    words
        The search term: a noun of a leaf, as `leaf * NOUNS + noun`, int32.
    """

    kind: NDArray[np.int8]
    session: NDArray[np.int32]
    user: NDArray[np.int32]
    moment: NDArray[np.int64]
    item: NDArray[np.int32]
    quantity: NDArray[np.int32]
    price: NDArray[np.int64]
    rating: NDArray[np.float32]
    satisfaction: NDArray[np.float32]
    words: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def of(
        cls,
        kind: EventKind,
        session: NDArray[np.integer[Any]],
        user: NDArray[np.integer[Any]],
        moment: NDArray[np.int64],
        **columns: NDArray[Any],
    ) -> Self:
        """Return lines of one kind; the columns that are not given are empty."""
        size = len(session)
        values = {"kind": np.int8(KIND_CODES[kind])} | _EMPTY | columns
        filled = {name: np.broadcast_to(column, size) for name, column in values.items()}
        return cls(session=session.astype(np.int32), user=user.astype(np.int32), moment=moment, **filled)

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """Return the lines of all parts, one after the other."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})

    def take(self, rows: NDArray[Any]) -> Self:
        """Return some rows, given by number or by mask."""
        return type(self)(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    def followed_by(self, kind: EventKind, moment: NDArray[np.int64], **columns: NDArray[Any]) -> Self:
        """Return later events of another kind, by the same users about the same items, in the same sessions."""
        return replace(self, kind=np.full(len(self), KIND_CODES[kind], np.int8), moment=moment, **columns)

    def of_kind(self, kind: EventKind) -> Self:
        """Return the lines of one kind."""
        return self.take(self.kind == KIND_CODES[kind])
