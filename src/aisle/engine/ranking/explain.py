"""Why an item stands on a shelf: which source carries it there, and which of the shopper's own items speaks for it.

What a source contributes is what the item's score loses when the source is withheld. No source is named that does not
propose the item, and no earlier item that adds nothing, so that what a shopper reads is true.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates, gather
from aisle.engine.ranking.features import OF_PAIR, features, names
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.prepare.profiles import Profiles
from aisle.recommenders.abilities import Explains
from aisle.recommenders.base import Recommender, Retrieves
from aisle.recommenders.implicit.co_purchase import CoPurchase
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY, format_day

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

REPEAT: Final = "repeat"
"""The source that is the shopper's own past with an item."""

FEWEST_BUYERS: Final = 5
"""So many shoppers must have bought two items together before a shelf says that it happens often."""

FAINT: Final = 0.01
"""A source that gives an item less than this share of its best score for the shopper is no reason."""

AGAIN_AND_AGAIN: Final = 3
"""Who took an item on so many days takes it again and again."""


LONG_AGO: Final = 60
"""What is longer ago than so many days gets a date."""


class Kind(StrEnum):
    """What a reason says."""

    AGAIN = "again"
    """The shopper has dealt with the item itself before."""
    BECAUSE = "because"
    """An earlier item of theirs speaks for it."""
    BOUGHT_WITH = "bought_with"
    """It is often bought together with an earlier item of theirs."""
    AFTER = "after"
    """Others went on to it after an earlier item of theirs."""
    LIKE = "like"
    """It is like an earlier item of theirs."""
    POPULAR = "popular"
    """Many want it."""
    TRENDING = "trending"
    """More and more want it."""
    TASTE = "taste"
    """Shoppers of the same taste took it."""


_KINDS: Final = {
    REPEAT: Kind.AGAIN,
    "co_purchase": Kind.BOUGHT_WITH,
    "session_knn": Kind.AFTER,
    "sequential_rules": Kind.AFTER,
    "content": Kind.LIKE,
    "popularity": Kind.POPULAR,
    "trending": Kind.TRENDING,
}
"""What sources say, by name; all others say which earlier item speaks for one, or that tastes meet."""

_FOR_EVERYBODY: Final = (Kind.POPULAR, Kind.TRENDING)

COMMITMENT: Final = (
    EventKind.PURCHASE,
    EventKind.RATE,
    EventKind.ADD_TO_CART,
    EventKind.ADD_TO_WISHLIST,
    EventKind.VIEW_ITEM,
    EventKind.SELECT_ITEM,
)
"""What shoppers do with an item, the deed that says most first."""


class Deed(NamedTuple):
    """What a shopper did with an item."""

    kind: EventKind
    times: int
    """On how many days."""
    last: int
    """The last moment, in microseconds."""


class Reason(NamedTuple):
    """Why an item stands on a shelf, without words: `sentence` has those."""

    kind: Kind
    source: str
    """The source that contributes most."""
    item: int | None = None
    """The number of the shopper's earlier item that speaks most for it there."""
    deed: Deed | None = None
    """What the shopper did with that item."""


POPULAR: Final = Reason(Kind.POPULAR, "popularity")
"""The reason of what fills a shelf up, and of the popular shelf."""


def reasons(
    model: Retrieves,
    queries: QueryBatch,
    items: Ints,
    exclude: ItemLists | None = None,
) -> list[Reason | None]:
    """Return why a model shows each of some items to one shopper; None for an item that it does not propose.

    Parameters
    ----------
    model
        What fills the shelf.
    queries
        One, with its profile.
    items
        What stands there, (shown,).
    exclude
        What was out of the question, as when the shelf was filled.
    """
    carrying = _carrying(model, queries, items, exclude)
    return [
        None if source is None else _reason(source, queries, item)
        for item, source in zip(items.tolist(), carrying, strict=True)
    ]


def sentence(reason: Reason, now: int, name: str = "", category: str | None = None, praise: str | None = None) -> str:
    """Return a reason as shoppers read it.

    Parameters
    ----------
    reason
        The reason.
    now
        The moment at which they do, by the clock, in microseconds.
    name
        What the earlier item is called that it names.
    category
        The category path of the item on the shelf, if it is known.
    praise
        What reviewers praise about that item, if they do.
    """
    said = _said(reason, now, name, category)
    return said if praise is None else f"{said}; reviewers like “{praise}”"


