"""The shelves of all shoppers at once, by the rules of a placement: into a file, or the table `recommendations`."""

import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from aisle import kernels
from aisle.app.data.atomic_write import atomic_write
from aisle.app.data.tables import read_catalogue, read_histories
from aisle.app.progress import Progress, silent
from aisle.app.serving.shown import shown_to_all
from aisle.app.settings import Settings
from aisle.engine.model import TrainedModel
from aisle.engine.placement import PlacedShelf, Placement, place
from aisle.engine.proposals import POPULAR, Ints, Proposal
from aisle.engine.query import ShelfQuery, n_candidates
from aisle.engine.request import ShelfRequest
from aisle.engine.shelf.attributes import Flags, ItemAttributes, attributes_of_catalogue, sold_here
from aisle.engine.shelf.fatigue import Shown
from aisle.engine.shelf.rules import bind
from aisle.engine.strategies import popular_items
from aisle.engine.vocabulary import RequestVocabulary
from aisle.kernels.threads import all_cores, share_out
from aisle.prepare.build import NEEDED, build
from aisle.prepare.catalogue import aligned
from aisle.prepare.interactions import Interactions
from aisle.recommenders.query import ItemLists, QueryBatch, queries_of
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
from aisle.storage.catalogue import items
from aisle.storage.connection import Database
from aisle.storage.shelves import recommendations

if TYPE_CHECKING:
    import polars as pl

HISTORY: Final = (*NEEDED, RATING, PRICE)
"""The columns of a shopper's history; sessions and baskets are only needed in training."""

BLOCK: Final = 4096
"""The shelves of so many shoppers are written at a time."""

PART: Final = 256
"""A thread fills the shelves of about so many shoppers at a time: enough that Python's share of each is small, and few
enough that all threads are done at about the same time."""

WRITTEN_FALLBACKS: Final = (None, POPULAR)
"""A shelf is written if it has no fallback, or is the popular shelf of a shopper without a history. Other fallbacks are
not: a mailing should not say "buy it again" of bestsellers."""


class Written(msgspec.Struct, frozen=True):
    """How many shelves were written."""

    users: int
    rows: int
    seconds: float


@dataclass(frozen=True, eq=False)
class WholeCatalogue:
    """The catalogue at one moment.

    Attributes
    ----------
    vocabulary
        The item numbers: those of the model, and of newer items that are pinned or newly arrived.
    exists
        Whether the shop sells each item at all.
    """

    vocabulary: RequestVocabulary
    of_all_items: ItemAttributes
    exists: Flags
    new_items: Ints

    def attributes(self, items: Ints) -> ItemAttributes:
        """Return the attributes of items."""
        return self.of_all_items.take(items)

    def listed(self, items: Ints) -> Flags:
        """Return which items the shop sells at all."""
        return self.exists[items]

    def newest(self, n: int) -> Ints:
        """Return the n newest items, newest first."""
        return self.new_items[:n]

    def withdraw(self, items: Ints) -> bool:  # noqa: ARG002
        """Return False: the catalogue was read at the moment of the batch."""
        return False


@dataclass(frozen=True, eq=False)
class BatchJob:
    """A placement to be filled for every shopper.

    Attributes
    ----------
    placement
        The placement. A shopper for whom its strategy has nothing gets no shelf.
    request
        The request, the same for every shopper: how many items, and which are excluded.
    """

    model: TrainedModel
    placement: Placement
    request: ShelfRequest


class Batch(NamedTuple):
    """A job with the catalogue at this moment."""

    job: BatchJob
    catalogue: WholeCatalogue
    shown: Mapping[str, Shown]
    """What shoppers were shown, by their ids, of those who may be tired of anything."""
    now: int


