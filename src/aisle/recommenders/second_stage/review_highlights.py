"""What reviewers praise about each item, in a phrase of theirs."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from aisle.recommenders.base import Array, Config
from aisle.shop.errors import NotEnoughData
from aisle.shop.ids import Vocabulary

if TYPE_CHECKING:
    from aisle.prepare.interactions import Interactions


class ReviewHighlightsConfig(Config, frozen=True):
    """There is nothing to set."""


class ReviewHighlights:
    """A phrase for each item that is praised; a part of a bundle, like a recommender.

    `prepare.aspects.highlights` finds the phrases; here they are kept for those who explain a shelf.
    """

    name: ClassVar[str] = "review_highlights"
    config_type: ClassVar[type[Config]] = ReviewHighlightsConfig

    phrases_: Vocabulary
    """Each phrase once."""
    phrase_: NDArray[np.int32]
    """The number of each item's phrase, or `UNKNOWN`, (items,)."""

    def __init__(self, config: ReviewHighlightsConfig) -> None:
        self.config = config

    def fit(self, data: "Interactions") -> Self:
        """Take the phrases from the catalogue's column `praise`.

        Raises
        ------
        NotEnoughData
            If no item is praised.
        """
        from aisle.prepare.item_text import HIGHLIGHTS

        catalogue = data.catalogue
        praised = catalogue[HIGHLIGHTS] if catalogue is not None and HIGHLIGHTS in catalogue.columns else None
        if praised is None or praised.null_count() == len(praised):
            raise NotEnoughData("too few reviewers praise the same about any item")
        self.phrases_ = Vocabulary(praised.drop_nulls().unique().sort())
        self.phrase_ = self.phrases_.numbers(praised.to_list())
        return self

    def of(self, item: int) -> str | None:
        """Return what reviewers praise about an item, by its number, or None."""
        phrase = int(self.phrase_[item])
        return self.phrases_.ids[phrase] if phrase >= 0 else None

    def arrays(self) -> dict[str, Array]:
        """Return the phrases and whose they are."""
        return {**self.phrases_.to_arrays(), "phrase": self.phrase_}

    @classmethod
    def from_arrays(cls, config: ReviewHighlightsConfig, arrays: Mapping[str, Array]) -> Self:
        """Rebuild it from its arrays."""
        praise = cls(config)
        praise.phrases_ = Vocabulary.from_arrays({name: arrays[name] for name in ("bytes", "offsets")})
        praise.phrase_ = np.asarray(arrays["phrase"])
        return praise
