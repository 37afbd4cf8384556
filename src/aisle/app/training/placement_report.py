"""How each placement does in the newest weeks: its strategy is asked as its page asks it, by what was known before.

A shelf for a shopper is judged by all that they take in the weeks. The shelf of an item's page, and that of a cart, are
judged by baskets of the weeks: the page is that of the basket's first item, and the rest of the basket is wanted; in
the cart is all but the basket's last item, and that one is wanted. Rules of the placement are left out, as stock and
pins are of today.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from aisle.app.serving.live_model import LiveModel
from aisle.app.serving.strategies import Asked, candidates, popular_items, viewed_last
from aisle.app.settings import PlacementSection
from aisle.engine.ranking.candidates import MOST
from aisle.engine.ranking.hybrid import profiles_of
from aisle.engine.shelf.fallback import Ints
from aisle.evaluation.holdout import Holdout
from aisle.evaluation.queries import query_batch
from aisle.metrics import ranking
from aisle.prepare.build import build
from aisle.prepare.weigh import Weights
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop.columns import AVAILABLE_FROM, TIMESTAMP
from aisle.shop.errors import NotEnoughData
from aisle.shop.events import KIND_CODES
from aisle.shop.ids import UNKNOWN

QUESTIONS: Final = 200
"""So many shelves of each placement are asked for, drawn by chance: enough to tell good ones from bad ones."""

LENGTH: Final = 10
"""How long the shelves are."""

OF_A_PAGE: Final = ("similar", "bought_together")
OF_A_CART: Final = "cart"
"""The strategies that answer an item's page, and a cart; all others answer a shopper."""


class PlacementFigures(msgspec.Struct, frozen=True):
    """How the shelves of one placement did.

    Attributes
    ----------
    placement, strategy
        Which one, and what fills it.
    questions
        How many shelves were asked for.
    kept
        The share of them that keep the placement's promise; on the others stands what stands in for it.
    hit_rate, ndcg
        Whether anything wanted is among the first ten, and how high up; the means.
    """

    placement: str
    strategy: str
    questions: int
    kept: float
    hit_rate: float
    ndcg: float


class Questions(NamedTuple):
    """Shelves that were looked at in the weeks, and what their shoppers took."""

    queries: QueryBatch
    pages: Ints
    """The item of each page, or `UNKNOWN`, (questions,)."""
    carts: ItemLists
    wanted: ItemLists


def by_placement(
    placements: Mapping[str, PlacementSection],
    model: LiveModel,
    holdout: Holdout,
    events: pl.DataFrame,
    seed: int,
) -> list[PlacementFigures]:
    """Ask for shelves of every placement.

    Parameters
    ----------
    placements
        Those of the shop, by name.
    model
        Learnt from the past of the holdout.
    holdout
        The weeks.
    events
        The log, with the events of the weeks.
    seed
        Draws the questions.

    Returns
    -------
    list[PlacementFigures]
        In the order of the placements; those of a page or a cart are missing in a shop without baskets.
    """
    draw = np.random.default_rng(seed)
    of_shoppers = _of_shoppers(holdout, draw)
    pages, carts = _of_baskets(holdout, events, model.weights, draw)
    found = []
    for name, section in placements.items():
        asked = pages if section.strategy in OF_A_PAGE else carts if section.strategy == OF_A_CART else of_shoppers
        if asked is not None:
            found.append(_figures(name, section, model, asked, holdout))
    return found


def _figures(
    name: str, section: PlacementSection, model: LiveModel, questions: Questions, holdout: Holdout
) -> PlacementFigures:
    newest = _newest(holdout)
    shown = np.full((len(questions.queries), LENGTH), -1, np.int32)
    kept = 0
    for row in range(len(shown)):
        asked = _asked(questions, row, model, newest, section)
        items, as_promised = _shelf(section.strategy, asked)
        shown[row, : len(items)] = items
        kept += as_promised
    hits = ranking.find_hits(shown, questions.wanted.indptr, questions.wanted.items)
    return PlacementFigures(
        placement=name,
        strategy=section.strategy,
        questions=len(shown),
        kept=kept / len(shown),
        hit_rate=ranking.mean(ranking.hit_rate(hits, LENGTH)),
        ndcg=ranking.mean(ranking.ndcg(hits, LENGTH)),
    )