# --- Which source ---------------------------------------------------------------------------------------------------


def contributions(hybrid: Hybrid, profiles: Profiles, candidates: Candidates) -> NDArray[np.float64]:
    """Return what the score of each candidate loses if a source is withheld, (candidates, sources).

    The shopper's own past with an item is a source like any other, but the ranker sees it twice: as the rank in
    `repeat` and as features of the pair. They are withheld together.

    Parameters
    ----------
    hybrid
        Whose sources, in its order.
    profiles
        The shopper's, one.
    candidates
        Some of the shopper's, in any order.
    """
    shown, sources = candidates.scores.shape
    source = np.arange(sources)
    scores, ranks = (np.repeat(said[None], sources + 1, axis=0) for said in (candidates.scores, candidates.ranks))
    for said in (scores, ranks):
        said[source + 1, :, source] = np.nan
    # The first block is as it is; in each of the others, one source is silent.
    lists = ItemLists(np.array([0, (sources + 1) * shown]), np.tile(candidates.lists.items, sources + 1))
    blocks = Candidates(lists, candidates.sources, scores.reshape(-1, sources), ranks.reshape(-1, sources))
    score = _scores(hybrid, profiles, blocks, shown).reshape(sources + 1, shown)
    lost: NDArray[np.float64] = (score[0] - score[1:]).T
    return lost


def _scores(hybrid: Hybrid, profiles: Profiles, blocks: Candidates, shown: int) -> NDArray[np.float64]:
    """Return scores of blocks of candidates, in the block without `repeat` as if the shopper had never met them."""
    if hybrid.ranker is None:
        return hybrid.cut.chances(blocks.ranks)
    rows = features(profiles, blocks, hybrid.state)
    if REPEAT in blocks.sources:
        start = (blocks.sources.index(REPEAT) + 1) * shown
        pair = names(blocks.sources).index(OF_PAIR[0])
        rows[start : start + shown, pair : pair + len(OF_PAIR)] = np.nan
    return hybrid.ranker.score(rows)


