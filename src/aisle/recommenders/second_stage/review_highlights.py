"""Review highlights: a phrase of the reviewers for what they like about an item."""

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import NDArray

from aisle.prepare.interactions import Interactions
from aisle.recommenders.base import Array, Component, NoSettings
from aisle.shop.errors import NotEnoughData
from aisle.shop.ids import Vocabulary


class ReviewHighlights(Component[NoSettings]):
    """A phrase for each item with a highlight; a component of a bundle, as recommenders are.

    `prepare.aspects` finds the phrases; here they are stored for the explanations of shelves.
    """

    name = "review_highlights"

    phrases_: Vocabulary
    """Each phrase once."""
    phrase_: NDArray[np.int32]
    """The number of each item's phrase, or `UNKNOWN`, (items,)."""

    def fit(self, data: Interactions) -> Self:
        """Take the phrases from the catalogue's column `prepare.item_text.HIGHLIGHTS`.

        Raises
        ------
        NotEnoughData
            If no item has one.
        """
        from aisle.prepare.item_text import HIGHLIGHTS

        catalogue = data.catalogue
        phrases = catalogue[HIGHLIGHTS] if catalogue is not None and HIGHLIGHTS in catalogue.columns else None
        if phrases is None or phrases.null_count() == len(phrases):
            raise NotEnoughData("too few reviewers like the same about any item")
        self.phrases_ = Vocabulary(phrases.drop_nulls().unique().sort())
        self.phrase_ = self.phrases_.numbers(phrases.to_list())
        return self

    def of(self, item: int) -> str | None:
        """Return the phrase of an item, by its number, or None."""
        phrase = int(self.phrase_[item])
        return self.phrases_.ids[phrase] if phrase >= 0 else None

    def arrays(self) -> dict[str, Array]:
        """Return the phrases, and the number of each item's phrase."""
        return {**self.phrases_.to_arrays(), "phrase": self.phrase_}

    def restore(self, arrays: Mapping[str, Array]) -> None:
        """Take over what `arrays` returned."""
        self.phrases_ = Vocabulary.from_arrays({name: arrays[name] for name in ("bytes", "offsets")})
        self.phrase_ = np.asarray(arrays["phrase"])
