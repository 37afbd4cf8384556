"""Everybody's shelf at once, by the rules of its placement: into a file, or into the table `recommendations`."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from aisle.app.progress import Progress, silent
from aisle.app.serving.live_model import LiveModel
from aisle.app.serving.request import OWNING, SPARE, Exclude
from aisle.app.serving.strategies import Asked, candidates, popular_items, retrieval_of, viewed_last
from aisle.app.settings import PlacementSection
from aisle.app.training.measuring import read_catalogue, read_events, span
from aisle.engine.ranking.candidates import MOST
from aisle.engine.ranking.examples import Objective
from aisle.engine.ranking.hybrid import profiles_of
from aisle.engine.shelf.attributes import ItemAttributes, attributes_of_catalogue
from aisle.engine.shelf.fallback import Filled, Floats, Found, Ints, fill
from aisle.engine.shelf.filters import RequestContext
from aisle.engine.shelf.reranking import Shelved, shelve
from aisle.engine.shelf.rules import BoundRules, bind, with_pins
from aisle.evaluation.queries import query_batch
from aisle.prepare.build import NEEDED, build
from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.recommenders.query import ItemLists, QueryBatch
from aisle.shop import moments
from aisle.shop.columns import (
    CREATED,
    ITEM_ID,
    MODEL_VERSION,
    PLACEMENT,
    PRICE,
    RANK,
    RATING,
    RECOMMENDATIONS,
    SCORE,
    USER_ID,
)
from aisle.shop.errors import FileError, InputError
from aisle.shop.events import KIND_CODES, EventKind
from aisle.shop.ids import UNKNOWN
from aisle.storage import items, recommendations
from aisle.storage.connection import Database

if TYPE_CHECKING:
    import polars as pl

HISTORY: Final = (*NEEDED, RATING, PRICE)
"""The columns that make a shopper's history; sessions and baskets are for training."""

BLOCK: Final = 4096
"""How many shoppers are answered at a time."""

OF_A_PAGE: Final = ("similar", "bought_together", "cart")
"""The strategies that answer a page or a cart and not a shopper."""

PROMISED: Final = (None, "popular")
"""The fallbacks that are written: none, and the popular shelf of whose taste nothing is known. No mailing says "buy it
again" of bestsellers."""


class Written(msgspec.Struct, frozen=True):
    """What became of a batch of shelves."""

    users: int
    rows: int
    seconds: float


@dataclass(frozen=True, eq=False)
class Batch:
    """What all shelves of a batch share.

    Attributes
    ----------
    model
        What answers.
    strategy, objective
        What fills the shelves, and what they are for.
    rules
        What may stand on them.
    attributes
        What the catalogue says of every item, now.
    newest
        The catalogue's newest items that the model knows.
    n
        How long the shelves are.
    exclude
        Whether what shoppers have is left out.
    """

    model: LiveModel
    strategy: str
    objective: Objective | None
    rules: BoundRules
    attributes: ItemAttributes
    newest: Ints
    n: int
    exclude: Exclude

    @property
    def many(self) -> int:
        """So many candidates are enough."""
        return max(SPARE * self.n, MOST)


def recommend_all(
    db: Database,
    model: LiveModel,
    placement: str,
    section: PlacementSection,
    n: int,
    out: Path | None,
    exclude: Exclude = "none",
    progress: Progress = silent,
) -> Written:
    """Write the shelf of every shopper with a history.

    Parameters
    ----------
    placement, section
        Where the shelves stand, and what is set of it. Who has nothing for this placement gets no shelf.
    out
        A `.parquet` or `.csv` file with the columns `user_id, rank, item_id, score`, which appears when it is complete.
        None: the table `recommendations`, where each shopper's new shelf takes the place of the old one.

    Raises
    ------
    FileError
        If the file has another ending or cannot be written.
    InputError
        If the placement is about a page or a cart.
    NotEnoughData
        If nobody has a history.
    """
    started = time.perf_counter()
    check_asks_shoppers(placement, section)
    if out is not None:
        check_ending(out)
    frame = read_events(db, progress, HISTORY)
    data = build(frame, model.weights, span(frame)[1] + 1, items=model.items)
    batch = read_batch(db, model, section, n, exclude)
    created, tables, rows, done = moments.now(), [], 0, 0
    for users, table in answers(batch, data):
        rows += table.height
        done += len(users)
        if out is None:
            store(db, placement, model.version, created, users, table)
        else:
            tables.append(table)
        progress("recommend", done, len(data.users), done)
    if out is None:
        recommendations.forget_older(db, placement, created)
    else:
        write(tables, out)
    return Written(done, rows, time.perf_counter() - started)