def recommend_all(
    db: Database, settings: Settings, job: BatchJob, out: Path | None, progress: Progress = silent
) -> Written:
    """Write the shelf of every shopper with a history.

    Parameters
    ----------
    job
        The placement to fill.
    out
        A `.parquet` or `.csv` file with the columns `user_id, rank, item_id, score`, which appears when it is complete.
        None: the table `recommendations`, where each shopper's new shelf replaces the old one.

    Raises
    ------
    FileError
        If the file has another ending or cannot be written.
    InputError
        If the placement is about an item or a cart.
    NotEnoughData
        If no shopper has a history.
    """
    started = time.perf_counter()
    check_placement(job.placement)
    if out is not None:
        check_file_name(out)
    # Meanwhile, for `answers`, which waits for what is not loaded by then: it takes as long as hundreds of shelves.
    threading.Thread(target=kernels.load, name="aisle-kernels").start()
    frame, now = read_histories(db, settings, HISTORY, progress)
    data = build(frame, job.model.weights, now, items=job.model.items)
    batch = read_batch(db, job)
    created, tables, rows, served = moments.now(), [], 0, 0
    for users, table in answers(batch, data):
        rows += table.height
        served += len(users)
        if out is None:
            store(db, job, created, users, table)
        else:
            tables.append(table)
        progress("recommend", served, len(data.users), served)
    if out is None:
        recommendations.forget_older(db, job.placement.name, created)
    else:
        write(tables, out)
    return Written(served, rows, time.perf_counter() - started)


def read_batch(db: Database, job: BatchJob) -> Batch:
    """Read the catalogue at this moment for a job."""
    import polars as pl

    model, now, vocabulary = job.model, moments.now(), RequestVocabulary(job.model.items)
    newest = vocabulary.numbers(items.newest(db, now, n_candidates(job.request.n)))
    bind(job.placement.rules, vocabulary)  # gives the items of the rules numbers
    all_items = Vocabulary((*model.items.ids, *vocabulary.new_ids()))
    catalogue = read_catalogue(db)
    exists = pl.Series(all_items.ids).is_in(catalogue[ITEM_ID].implode()).to_numpy(writable=True)
    exists[: len(model.items)] = sold_here(exists[: len(model.items)])
    numbers = np.arange(len(all_items), dtype=np.int32)
    attributes = attributes_of_catalogue(
        aligned(catalogue, all_items),
        now,
        vocabulary.values(model.sales_per_day, numbers, np.nan),
        vocabulary.values(model.tail, numbers, True),
        model.usual_cover,
    )
    shown = shown_to_all(db, job.placement, model, now)
    return Batch(job, WholeCatalogue(vocabulary, attributes, exists, newest), shown, now)


def answers(batch: Batch, data: Interactions) -> "Iterator[tuple[tuple[str, ...], pl.DataFrame]]":
    """Yield the shelves of all users of the data, a block of users at a time: their ids, and a table of `to_table`."""
    import polars as pl

    kernels.load()
    for start, stop in pairwise(bounds(0, len(data.users), BLOCK)):
        yield data.users.ids[start:stop], pl.concat(parts(batch, data, start, stop))


def parts(batch: Batch, data: Interactions, start: int, stop: int) -> "list[pl.DataFrame]":
    """Return the shelves of some users, filled in parts on all cores."""
    histories, weights = data.histories, batch.job.model.weights

    def fill(first: int, past: int) -> "pl.DataFrame":
        profiles = histories.until(np.arange(first, past), np.full(past - first, data.now))
        users = data.users.ids[first:past]
        return to_table(shelves(batch, users, queries_of(profiles, weights)), users, batch.catalogue.vocabulary)

    with all_cores():
        return share_out(fill, bounds(start, stop, PART))