def _shelf(strategy: str, asked: Asked) -> tuple[Ints, bool]:
    """Return the items of a shelf, and whether they are what the placement promises."""
    found = next(one for one in candidates(strategy, asked) if len(one.items))
    items = found.items[found.items < len(asked.model.items)]
    if found.filled and len(items) < LENGTH:
        more = popular_items(asked, 2 * LENGTH)
        items = np.concatenate((items, more[~np.isin(more, items)]))
    return items[:LENGTH], found.fallback is None


def _asked(questions: Questions, row: int, model: LiveModel, newest: Ints, section: PlacementSection) -> Asked:
    query, page = questions.queries.slice(row, row + 1), int(questions.pages[row])
    cart, profile = questions.carts.slice(row, row + 1).items, profiles_of(query)
    disliked = query.history.items[query.weights < 0]
    left_out = np.unique(np.concatenate((disliked, cart, [page] if page != UNKNOWN else []))).astype(np.int32)
    return Asked(
        model=model,
        query=query,
        left_out=ItemLists(np.array([0, len(left_out)]), left_out),
        item=page,
        cart=cart,
        viewed=viewed_last(profile.item[::-1], profile.kind[::-1]),
        newest=lambda many: newest[:many],
        many=MOST,
        objective=section.objective,
    )


# --- What is asked ----------------------------------------------------------------------------------------------------


def _of_shoppers(holdout: Holdout, draw: np.random.Generator) -> Questions:
    """Return questions of those who take something in the weeks."""
    rows = np.sort(draw.permutation(len(holdout))[:QUESTIONS])
    return Questions(holdout.queries.take(rows), _no_page(len(rows)), _no_cart(len(rows)), holdout.truth.take(rows))


def _of_baskets(
    holdout: Holdout, events: pl.DataFrame, weights: Weights, draw: np.random.Generator
) -> tuple[Questions | None, Questions | None]:
    """Return questions of pages and of carts, of one basket of each shopper; None where there are no baskets."""
    window, items = holdout.window, holdout.train.items
    inside = events.filter(pl.col(TIMESTAMP) >= window.cut, pl.col(TIMESTAMP) < window.end)
    try:
        future = build(inside, weights, window.end, items=items)
    except NotEnoughData:
        return None, None
    log = future.log
    taken = (log.kind == KIND_CODES[holdout.target]) & (log.user != UNKNOWN) & (log.basket != UNKNOWN)
    # In the order of the log: what of a basket comes first, and what last.
    lines = pl.DataFrame({"user": log.user[taken], "basket": log.basket[taken], "item": log.item[taken]})
    baskets = lines.unique(maintain_order=True).group_by("user", "basket", maintain_order=True).agg("item")
    baskets = baskets.filter(pl.col("item").list.len() > 1)
    chosen = baskets[draw.permutation(baskets.height)].unique("user", keep="first", maintain_order=True).head(QUESTIONS)
    if chosen.height == 0:
        return None, None
    whole = pl.col("item").list
    asked = chosen.select(
        "user", page=whole.first(), rest=whole.slice(1), cart=whole.head(whole.len() - 1), last=whole.tail(1)
    )
    ids = [future.users.ids[user] for user in asked["user"]]
    queries = query_batch(holdout.train, holdout.train.users.numbers(ids))
    pages = Questions(queries, asked["page"].to_numpy(), _no_cart(len(ids)), _lists(asked["rest"]))
    return pages, Questions(queries, _no_page(len(ids)), _lists(asked["cart"]), _lists(asked["last"]))


def _lists(items: pl.Series) -> ItemLists:
    return ItemLists(np.append(0, items.list.len().cast(pl.Int64).cum_sum().to_numpy()), items.explode().to_numpy())


def _no_page(questions: int) -> Ints:
    return np.full(questions, UNKNOWN, np.int32)


def _no_cart(questions: int) -> ItemLists:
    return ItemLists(np.zeros(questions + 1, np.int64), np.zeros(0, np.int32))


def _newest(holdout: Holdout) -> NDArray[np.int32]:
    """Return the items that the catalogue has had for the shortest time when the weeks begin, newest first."""
    catalogue = holdout.train.catalogue
    if catalogue is None:
        return np.zeros(0, np.int32)
    since = (
        catalogue.select(AVAILABLE_FROM).with_row_index("number").filter(pl.col(AVAILABLE_FROM) < holdout.window.cut)
    )
    return since.sort(AVAILABLE_FROM, "number", descending=(True, False))["number"].cast(pl.Int32).to_numpy()
