"""Why an item is on a shelf: the source that contributes most, and the shopper's earlier item that contributes most.

A source contributes what the item's score loses without it. A reason only names a source that proposes the item, and an
earlier item that adds to the score, so that what a shopper reads is true.
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from aisle.engine.ranking.candidates import Candidates, gather
from aisle.engine.ranking.features import OF_PAIR, features, names
from aisle.engine.ranking.hybrid import Hybrid, profiles_of
from aisle.prepare.profiles import Profiles
from aisle.recommenders.abilities import Explains, HasSupport
from aisle.recommenders.base import Recommender, Retrieves
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.moments import DAY, format_day

Ints = NDArray[np.int32]
Floats = NDArray[np.float32]

REPEAT: Final = "repeat"
"""The source that proposes what the shopper dealt with before."""

MIN_SUPPORT: Final = 5
"""A shelf says of two items what others did only if at least so many shoppers, or sessions, did it."""

MIN_SHARE: Final = 0.01
"""A source is no reason for an item that it scores below this share of its best score for the shopper."""

HABIT_DAYS: Final = 3
"""A shopper who bought an item on so many days buys it again and again."""

DATE_AFTER_DAYS: Final = 60
"""An action longer ago than this is given with its date."""


class Kind(StrEnum):
    """The kinds of reasons."""

    AGAIN = "again"
    """The shopper dealt with the item itself before."""
    BECAUSE = "because"
    """An earlier item of the shopper recommends it."""
    BOUGHT_WITH = "bought_with"
    """It is often bought together with an earlier item of the shopper."""
    AFTER = "after"
    """Others chose it after an earlier item of the shopper."""
    LIKE = "like"
    """It is similar to an earlier item of the shopper."""
    POPULAR = "popular"
    """It is popular."""
    TRENDING = "trending"
    """It is becoming more popular."""
    TASTE = "taste"
    """Shoppers with similar taste chose it."""


_KINDS: Final = {
    REPEAT: Kind.AGAIN,
    "co_purchase": Kind.BOUGHT_WITH,
    "session_knn": Kind.AFTER,
    "sequential_rules": Kind.AFTER,
    "content": Kind.LIKE,
    "popularity": Kind.POPULAR,
    "trending": Kind.TRENDING,
}
"""The kind of reason that a source gives, by its name; any other source gives `BECAUSE` or `TASTE`."""

_IMPERSONAL: Final = (Kind.POPULAR, Kind.TRENDING)

ACTION_ORDER: Final = (
    EventKind.PURCHASE,
    EventKind.RATE,
    EventKind.ADD_TO_CART,
    EventKind.ADD_TO_WISHLIST,
    EventKind.VIEW_ITEM,
    EventKind.SELECT_ITEM,
)
"""What shoppers do with an item, the strongest sign of interest first."""


class Action(NamedTuple):
    """What a shopper did with an item."""

    kind: EventKind
    days: int
    """On how many days."""
    last: int
    """The last moment, in microseconds."""


class Reason(NamedTuple):
    """Why an item is on a shelf; `sentence` puts it into words."""

    kind: Kind
    source: str
    """The source that contributes most."""
    item: int | None = None
    """The number of the shopper's earlier item that contributes most in that source."""
    action: Action | None = None
    """What the shopper did with that item."""


