"""What shoppers were shown on the main shelf and whether they clicked it, as training data."""

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final, Self

import numpy as np
from numpy.typing import NDArray

from aisle.shop.columns import ITEM_ID, POSITION, SCORE, TIMESTAMP, USER_ID
from aisle.shop.ids import UNKNOWN, Vocabulary

if TYPE_CHECKING:
    import polars as pl

CLICKED_AT: Final = "clicked_at"
"""The moment of the first click, or null."""

SCHEMA: Final = {
    USER_ID: "str", ITEM_ID: "str", POSITION: "int32", SCORE: "float64", TIMESTAMP: "int64", CLICKED_AT: "int64",
}  # fmt: skip
"""The columns of a table of what was shown, a row for each place of each shelf."""

NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True, eq=False)
class ShownPlaces:
    """Places of shelves on which known shoppers were shown items, each (places,)."""

    user: NDArray[np.int32]
    """A number for each shopper, which is not that of the interactions."""
    item: NDArray[np.int32]
    position: NDArray[np.int32]
    """The place on the shelf, from 1."""
    score: NDArray[np.float32]
    """The model's score, or NaN for what explored."""
    timestamp: NDArray[np.int64]
    clicked_at: NDArray[np.int64]
    """The moment of the first click, or `NEVER`."""

    def __len__(self) -> int:
        return len(self.item)

    @classmethod
    def of(cls, table: "pl.DataFrame", items: Vocabulary) -> Self:
        """Read a table in the columns of `SCHEMA`; items that nobody knows are left out."""
        item = items.numbers(table[ITEM_ID].to_list())
        places = cls(
            user=(table[USER_ID].rank("dense").to_numpy().astype(np.int32) - 1),
            item=item,
            position=table[POSITION].to_numpy().astype(np.int32),
            score=table[SCORE].fill_null(np.nan).to_numpy().astype(np.float32),
            timestamp=table[TIMESTAMP].to_numpy(),
            clicked_at=table[CLICKED_AT].fill_null(NEVER).to_numpy(),
        )
        return places._where(item != UNKNOWN)

    def until(self, moment: int) -> Self:
        """Return what was known before a moment."""
        past = self._where(self.timestamp < moment)
        return replace(past, clicked_at=np.where(past.clicked_at < moment, past.clicked_at, NEVER))

    def _where(self, chosen: NDArray[np.bool_]) -> Self:
        return replace(self, **{field.name: getattr(self, field.name)[chosen] for field in fields(self)})
