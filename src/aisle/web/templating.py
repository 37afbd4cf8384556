"""The templates of all pages, with what each of them needs."""

from pathlib import Path
from typing import Final

from jinja2 import Environment

from aisle import report
from aisle.app.serve import Live
from aisle.report.environment import environment
from aisle.shop.moments import format_day, format_minute, format_second
from aisle.shop.money import format_money
from aisle.web.assets import FOLDER, asset
from aisle.web.filters import capitalised, drawing, item_address, picture, rate, why_address

FIGURES: Final = Path(report.__file__).parent / "templates"
"""Where the macro is that shows a figure, on a page of the web as in a report."""


def templates(live: Live) -> Environment:
    """Return the templates of one shop's pages."""
    found = environment(
        (FOLDER.parent / "templates", FIGURES),
        (
            asset,
            capitalised,
            drawing,
            format_day,
            format_minute,
            format_second,
            format_money,
            item_address,
            picture,
            rate,
            why_address,
        ),
    )
    found.globals |= {
        "shop_name": live.settings.shop.name,
        "simulated": live.settings.shop.simulated,
        "styled": (FOLDER / "vendor").is_dir(),
    }
    return found
