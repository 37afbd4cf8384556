"""`aisle demo`: the whole of Aisle on a simulated shop, told as it happens."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from aisle.app.settings import FILE, Settings
from aisle.app.setup import make_shop
from aisle.app.shop import Shop
from aisle.cli import show
from aisle.shop import moments
from aisle.shop.errors import InputError
from aisle.simulator.simulation import Simulation

SHELF = 8
"""Items on the shelf that is shown."""


def run_demo(folder: Path, events: int, *, serve: bool, port: int | None) -> None:
    """Make a simulated shop in a folder, train on it, show a shelf, and serve it."""
    clear(folder)
    make_shop(folder, Simulation.name, simulated=True)
    show.out.rule(f"A simulated shop in {folder}")
    with Shop(Settings.read(folder)) as shop:
        fill(shop, events)
        show.out.rule("Training, and what it is worth")
        learn(shop)
        show.out.rule("A shelf")
        shoppers = shop.live.suggestions()
        show.shelf_beside_history(shop.recommend(shoppers[0], SHELF), shop.history(shoppers[0], SHELF), shoppers[0])
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


def learn(shop: Shop) -> None:
    """Train and show the figures beside popularity's."""
    from aisle.cli.learn import print_trained

    with show.bars() as progress:
        trained = shop.train(progress=progress)
    print_trained(trained)