def read_batch(db: Database, model: LiveModel, section: PlacementSection, n: int, exclude: Exclude) -> Batch:
    """Look up what the catalogue says of all items at this moment."""
    now = moments.now()
    catalogue = aligned(read_catalogue(db), model.items)
    newest = model.items.numbers(items.newest(db, now, max(SPARE * n, MOST)))
    attributes = attributes_of_catalogue(catalogue, now, model.sales_per_day, model.tail, model.usual_cover)
    rules = bind(section.rules, model.items)
    return Batch(model, section.strategy, section.objective, rules, attributes, newest[newest != UNKNOWN], n, exclude)


def answers(batch: Batch, data: Interactions) -> "Iterator[tuple[tuple[str, ...], pl.DataFrame]]":
    """Yield the shelves of all users of the data, some of them at a time: their ids, and a table of `to_table`."""
    queries = query_batch(data, np.arange(len(data.users), dtype=np.int32))
    for start in range(0, len(queries), BLOCK):
        stop = min(start + BLOCK, len(queries))
        users = data.users.ids[start:stop]
        yield users, to_table(shelves(batch, queries.slice(start, stop)), users, batch.model.items.ids)


# --- Shelves ----------------------------------------------------------------------------------------------------------


def shelves(batch: Batch, queries: QueryBatch) -> Iterator[Filled]:
    """Yield the shelf of each query."""
    visits = [_visit(batch, queries.slice(row, row + 1)) for row in range(len(queries))]
    lists = [np.unique(context.left_out) for context in visits]
    left_out = ItemLists(np.append(0, np.cumsum([len(one) for one in lists])), np.concatenate(lists))
    for row, finds in enumerate(_finds(batch, queries, left_out)):
        asked = _asked(batch, queries.slice(row, row + 1), left_out.slice(row, row + 1))
        yield _filled(batch, asked, visits[row], finds)


def _filled(batch: Batch, asked: Asked, context: RequestContext, finds: Iterator[Found]) -> Filled:
    def put(found: Found, items: Ints, scores: Floats) -> tuple[Ints, Shelved]:
        items, scores = with_pins(items, scores, batch.rules)
        about = replace(context, left_out=np.append(context.left_out, np.int32(found.because)))
        contents = None if batch.model.contents is None else batch.model.contents[items]
        return items, shelve(items, scores, batch.attributes.take(items), batch.rules, batch.n, about, contents)

    return fill(finds, lambda many: popular_items(asked, many), put, batch.n)


def _finds(batch: Batch, queries: QueryBatch, left_out: ItemLists) -> Iterator[Iterator[Found]]:
    """Yield what the strategy finds for each query: a model is asked about all of them at once."""
    retrieval = retrieval_of(batch.strategy, batch.model, batch.objective)
    if retrieval is None:
        for row in range(len(queries)):
            asked = _asked(batch, queries.slice(row, row + 1), left_out.slice(row, row + 1))
            yield candidates(batch.strategy, asked)
        return
    own, impersonal = retrieval.own(queries, batch.many, left_out)
    popular = batch.model.popular.retrieve(queries, batch.many, left_out)
    for row, unknown in enumerate(impersonal.tolist()):
        ranked = [] if unknown else [Found(*_there(own.items[row], own.scores[row]))]
        yield iter([*ranked, Found(*_there(popular.items[row], popular.scores[row]), "popular")])


