"""Everybody's shelf at once, into a file."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from aisle.app.evaluate import read_events, span
from aisle.app.live_model import LiveModel
from aisle.app.progress import Progress, silent
from aisle.app.serve import OWNING, Exclude
from aisle.evaluation.queries import query_batch
from aisle.prepare.build import NEEDED, build
from aisle.prepare.interactions import Interactions
from aisle.recommenders.query import ItemLists, Ranked
from aisle.shop.columns import ITEM_ID, RATING, USER_ID
from aisle.shop.errors import FileError
from aisle.shop.events import KIND_CODES
from aisle.storage.connect import Database

if TYPE_CHECKING:
    import polars as pl

HISTORY: Final = (*NEEDED, RATING)
"""The columns that make a shopper's history; sessions and baskets are for training."""

BLOCK: Final = 8192
"""How many shoppers are answered at a time."""


class Written(msgspec.Struct, frozen=True):
    """What became of a batch of shelves."""

    users: int
    rows: int
    seconds: float


def recommend_all(
    db: Database, model: LiveModel, n: int, out: Path, exclude: Exclude = "none", progress: Progress = silent
) -> Written:
    """Write the shelf of every shopper with a history, with the columns `user_id, rank, item_id, score`.

    Parameters
    ----------
    out
        A `.parquet` or `.csv` file; it appears when it is complete.

    Raises
    ------
    FileError
        If it has another ending or cannot be written.
    NotEnoughData
        If nobody has a history.
    """
    started = time.perf_counter()
    check_ending(out)
    frame = read_events(db, progress, HISTORY)
    data = build(frame, model.weights, span(frame)[1] + 1, items=model.items)
    users = np.arange(len(data.users), dtype=np.int32)
    queries, retrieval = query_batch(data, users), model.retrieval()
    owned = purchased(data) if exclude == "purchased" else None
    shelves = []
    for start in range(0, len(users), BLOCK):
        stop = min(start + BLOCK, len(users))
        left_out = owned.part(start, stop) if owned else None
        shelves.append(retrieval.retrieve(queries.part(start, stop), n, left_out))
        progress("recommend", stop, len(users), stop)
    table = to_table(shelves, data)
    write(table, out)
    return Written(len(users), table.height, time.perf_counter() - started)


def purchased(data: Interactions) -> ItemLists:
    """Return what each user bought or rated."""
    bought = np.isin(data.log.kind, [KIND_CODES[kind] for kind in OWNING]) & (data.log.user >= 0)
    pairs = np.unique(np.stack((data.log.user[bought], data.log.item[bought])), axis=1)
    return ItemLists.of_pairs(pairs[0], pairs[1], len(data.users))


def to_table(shelves: list[Ranked], data: Interactions) -> "pl.DataFrame":
    """Turn the shelves of the users 0, 1, 2 … into a long table, one row per place."""
    import polars as pl

    items = np.concatenate([shelf.items for shelf in shelves])
    scores = np.concatenate([shelf.scores for shelf in shelves])
    user, place = np.nonzero(items >= 0)
    score = pl.Series("score", scores[user, place]).fill_nan(None)
    return pl.DataFrame(
        {
            USER_ID: pl.Series(data.users.ids, dtype=pl.String).gather(user),
            "rank": pl.Series((place + 1).astype(np.int32)),
            ITEM_ID: pl.Series(data.items.ids, dtype=pl.String).gather(items[user, place]),
            "score": score,
        }
    )


def check_ending(out: Path) -> None:
    """Refuse a file name that says nothing about its kind."""
    if out.suffix not in (".parquet", ".csv"):
        raise FileError(f"{out} is neither .parquet nor .csv; choose one of the two endings")
    if not out.absolute().parent.is_dir():
        raise FileError(f"there is no folder {out.absolute().parent} for {out.name}; make it first")


def write(table: "pl.DataFrame", out: Path) -> None:
    """Write a table under a temporary name and move it into place."""
    partial = out.with_name(f".{out.name}.partial")
    try:
        if out.suffix == ".parquet":
            table.write_parquet(partial)
        else:
            table.write_csv(partial)
        partial.replace(out)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise FileError(f"cannot write {out}: {error}") from None
