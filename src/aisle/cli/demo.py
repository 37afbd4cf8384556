"""`aisle demo`: a simulated shop from nothing to shelves, printed step by step."""

import shutil
from pathlib import Path
from typing import Final

from aisle.app.data.settings_file import write_settings
from aisle.app.data.setup import make_shop
from aisle.app.settings import FILE, Settings
from aisle.app.shop import Shop
from aisle.cli.display import terminal
from aisle.cli.display.imports import import_lines
from aisle.cli.display.shelves import print_shelf
from aisle.cli.display.training import print_trained
from aisle.shop import moments
from aisle.shop.errors import InputError
from aisle.simulator.simulation import Simulation
from aisle.storage.log.events import active_users

QUICK: Final = {"windows": 1, "questions": 800}
"""Settings of the hybrid: a demo is done within two minutes, while a nightly training may take longer."""

SHELF: Final = 8
"""How many items the main shelf shows."""

MORE_SHELVES: Final = ("because-you-viewed", "buy-it-again")
"""The placements that are shown after the main one."""


def run_demo(folder: Path, events: int, items: int) -> None:
    """Make a simulated shop in a folder, train on its events and show shelves.

    Raises
    ------
    InputError
        If the folder holds anything but a simulated shop.
    """
    clear(folder)
    make_shop(folder, Simulation.name, simulated=True)
    write_settings(folder / FILE, ("models", "hybrid"), QUICK)
    terminal.out.rule(f"A simulated shop in {folder}")
    with Shop(Settings.read(folder)) as shop:
        fill(shop, events, items)
        terminal.out.rule("Training, with figures from the newest weeks")
        learn(shop)
        terminal.out.rule("Shelves")
        shoppers = active_users(shop.db, 3)
        show_shelves(shop, shoppers[0])
    terminal.say(f"Shoppers to try: {'  '.join(shoppers)}", style="bold")


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
        raise InputError(f"{folder} exists and is not a simulated shop; name another folder: aisle demo DIR")
    shutil.rmtree(folder)


def fill(shop: Shop, events: int, items: int) -> None:
    """Simulate shoppers up to this morning and import what they did."""
    today = moments.now() // moments.DAY * moments.DAY
    simulation = Simulation(events=events, end=today, items=items)
    with terminal.bars() as progress:
        imported = shop.import_trusted(simulation.tables(), progress)
    for line in import_lines(imported):
        terminal.say(line)


def learn(shop: Shop) -> None:
    """Train, and print the figures beside those of popularity."""
    with terminal.bars() as progress:
        trained = shop.train(progress=progress)
    print_trained(trained)


def show_shelves(shop: Shop, user_id: str) -> None:
    """Print the shelves of one shopper on several placements."""
    print_shelf(shop.recommend(user_id, SHELF), user_id, shop.history(user_id, SHELF))
    for placement in MORE_SHELVES:
        print_shelf(shop.recommend(user_id, SHELF // 2, placement=placement), user_id)