def bounds(start: int, stop: int, size: int) -> list[int]:
    """Return the bounds of even parts of about so many each; at least one."""
    count = max(1, round((stop - start) / size))
    return [start + (stop - start) * part // count for part in range(count + 1)]


# --- Shelves ----------------------------------------------------------------------------------------------------------


def shelves(batch: Batch, users: Sequence[str], shoppers: QueryBatch) -> Iterator[PlacedShelf]:
    """Yield the shelf of each shopper."""
    job, catalogue, shown, now = batch
    queries = ShelfQuery.of_shoppers(job.request, shoppers, job.model, catalogue, job.placement.objective)
    if shown and (visits := job.placement.rules.fatigue):
        queries = [
            query.after(shown[user], visits, now) if user in shown else query
            for user, query in zip(users, queries, strict=True)
        ]
    for query, proposals in zip(queries, proposals_for(job, shoppers, queries), strict=True):
        yield place(job.placement, query, proposals)


def proposals_for(job: BatchJob, shoppers: QueryBatch, queries: list[ShelfQuery]) -> Iterator[Iterator[Proposal]]:
    """Yield what the strategy proposes for each query; a model ranks for all of them at once."""
    strategy, objective = job.placement.strategy, job.placement.objective
    retrieval = None if strategy.model is None else job.model.retrieval(strategy.model, objective)
    if retrieval is None:
        yield from (strategy.propose(query) for query in queries)
        return
    shoppers = replace(shoppers, weights=np.concatenate([query.shopper.weights for query in queries]))
    excluded = ItemLists.of_arrays([query.excluded.items for query in queries])
    ranked, impersonal = retrieval.own(shoppers, n_candidates(job.request.n), excluded)
    for row, (query, unknown) in enumerate(zip(queries, impersonal.tolist(), strict=True)):
        yield _ranked_first(None if unknown else Proposal.of_row(ranked, row), query)


def _ranked_first(ranked: Proposal | None, query: ShelfQuery) -> Iterator[Proposal]:
    """Yield what a model ranks for a query, if anything, and then the popular items."""
    if ranked is not None:
        yield ranked
    yield popular_items(query, POPULAR)


# --- Where they go ----------------------------------------------------------------------------------------------------


def to_table(shelves: Iterable[PlacedShelf], users: tuple[str, ...], vocabulary: RequestVocabulary) -> "pl.DataFrame":
    """Turn the shelves of users into a long table, one row per place."""
    import polars as pl

    written = [
        (user, shelf)
        for user, shelf in zip(users, shelves, strict=True)
        if shelf.proposal.fallback in WRITTEN_FALLBACKS
    ]
    items = np.concatenate([np.zeros(0, np.int32), *(shelf.items for _, shelf in written)])
    columns = {
        USER_ID: [user for user, shelf in written for _ in range(len(shelf.items))],
        RANK: [rank for _, shelf in written for rank in range(1, len(shelf.items) + 1)],
        ITEM_ID: vocabulary.ids(items),
        SCORE: np.concatenate([np.zeros(0, np.float32), *(shelf.scores for _, shelf in written)]),
    }
    return pl.DataFrame(columns, written_schema()).with_columns(pl.col(SCORE).fill_nan(None))


def written_schema() -> "pl.Schema":
    """Return the columns of written shelves."""
    import polars as pl

    return pl.Schema({USER_ID: pl.String, RANK: pl.Int32, ITEM_ID: pl.String, SCORE: pl.Float32})


def store(db: Database, job: BatchJob, created: int, users: tuple[str, ...], table: "pl.DataFrame") -> None:
    """Store the shelves of users in the database; they replace the old ones."""
    import polars as pl

    placement = job.placement.name
    common = {PLACEMENT: placement, MODEL_VERSION: job.model.version, CREATED: created}
    rows = table.with_columns(pl.lit(value).alias(name) for name, value in common.items()).select(*RECOMMENDATIONS)
    recommendations.replace(db, placement, users, rows.rows())


def check_placement(placement: Placement) -> None:
    """Refuse a placement whose shelf needs an item or a cart."""
    if not placement.strategy.in_batch:
        raise InputError(
            f"placement {placement.name!r} is about an item or a cart, not a shopper; --all needs another one"
        )


def check_file_name(out: Path) -> None:
    """Refuse a file name without a known format, or in a folder that does not exist."""
    if out.suffix not in (".parquet", ".csv"):
        raise FileError(f"{out} is neither .parquet nor .csv; choose one of the two endings")
    if not out.absolute().parent.is_dir():
        raise FileError(f"there is no folder {out.absolute().parent} for {out.name}; make it first")


def write(tables: "list[pl.DataFrame]", out: Path) -> None:
    """Write tables into one file, which appears when it is complete."""
    import polars as pl

    table = pl.concat(tables)
    with atomic_write(out) as partial:
        if out.suffix == ".parquet":
            table.write_parquet(partial)
        else:
            table.write_csv(partial)
