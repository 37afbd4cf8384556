"""Everybody's shelf at once, by the rules of its placement: into a file, or into the table `recommendations`."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from aisle.app.data.tables import read_catalogue, read_events, span
from aisle.app.progress import Progress, silent
from aisle.engine.model import TrainedModel
from aisle.engine.placement import PlacedShelf, Placement, place
from aisle.engine.proposals import POPULAR, Ints, Proposal
from aisle.engine.query import ShelfQuery, n_candidates
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_catalogue
from aisle.engine.shelf.rules import bind
from aisle.engine.vocabulary import RequestVocabulary
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
from aisle.shop.ids import Vocabulary
from aisle.storage import items, recommendations
from aisle.storage.connection import Database

if TYPE_CHECKING:
    import polars as pl

HISTORY: Final = (*NEEDED, RATING, PRICE)
"""The columns that make a shopper's history; sessions and baskets are for training."""

BLOCK: Final = 4096
"""How many shoppers are answered at a time."""

WRITTEN_FALLBACKS: Final = (None, POPULAR)
"""The fallbacks that are written: none, and the popular shelf for shoppers of whom nothing is known. No mailing says
"buy it again" of bestsellers."""


class Written(msgspec.Struct, frozen=True):
    """What a batch of shelves came to."""

    users: int
    rows: int
    seconds: float


@dataclass(frozen=True, eq=False)
class WholeCatalogue:
    """What the catalogue says of every item at one moment.

    Attributes
    ----------
    vocabulary
        The item numbers: the model's, and those of newer items that are pinned or newly arrived.
    every
        What is known of each of them.
    exists
        Whether the model or the catalogue knows it.
    new_items
        The newest items, newest first.
    """

    vocabulary: RequestVocabulary
    every: ItemAttributes
    exists: Flags
    new_items: Ints

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return what is known of items."""
        return self.every.take(items)

    def listed(self, items: Ints) -> Flags:
        """Return which items the model or the catalogue knows."""
        return self.exists[items]

    def newest(self, n: int) -> Ints:
        """Return the n newest items, newest first."""
        return self.new_items[:n]


@dataclass(frozen=True, eq=False)
class Batch:
    """What all shelves of a batch share."""

    model: TrainedModel
    placement: Placement
    request: ShelfRequest
    """What is asked for every shopper."""
    catalogue: WholeCatalogue


def recommend_all(
    db: Database,
    model: TrainedModel,
    placement: Placement,
    request: ShelfRequest,
    out: Path | None,
    progress: Progress = silent,
) -> Written:
    """Write the shelf of every shopper with a history.

    Parameters
    ----------
    placement
        Where the shelves stand. Who has nothing for this placement gets no shelf.
    request
        What is asked for every shopper: how many items, and which are excluded.
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
    check_placement(placement)
    if out is not None:
        check_file_name(out)
    frame = read_events(db, progress, HISTORY)
    data = build(frame, model.weights, span(frame)[1] + 1, items=model.items)
    batch = read_batch(db, model, placement, request)
    created, tables, rows, done = moments.now(), [], 0, 0
    for users, table in answers(batch, data):
        rows += table.height
        done += len(users)
        if out is None:
            store(db, placement.name, model.version, created, users, table)
        else:
            tables.append(table)
        progress("recommend", done, len(data.users), done)
    if out is None:
        recommendations.forget_older(db, placement.name, created)
    else:
        write(tables, out)
    return Written(done, rows, time.perf_counter() - started)


def read_batch(db: Database, model: TrainedModel, placement: Placement, request: ShelfRequest) -> Batch:
    """Look up what the catalogue says of all items at this moment."""
    now, vocabulary = moments.now(), RequestVocabulary(model.items)
    newest = vocabulary.numbers(items.newest(db, now, n_candidates(request.n)))
    bind(placement.rules, vocabulary)
    every_item = Vocabulary((*model.items.ids, *vocabulary.new_ids()))
    catalogue = read_catalogue(db)
    exists = np.ones(len(every_item), np.bool_)
    exists[len(model.items) :] = np.isin(vocabulary.new_ids(), catalogue[ITEM_ID].to_list())
    numbers = np.arange(len(every_item), dtype=np.int32)
    attributes = attributes_of_catalogue(
        aligned(catalogue, every_item),
        now,
        vocabulary.values(model.sales_per_day, numbers, np.nan),
        vocabulary.values(model.tail, numbers, True),
        model.usual_cover,
    )
    return Batch(model, placement, request, WholeCatalogue(vocabulary, attributes, exists, newest))


def answers(batch: Batch, data: Interactions) -> "Iterator[tuple[tuple[str, ...], pl.DataFrame]]":
    """Yield the shelves of all users of the data, some of them at a time: their ids, and a table of `to_table`."""
    queries = query_batch(data, np.arange(len(data.users), dtype=np.int32))
    for start in range(0, len(queries), BLOCK):
        stop = min(start + BLOCK, len(queries))
        users = data.users.ids[start:stop]
        yield users, to_table(shelves(batch, queries.slice(start, stop)), users, batch.catalogue.vocabulary)


# --- Shelves ----------------------------------------------------------------------------------------------------------


def shelves(batch: Batch, shoppers: QueryBatch) -> Iterator[PlacedShelf]:
    """Yield the shelf of each shopper."""
    objective = batch.placement.objective
    queries = [
        ShelfQuery.of_shopper(batch.request, shoppers.slice(row, row + 1), batch.model, batch.catalogue, objective)
        for row in range(len(shoppers))
    ]
    for query, proposals in zip(queries, _proposals(batch, shoppers, queries), strict=True):
        yield place(batch.placement, query, proposals)


def _proposals(batch: Batch, shoppers: QueryBatch, queries: list[ShelfQuery]) -> Iterator[Iterator[Proposal]]:
    """Yield what the strategy proposes for each query: a model is asked about all of them at once."""
    strategy, objective = batch.placement.strategy, batch.placement.objective
    retrieval = None if strategy.model is None else batch.model.retrieval(strategy.model, objective)
    if retrieval is None:
        yield from (strategy.propose(query) for query in queries)
        return
    excluded = ItemLists.of_arrays([query.excluded.items for query in queries])
    n = n_candidates(batch.request.n)
    ranked, impersonal = retrieval.own(shoppers, n, excluded)
    popular = batch.model.popular.retrieve(shoppers, n, excluded)
    for row, unknown in enumerate(impersonal.tolist()):
        personal = [] if unknown else [Proposal.of_row(ranked, row)]
        yield iter([*personal, Proposal.of_row(popular, row, POPULAR)])


# --- Where they go ----------------------------------------------------------------------------------------------------


def to_table(shelves: Iterator[PlacedShelf], users: tuple[str, ...], vocabulary: RequestVocabulary) -> "pl.DataFrame":
    """Turn the shelves of users into a long table, one row per place."""
    import polars as pl

    rows = [
        (user, rank, item_id, score)
        for user, shelf in zip(users, shelves, strict=True)
        if shelf.proposal.fallback in WRITTEN_FALLBACKS
        for rank, (item_id, score) in enumerate(
            zip(vocabulary.ids(shelf.items), shelf.scores.tolist(), strict=True), start=1
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


def check_placement(placement: Placement) -> None:
    """Refuse a placement that nobody's history can fill."""
    if not placement.strategy.in_batch:
        raise InputError(
            f"placement {placement.name!r} is about an item or a cart, not a shopper; --all needs another one"
        )


def check_file_name(out: Path) -> None:
    """Refuse a file name that says nothing about its format."""
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
