"""The days of one policy: train, serve, visit, and write down what happened; a day that was done is never done again.

The folder of a policy holds `day-NNN`, the shop and its visitors' memory after the newest day, and `outcomes`, what
happened on each. A day is lived in a copy, `unfinished`, which becomes the new `day-NNN` when it is over: whoever kills
the benchmark loses that day only.
"""

import multiprocessing
import os
import shutil
import time
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Final

import numpy as np
import polars as pl

from aisle.app.data.settings_file import write_settings
from aisle.app.data.setup import make_shop
from aisle.app.settings import FILE
from aisle.app.shop import Shop
from aisle.client import Client
from aisle.shop.moments import DAY
from aisle.simulator.judging import Memory
from benchmarks.closed_loop.clock import FileClock
from benchmarks.closed_loop.policies import Policy
from benchmarks.closed_loop.server import serving
from benchmarks.closed_loop.town import Size, Town, build
from benchmarks.closed_loop.visiting import Day, Outcome, Shown, remembered
from benchmarks.shared.rows import say

TABLES: Final = ("visits", "shown", "oracle")


def live(folder: Path, policy: str, size: Size, days: int) -> None:
    """Live the days of a policy that are still to come, up to so many in all."""
    town = build(size)
    own = folder / policy
    done = _newest(own) or _open(own, policy, town)
    for number in range(_number(done) + 1, days + 1):
        started = time.monotonic()
        unfinished = own / "unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(done, unfinished, copy_function=_copied)
        seconds = _live_day(unfinished, town, number, own / "outcomes")
        finished = own / f"day-{number:03}"
        unfinished.rename(finished)
        shutil.rmtree(done)
        done = finished
        say(f"{policy}: day {number} of {days}, {time.monotonic() - started:.0f} s, {seconds:.0f} of them training")


def end_with_parent() -> None:
    """Let this process end when the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    if parent:
        Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()


def outcomes(folder: Path, policy: str, days: int, table: str) -> pl.DataFrame:
    """Return a table of what happened on the first days of a policy, with the `day` of each row, from 1."""
    own = folder / policy / "outcomes"
    return pl.concat(
        pl.read_parquet(own / f"{table}-{day:03}.parquet").with_columns(day=pl.lit(day, pl.Int32))
        for day in range(1, days + 1)
    )


def _live_day(folder: Path, town: Town, number: int, results: Path) -> float:
    """Train at midnight and receive the visitors of a day; return how many seconds the training took."""
    day = town.size.days_before + number - 1
    (folder / "clock").unlink(missing_ok=True)
    clock = FileClock(folder / "clock", town.world.calendar.start + day * DAY)
    started = time.monotonic()
    with clock.followed(), Shop.open(folder / "shop") as shop:
        shop.train()
    seconds = time.monotonic() - started
    memory = Memory(np.load(folder / "bought.npy"), np.load(folder / "looks.npy"))
    with serving(folder / "shop", folder / "clock") as address, Client(address) as client:
        lived = Day(town, memory, day, client, clock)
        lived.live()
    _keep(folder, memory)
    results.mkdir(exist_ok=True)
    pl.DataFrame(lived.outcomes, Outcome._fields, orient="row").write_parquet(results / f"visits-{number:03}.parquet")
    pl.DataFrame(lived.shown, Shown._fields, orient="row").write_parquet(results / f"shown-{number:03}.parquet")
    pl.DataFrame(lived.oracle, ("visit", "item"), orient="row").write_parquet(results / f"oracle-{number:03}.parquet")
    return seconds


def _open(own: Path, policy: str, town: Town) -> Path:
    """Make the shop as it is before its shelf is first shown."""
    shutil.rmtree(own, ignore_errors=True)
    partial = own / "unfinished"
    make_shop(partial / "shop", policy, simulated=True)
    for section, settings in Policy.parse(policy).sections.items():
        write_settings(partial / "shop" / FILE, section, settings)
    with Shop.open(partial / "shop") as shop:
        shop.import_trusted([("items", town.items_table()), ("users", town.users_table()), ("events", town.past())])
    _keep(partial, remembered(town))
    return partial.rename(own / "day-000")


def _keep(folder: Path, memory: Memory) -> None:
    np.save(folder / "bought.npy", memory.bought)
    np.save(folder / "looks.npy", memory.looks)


def _newest(own: Path) -> Path | None:
    return max(own.glob("day-*"), default=None)


def _number(done: Path) -> int:
    return int(done.name.removeprefix("day-"))


def _copied(source: str, target: str) -> None:
    """Copy a file; those of trained models, which never change, are shared."""
    if "models" in Path(source).parts:
        os.link(source, target)
    else:
        shutil.copy2(source, target)