def _there(items: Ints, scores: Floats) -> tuple[Ints, Floats]:
    return items[items >= 0], scores[items >= 0]


def _asked(batch: Batch, query: QueryBatch, left_out: ItemLists) -> Asked:
    profile = profiles_of(query)
    return Asked(
        model=batch.model,
        query=query,
        left_out=left_out,
        item=UNKNOWN,
        cart=np.zeros(0, np.int32),
        viewed=viewed_last(profile.item[::-1], profile.kind[::-1]),
        newest=lambda many: batch.newest[:many],
        many=batch.many,
        objective=batch.objective,
    )


def _visit(batch: Batch, query: QueryBatch) -> RequestContext:
    profile = profiles_of(query)
    bought = profile.kind == KIND_CODES[EventKind.PURCHASE]
    left_out = query.history.items[query.weights < 0]
    if batch.exclude == "purchased":
        owned = np.isin(profile.kind, [KIND_CODES[kind] for kind in OWNING])
        left_out = np.concatenate((left_out, profile.item[owned]))
    return RequestContext(query.now, left_out, profile.item[bought], profile.timestamp[bought])


# --- Where they go ----------------------------------------------------------------------------------------------------


def to_table(shelves: Iterator[Filled], users: tuple[str, ...], item_ids: tuple[str, ...]) -> "pl.DataFrame":
    """Turn the shelves of users into a long table, one row per place."""
    import polars as pl

    rows = [
        (user, place, item_ids[item], score)
        for user, filled in zip(users, shelves, strict=True)
        if filled.found.fallback in PROMISED
        for place, (item, score) in enumerate(
            zip(filled.shelved.items.tolist(), filled.shelved.scores.tolist(), strict=True), 1
        )
    ]
    return pl.DataFrame(rows, written_schema(), orient="row").with_columns(pl.col(SCORE).fill_nan(None))


def written_schema() -> "pl.Schema":
    """Return the columns of written shelves."""
    import polars as pl

    return pl.Schema({USER_ID: pl.String, RANK: pl.Int32, ITEM_ID: pl.String, SCORE: pl.Float32})


def store(
    db: Database, placement: str, version: int, created: int, users: tuple[str, ...], table: "pl.DataFrame"
) -> None:
    """Put the shelves of users into the database, in the place of those that they had."""
    import polars as pl

    common = {PLACEMENT: placement, MODEL_VERSION: version, CREATED: created}
    rows = table.with_columns(pl.lit(value).alias(name) for name, value in common.items()).select(*RECOMMENDATIONS)
    recommendations.replace(db, placement, users, rows.rows())


def check_asks_shoppers(placement: str, section: PlacementSection) -> None:
    """Refuse a placement that nobody's history can fill."""
    if section.strategy in OF_A_PAGE:
        raise InputError(f"placement {placement!r} is about an item or a cart, not a shopper; --all needs another one")


def check_ending(out: Path) -> None:
    """Refuse a file name that says nothing about its kind."""
    if out.suffix not in (".parquet", ".csv"):
        raise FileError(f"{out} is neither .parquet nor .csv; choose one of the two endings")
    if not out.absolute().parent.is_dir():
        raise FileError(f"there is no folder {out.absolute().parent} for {out.name}; make it first")


def write(tables: "list[pl.DataFrame]", out: Path) -> None:
    """Write tables as one, under a temporary name, and move it into place."""
    import polars as pl

    table, partial = pl.concat(tables), out.with_name(f".{out.name}.partial")
    try:
        if out.suffix == ".parquet":
            table.write_parquet(partial)
        else:
            table.write_csv(partial)
        partial.replace(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(f"cannot write {out}: {error}") from None
