"""`aisle demo`: the whole of Aisle on a simulated shop, told as it happens."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl

from aisle.app.data.settings_file import write_settings
from aisle.app.data.setup import make_shop
from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from aisle.cli import show
from aisle.shop import moments
from aisle.shop.errors import InputError
from aisle.simulator.simulation import Simulation

QUICK: Final = {"windows": 1, "questions": 800}
"""A demo delights within two minutes; a shop's nightly training may take its time."""

SHELF = 8
"""Items on a shelf that is shown."""

MORE_SHELVES = ("because-you-viewed", "buy-it-again")
"""The placements that are shown beside the main one."""


def run_demo(folder: Path, events: int, *, serve: bool, port: int | None) -> None:
    """Make a simulated shop in a folder, train on it, show shelves, and serve it."""
    clear(folder)
    make_shop(folder, Simulation.name, simulated=True)
    write_settings(folder / FILE, ("models", "hybrid"), QUICK)
    show.out.rule(f"A simulated shop in {folder}")
    with Shop(Settings.read(folder)) as shop:
        fill(shop, events)
        show.out.rule("Training, and what it is worth")
        learn(shop)
        show.out.rule("Shelves")
        shoppers = shop.suggestions()
        show_shelves(shop, shoppers[0])
    show.out.print(f"Shoppers worth trying: [bold]{'  '.join(shoppers)}[/bold]", highlight=False)
    if serve:
        from aisle.cli.live import serve_shop

        serve_shop(Settings.read(folder), None, port)
    else:
        show.out.print(f"Next: aisle -C {folder} serve", highlight=False)


def clear(folder: Path) -> None:
    """Remove an earlier demo, and nothing else.

    Raises
    ------
    InputError
        If the folder holds anything but a simulated shop.
    """
    if not folder.exists():
        return
    if not (folder / FILE).is_file() or not Settings.read(folder).shop.simulated:
        raise InputError(f"{folder} exists and is no simulated shop; name another folder: aisle demo DIR")
    shutil.rmtree(folder)


def fill(shop: Shop, events: int) -> None:
    """Simulate shoppers up to this morning and import what they did."""
    today = moments.now() // moments.DAY * moments.DAY
    simulation = Simulation(events=events, end=today)
    with show.bars() as progress:
        imported = shop.import_trusted(tables(simulation), progress)
    show.out.print(show.import_lines(imported), highlight=False)


def tables(simulation: Simulation) -> Iterator[tuple[str, pl.DataFrame]]:
    """Yield everything that a shop would know of a simulation; its truth stays out."""
    yield "items", simulation.items()
    yield "users", simulation.users()
    for part in simulation.parts():
        yield "events", part.events
        yield "reviews", part.reviews


def show_shelves(shop: Shop, user_id: str) -> None:
    """Show what a shopper finds on several placements."""
    show.shelf_beside_history(shop.recommend(user_id, SHELF), shop.history(user_id, SHELF), user_id)
    for placement in MORE_SHELVES:
        show.shelf_beside_history(shop.recommend(user_id, SHELF // 2, placement=placement), [], user_id)


def learn(shop: Shop) -> None:
    """Train and show the figures beside popularity's."""
    from aisle.cli.learn import print_trained

    with show.bars() as progress:
        trained = shop.train(progress=progress)
    print_trained(trained)
