"""What a change of a placement's rules would do, on shelves of held-out shoppers that training has kept.

The shelves were proposed by models that had not seen the held-out weeks, so what the shoppers took then tells what a
change costs. The rules now and those of a draft fill them by the function that fills live shelves, with today's
catalogue.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from aisle.app.serving.catalogue import LiveCatalogue
from aisle.engine.model import TrainedModel
from aisle.engine.placement import Placement, place
from aisle.engine.proposals import Ints, Proposal
from aisle.engine.query import ShelfQuery
from aisle.engine.recipe import SHELF_SAMPLE
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.filters import RequestContext
from aisle.engine.shelf.long_tail import attention
from aisle.evaluation.bootstrap import Interval, interval, mean_interval, resampled_means
from aisle.metrics import ranking
from aisle.recommenders.query import ItemLists
from aisle.recommenders.second_stage.shelf_sample import NOT_DUE, OWNED, SEEN, SampledShelf, ShelfSample
from aisle.shop.errors import NotEnoughData
from aisle.shop.moments import DAY

LENGTH: Final = 10
"""How many places of a shelf count."""

MOST_CHANGED: Final = 10
"""So many items are named that come in, and that go out."""


class ItemChange(msgspec.Struct, frozen=True):
    """An item that comes onto shelves, or goes from them."""

    item_id: str
    name: str
    shelves: int


class Preview(msgspec.Struct, frozen=True):
    """What a change of the rules would do.

    Attributes
    ----------
    shelves
        How many shelves of held-out shoppers were filled.
    changed
        The share of them that change.
    ndcg, revenue
        By which share the mean NDCG changes, and the revenue of what the shoppers took then and the shelf shows, by the
        attention of its place; None where there was none to compare with.
    comes, goes
        The items that come onto most shelves, and those that go from most.
    """

    placement: str
    shelves: int
    changed: Interval
    ndcg: Interval | None
    revenue: Interval | None
    comes: list[ItemChange]
    goes: list[ItemChange]

    def __str__(self) -> str:
        share = f"{100 * self.changed.value:.3g} % of shelves change, of {self.shelves:,} of held-out shoppers"
        return f"{share}. NDCG {_told(self.ndcg)}, revenue from the shelf {_told(self.revenue)}."


def preview(
    model: TrainedModel,
    catalogue: LiveCatalogue,
    now: Placement,
    draft: Placement,
    erased: set[bytes],
) -> Preview:
    """Fill the sampled shelves of a placement by its rules now and by those of a draft, and compare.

    Parameters
    ----------
    erased
        The digests of the ids of erased people, whose shelves are left out.

    Raises
    ------
    NotEnoughData
        If training kept no shelves of this placement.
    """
    sample = model.components.get(SHELF_SAMPLE)
    shelves = list(sample.shelves_of(now.name)) if isinstance(sample, ShelfSample) else []
    shelves = [shelf for shelf in shelves if shelf.digest not in erased]
    if not isinstance(sample, ShelfSample) or not shelves:
        raise NotEnoughData(
            f"the live model kept no shelves of placement {now.name!r} on which a change could be tried; train once"
            if sample is None
            else f"no held-out shopper has a shelf of placement {now.name!r}; a longer log would have some"
        )
    fill = _filler(model, catalogue, sample.popular_, len(shelves))
    before, after = fill(now, shelves), fill(draft, shelves)
    taken = ItemLists.of_arrays([shelf.taken for shelf in shelves])
    changed = (before != after).any(axis=1)
    return Preview(
        placement=now.name,
        shelves=len(shelves),
        changed=mean_interval(changed.astype(np.float64), seed=0),
        ndcg=relative(_ndcg(before, taken), _ndcg(after, taken)),
        revenue=relative(_revenue(before, shelves), _revenue(after, shelves)),
        comes=_changes(after, before, catalogue),
        goes=_changes(before, after, catalogue),
    )


def relative(before: NDArray[np.float64], after: NDArray[np.float64]) -> Interval | None:
    """Return by which share the mean of a figure changes, paired by shelf, with its interval; None if it was 0.

    Parameters
    ----------
    before, after
        A value per shelf, (shelves,); NaN is skipped.
    """
    valued = ~np.isnan(before + after)
    both = np.stack((before[valued], after[valued]))
    if both.shape[1] == 0 or both[0].sum() == 0:
        return None
    means = resampled_means(both, 0)
    drawn = means[0] > 0
    change = float(both[1].mean() / both[0].mean() - 1)
    return interval(change, means[1, drawn] / means[0, drawn] - 1)


@dataclass(frozen=True, eq=False)
class _SampledQuery(ShelfQuery):
    """A query whose candidates are known already, and the popular items of its time with them."""

    popular_then: Ints = field(default_factory=lambda: np.zeros(0, np.int32))

    def popular(self, n: int) -> Ints:
        """Return the n most popular items when the held-out weeks began."""
        return self.popular_then[:n]


def _filler(
    model: TrainedModel, catalogue: LiveCatalogue, popular: Ints, count: int
) -> Callable[[Placement, Sequence[SampledShelf]], Ints]:
    """Return what fills shelves by the rules of a placement, (shelves, places); -1 where a shelf is shorter."""
    nobody = ShelfQuery.of_events(ShelfRequest(n=LENGTH), [], model, catalogue)
    now, repeat_share = nobody.context.now, nobody.context.repeat_share

    def query_of(shelf: SampledShelf) -> ShelfQuery:
        bought = np.isfinite(shelf.days)
        context = RequestContext(
            now=now,
            excluded=shelf.cart,
            bought=shelf.items[bought],
            bought_at=now - (shelf.days[bought] * DAY).astype(np.int64),
            seen=shelf.items[shelf.dealings & SEEN > 0],
            owned=shelf.items[shelf.dealings & OWNED > 0],
            not_due=shelf.items[shelf.dealings & NOT_DUE > 0],
            repeat_share=repeat_share,
        )
        return _SampledQuery(
            model, catalogue, nobody.shopper, context, nobody.viewed, nobody.item, shelf.cart, LENGTH, None, popular
        )

    def fill(placement: Placement, shelves: Sequence[SampledShelf]) -> Ints:
        filled = np.full((count, LENGTH), -1, np.int32)
        for row, shelf in zip(filled, shelves, strict=True):
            proposal = Proposal(shelf.items, shelf.scores, may_be_filled=shelf.may_be_filled)
            items = place(placement, query_of(shelf), [proposal]).items
            row[: len(items)] = items
        return filled

    return fill


def _ndcg(shelves: Ints, taken: ItemLists) -> NDArray[np.float64]:
    return ranking.ndcg(ranking.find_hits(shelves, taken.indptr, taken.items), LENGTH)


def _revenue(shelves: Ints, sampled: Sequence[SampledShelf]) -> NDArray[np.float64]:
    """Return what shoppers paid for items on their shelves, by the attention of the places, (shelves,)."""
    of_places = attention(LENGTH)
    return np.array(
        [
            float(of_places @ ((row[:, None] == shelf.taken[None, :]) @ shelf.money))
            for row, shelf in zip(shelves, sampled, strict=True)
        ]
    )


def _changes(shelves: Ints, others: Ints, catalogue: LiveCatalogue) -> list[ItemChange]:
    """Return the items that are on most of some shelves and not on the others."""
    counts: Counter[int] = Counter()
    for row, other in zip(shelves, others, strict=True):
        counts.update(row[~np.isin(row, other)].tolist())
    counts.pop(-1, None)
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:MOST_CHANGED]
    ids = catalogue.vocabulary.ids(np.array([item for item, _ in most], np.int32))
    return [ItemChange(item_id, catalogue.name(item_id), count) for item_id, (_, count) in zip(ids, most, strict=True)]


def _told(change: Interval | None) -> str:
    if change is None:
        return "cannot be told: nobody took what stands there"
    value, low, high = (100 * end for end in (change.value, change.low, change.high))
    return f"{_signed(value)} % ({_signed(low)} to {_signed(high)})"


def _signed(value: float) -> str:
    """Write a number with its sign, as people do: −0.4."""
    return f"{value:+.1f}".replace("-", "−").replace("+0.0", "±0.0").replace("−0.0", "±0.0")