POPULAR: Final = Reason(Kind.POPULAR, "popularity")
"""The reason of the popular shelf, and of popular items that fill a shelf up."""


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
        The model that fills the shelf.
    queries
        A single query, with its profile.
    items
        The items on the shelf, (shown,).
    exclude
        The items that were excluded when the shelf was filled.
    """
    sources = _main_sources(model, queries, items, exclude)
    return [
        None if source is None else _reason(source, queries, item)
        for item, source in zip(items.tolist(), sources, strict=True)
    ]


def sentence(
    reason: Reason, now: int, name: str = "", category: str | None = None, highlight: str | None = None
) -> str:
    """Return a reason as shoppers read it.

    Parameters
    ----------
    reason
        The reason.
    now
        The current time, in microseconds.
    name
        The name of the earlier item.
    category
        The category path of the item on the shelf, if it is known.
    highlight
        What reviewers praise about the item on the shelf, if anything.
    """
    words = _in_words(reason, now, name, category)
    return words if highlight is None else f"{words}; reviewers like “{highlight}”"


# --- Which source ---------------------------------------------------------------------------------------------------


def contributions(hybrid: Hybrid, profiles: Profiles, candidates: Candidates) -> NDArray[np.float64]:
    """Return what the score of each candidate loses without each source, (candidates, sources).

    The ranker sees the shopper's own past with an item twice: in the source `repeat`, and in the features of the pair.
    Both are withheld together.

    Parameters
    ----------
    hybrid
        The hybrid, whose sources are the columns.
    profiles
        The profile of one shopper.
    candidates
        Some candidates of that shopper.
    """
    shown, sources = candidates.scores.shape
    source = np.arange(sources)
    scores, ranks = (np.repeat(table[None], sources + 1, axis=0) for table in (candidates.scores, candidates.ranks))
    for blocks_of_table in (scores, ranks):
        blocks_of_table[source + 1, :, source] = np.nan
    # The first block has all sources; each of the others lacks one. Each is a list of its own: a list has an item once.
    lists = ItemLists(np.arange(sources + 2) * shown, np.tile(candidates.lists.items, sources + 1))
    blocks = Candidates(lists, candidates.sources, scores.reshape(-1, sources), ranks.reshape(-1, sources))
    of_blocks = profiles.take(np.zeros(sources + 1, np.int64))
    score = _scores(hybrid, of_blocks, blocks, shown).reshape(sources + 1, shown)
    lost: NDArray[np.float64] = (score[0] - score[1:]).T
    return lost


def _scores(hybrid: Hybrid, profiles: Profiles, blocks: Candidates, shown: int) -> NDArray[np.float64]:
    """Return the scores of blocks of candidates; the block without `repeat` has no features of the pair either."""
    if hybrid.ranker is None:
        return hybrid.pruner.chances(blocks.ranks)
    rows = features(profiles, blocks, hybrid.state)
    if REPEAT in blocks.sources:
        start = (blocks.sources.index(REPEAT) + 1) * shown
        pair = names(blocks.sources).index(OF_PAIR[0])
        rows[start : start + shown, pair : pair + len(OF_PAIR)] = np.nan
    return hybrid.ranker.score(rows)


def feature_effects(
    hybrid: Hybrid, profiles: Profiles, candidates: Candidates, place: int
) -> tuple[Floats, NDArray[np.float64]]:
    """Return the features of one candidate, and what each of them adds to its score, (features,).

    A feature adds what the score loses if the median value of the shopper's candidates takes its place. A feature that
    is the same for all candidates adds 0.

    Parameters
    ----------
    hybrid
        A hybrid with a ranker.
    profiles
        The profile of one shopper.
    candidates
        All candidates of that shopper.
    place
        Which of the candidates.
    """
    assert hybrid.ranker is not None  # noqa: S101  features only count with a ranker
    rows = features(profiles, candidates, hybrid.state)
    # NaN is sorted last, so that it is the median where most values are unknown.
    typical = np.sort(rows, axis=0)[len(rows) // 2]
    blocks = np.tile(rows[place], (rows.shape[1] + 1, 1))
    feature = np.arange(rows.shape[1])
    blocks[feature + 1, feature] = typical
    scores = hybrid.ranker.score(blocks)
    return rows[place], scores[0] - scores[1:]


def _main_sources(
    model: Retrieves, queries: QueryBatch, items: Ints, exclude: ItemLists | None
) -> list[Recommender[Any] | None]:
    """Return, of the sources that propose each item, the one that contributes most; None if no source does."""
    if isinstance(model, Recommender):
        scores = model.score(queries, items)[0]
        return [model if np.isfinite(score) else None for score in scores]
    if not isinstance(model, Hybrid):
        return [None] * len(items)
    gathered = gather(model.sources, queries, exclude).of_sources(model.names)
    shown = gathered.where(np.isin(gathered.lists.items, items))
    adds = np.where(_proposing(shown), contributions(model, profiles_of(queries), shown), -np.inf)
    main = dict(zip(shown.lists.items.tolist(), adds.argmax(axis=1).tolist(), strict=True))
    return [model.sources[model.names[main[item]]].recommender if item in main else None for item in items.tolist()]


def _proposing(candidates: Candidates) -> NDArray[np.bool_]:
    """Return which sources propose each candidate, (candidates, sources); weak ones count only if all are weak."""
    proposed = np.isfinite(candidates.ranks)
    strong = proposed & (candidates.scores >= MIN_SHARE)
    return np.where(strong.any(axis=1, keepdims=True), strong, proposed)


# --- Which earlier item ---------------------------------------------------------------------------------------------


def history_effects(source: Recommender[Any], queries: QueryBatch, item: int) -> Floats:
    """Return what each entry of a shopper's history adds to the score of an item in one source, (entries,).

    All are 0 if the source cannot explain its scores.
    """
    if not isinstance(source, Explains):
        return np.zeros(len(queries.history.items), np.float32)
    return np.nan_to_num(source.explain(queries, 0, item))


def strongest_action(profiles: Profiles, item: int) -> Action | None:
    """Return the action of a shopper with an item that shows most interest; None if there was none."""
    with_item = profiles.item == item
    for kind in ACTION_ORDER:
        moments = profiles.timestamp[with_item & (profiles.kind == KIND_CODES[kind])]
        if len(moments):
            return Action(kind, len(np.unique(moments // DAY)), int(moments.max()))
    return None


def _reason(source: Recommender[Any], queries: QueryBatch, item: int) -> Reason:
    """Return the reason that a source gives for an item."""
    profiles, kind = profiles_of(queries), _KINDS.get(source.name, Kind.BECAUSE)
    if kind in _IMPERSONAL:
        return Reason(kind, source.name)
    effects = history_effects(source, queries, item)
    if effects.max(initial=0) <= 0:
        return Reason(Kind.LIKE if kind is Kind.LIKE else Kind.TASTE, source.name)
    earlier = int(queries.history.items[effects.argmax()])
    if earlier == item:
        kind = Kind.AGAIN
    elif isinstance(source, HasSupport) and source.support(earlier, item) < MIN_SUPPORT:
        kind = Kind.BECAUSE
    return Reason(kind, source.name, earlier, strongest_action(profiles, earlier))


# --- In words -------------------------------------------------------------------------------------------------------

_ACTIONS: Final = {
    EventKind.PURCHASE: "bought {}",
    EventKind.RATE: "rated {}",
    EventKind.ADD_TO_CART: "put {} in your cart",
    EventKind.ADD_TO_WISHLIST: "put {} on your wishlist",
    EventKind.VIEW_ITEM: "viewed {}",
    EventKind.SELECT_ITEM: "looked at {}",
}


def _in_words(reason: Reason, now: int, name: str, category: str | None) -> str:
    match reason.kind:
        case Kind.AGAIN:
            return "you had it before" if reason.action is None else _own_action(reason.action, now)
        case Kind.BECAUSE:
            return f"because you {_action(reason.action, name)}"
        case Kind.BOUGHT_WITH:
            return f"often bought with {name}"
        case Kind.AFTER:
            return f"others chose it after {name}"
        case Kind.LIKE:
            return f"like {name}" if reason.item is not None else "like what you chose before"
        case Kind.POPULAR:
            return f"popular in {_last_step(category)}" if category else "popular now"
        case Kind.TRENDING:
            return f"trending in {_last_step(category)}" if category else "trending now"
        case Kind.TASTE:
            return "shoppers with your taste chose it"


def _own_action(action: Action, now: int) -> str:
    if action.kind is EventKind.PURCHASE and action.days >= HABIT_DAYS:
        return "you buy it again and again"
    return f"you {_action(action, 'it')} {_ago(action.last, now)}"


def _ago(moment: int, now: int) -> str:
    days = now // DAY - moment // DAY
    if days > DATE_AFTER_DAYS:
        return f"on {format_day(moment)}"
    return "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"


def _action(action: Action | None, name: str) -> str:
    return f"chose {name}" if action is None else _ACTIONS[action.kind].format(name)


def _last_step(path: str) -> str:
    return path.split(">")[-1].strip() or path
