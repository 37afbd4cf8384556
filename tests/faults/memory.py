"""The memory of workers that serve one large model: how much of it they share."""

import math
import multiprocessing
import re
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import numpy as np

from aisle.app.serve import Live
from aisle.app.settings import Settings
from aisle.app.shop import Shop
from aisle.models import registry
from aisle.recommenders.implicit.graph_filter import GraphFilter
from aisle.storage.connection import connect
from aisle.storage.log import events
from aisle.storage.work import models
from tests.small_shop import make_small_shop
from tests.storage import samples

_spawn: Final = multiprocessing.get_context("spawn")


def make_large(folder: Path, megabytes: int) -> None:
    """Make a shop whose live model is of that size: a matrix of all pairs of its items, however many these are."""
    make_small_shop(folder)
    settings = Settings.read(folder)
    items = math.isqrt(megabytes * 1_000_000 // 4)
    rows = [samples.event(n, user_id=f"user-{n % 200}", item_id=f"item-{n % items}") for n in range(2 * items)]
    with connect(settings.database_url) as db:
        events.store(db, rows)
        with Shop.open(folder) as shop:
            shop.train("graph_filter")
        bundle = registry.load(settings.bundles, registry.list_(db)[-1])
        trained = bundle.parts["personal"]
        assert isinstance(trained, GraphFilter)
        pairs = np.random.default_rng(0).random((trained.items_count,) * 2, np.float32)
        arrays = {"filter": pairs, "popularity": trained.popularity_}
        large = GraphFilter.from_arrays(trained.config, arrays)
        row = registry.publish(db, settings.bundles, replace(bundle, parts=bundle.parts | {"personal": large}))
        models.promote(db, row.version)


def proportional_memory(folder: Path, workers: int) -> int:
    """Return the bytes that some workers hold together once each has read every page of the model.

    A page that several processes map counts for each of them in proportion.
    """
    with tempfile.TemporaryDirectory() as copies, ExitStack() as stack:
        ends = []
        for _ in range(workers):
            mine, its = _spawn.Pipe()
            process = _spawn.Process(target=_work, args=(folder, Path(copies), its))
            process.start()
            stack.callback(process.join)
            stack.callback(mine.close)
            its.close()
            ends.append((process, mine))
        for _, end in ends:
            end.recv()
        return sum(_pss(process.pid) for process, _ in ends)


def _work(folder: Path, copies: Path, end: Connection) -> None:
    """Serve as a worker does, up to the socket; read every page, and stay until told to go."""
    with Live(Settings.read(folder), copies) as live:
        live.model_watch.follow()
        live.recommend(placement="bestsellers")
        for part in live.model_watch.current().components.values():
            for array in part.arrays().values():
                np.asarray(array).sum()
        end.send(True)
        with suppress(EOFError):
            end.recv()


def _pss(pid: int | None) -> int:
    found = re.search(r"^Pss:\s+(\d+) kB", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024