def weighed(
    hybrid: Hybrid, profiles: Profiles, candidates: Candidates, place: int
) -> tuple[Floats, NDArray[np.float64]]:
    """Return the features of one candidate, and what its score owes to each of them, (features,).

    That is what the score loses if the feature is as it is for the shopper's typical candidate, the one in the middle;
    what is the same for all of them decides nothing, and adds 0.

    Parameters
    ----------
    hybrid
        One with a ranker.
    profiles
        The shopper's, one.
    candidates
        All of the shopper's.
    place
        Which of them.
    """
    assert hybrid.ranker is not None  # noqa: S101  without one, no feature counts
    rows = features(profiles, candidates, hybrid.state)
    # What is not known is sorted last, so that it is typical where it is so for most.
    typical = np.sort(rows, axis=0)[len(rows) // 2]
    blocks = np.tile(rows[place], (rows.shape[1] + 1, 1))
    feature = np.arange(rows.shape[1])
    blocks[feature + 1, feature] = typical
    scores = hybrid.ranker.score(blocks)
    return rows[place], scores[0] - scores[1:]


def _carrying(
    model: Retrieves, queries: QueryBatch, items: Ints, exclude: ItemLists | None
) -> list[Recommender[Any] | None]:
    """Return the source that contributes most to each item, of those that propose it, or None."""
    if isinstance(model, Recommender):
        scores = model.score(queries, items)[0]
        return [model if np.isfinite(score) else None for score in scores]
    if not isinstance(model, Hybrid):
        return [None] * len(items)
    gathered = gather(model.sources, queries, exclude).of_sources(model.names)
    shown = gathered.where(np.isin(gathered.lists.items, items))
    added = np.where(_heard(shown), contributions(model, profiles_of(queries), shown), -np.inf)
    most = dict(zip(shown.lists.items.tolist(), added.argmax(axis=1).tolist(), strict=True))
    return [model.sources[model.names[most[item]]].recommender if item in most else None for item in items.tolist()]


def _heard(candidates: Candidates) -> NDArray[np.bool_]:
    """Return which sources propose each candidate, without those that only fill up, unless all do so."""
    proposed = np.isfinite(candidates.ranks)
    loud = proposed & (candidates.scores >= FAINT)
    return np.where(loud.any(axis=1, keepdims=True), loud, proposed)


# --- Which earlier item ---------------------------------------------------------------------------------------------


def shares(source: Recommender[Any], queries: QueryBatch, item: int) -> Floats:
    """Return what each entry of a shopper's history adds to an item in one source, (entries,); 0 where none can say."""
    if not isinstance(source, Explains):
        return np.zeros(len(queries.history.items), np.float32)
    return np.nan_to_num(source.explain(queries, 0, item))


def deed_of(profiles: Profiles, item: int) -> Deed | None:
    """Return the deed of a shopper that says most about an item, or None if there was none."""
    with_item = profiles.item == item
    for kind in COMMITMENT:
        moments = profiles.timestamp[with_item & (profiles.kind == KIND_CODES[kind])]
        if len(moments):
            return Deed(kind, len(np.unique(moments // DAY)), int(moments.max()))
    return None


def _reason(source: Recommender[Any], queries: QueryBatch, item: int) -> Reason:
    """Return what a source says for an item."""
    profiles, kind = profiles_of(queries), _KINDS.get(source.name, Kind.BECAUSE)
    if kind in _FOR_EVERYBODY:
        return Reason(kind, source.name)
    added = shares(source, queries, item)
    if added.max(initial=0) <= 0:
        return Reason(Kind.LIKE if kind is Kind.LIKE else Kind.TASTE, source.name)
    earlier = int(queries.history.items[added.argmax()])
    if earlier == item:
        kind = Kind.AGAIN
    elif isinstance(source, CoPurchase) and not _often_together(source, earlier, item):
        kind = Kind.BECAUSE
    return Reason(kind, source.name, earlier, deed_of(profiles, earlier))


def _often_together(source: CoPurchase, earlier: int, item: int) -> bool:
    partners = source.partners(np.array([earlier], np.int32), source.config.neighbours, FEWEST_BUYERS)
    return item in partners.items


# --- In words -------------------------------------------------------------------------------------------------------

_DID: Final = {
    EventKind.PURCHASE: "bought {}",
    EventKind.RATE: "rated {}",
    EventKind.ADD_TO_CART: "put {} in your cart",
    EventKind.ADD_TO_WISHLIST: "put {} on your wishlist",
    EventKind.VIEW_ITEM: "viewed {}",
    EventKind.SELECT_ITEM: "looked at {}",
}


def _said(reason: Reason, now: int, name: str, category: str | None) -> str:
    match reason.kind:
        case Kind.AGAIN:
            return "you had it before" if reason.deed is None else _again(reason.deed, now)
        case Kind.BECAUSE:
            return f"because you {_did(reason.deed, name)}"
        case Kind.BOUGHT_WITH:
            return f"often bought with {name}"
        case Kind.AFTER:
            return f"others went on to it after {name}"
        case Kind.LIKE:
            return f"like {name}" if reason.item is not None else "like what you chose before"
        case Kind.POPULAR:
            return f"popular in {_last_step(category)}" if category else "popular now"
        case Kind.TRENDING:
            return f"trending in {_last_step(category)}" if category else "trending now"
        case Kind.TASTE:
            return "shoppers with your taste took it"


def _again(deed: Deed, now: int) -> str:
    if deed.kind is EventKind.PURCHASE and deed.times >= AGAIN_AND_AGAIN:
        return "you buy it again and again"
    return f"you {_did(deed, 'it')} {_ago(deed.last, now)}"


def _ago(moment: int, now: int) -> str:
    days = now // DAY - moment // DAY
    if days > LONG_AGO:
        return f"on {format_day(moment)}"
    return "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"


def _did(deed: Deed | None, what: str) -> str:
    return f"chose {what}" if deed is None else _DID[deed.kind].format(what)


def _last_step(path: str) -> str:
    return path.split(">")[-1].strip() or path
