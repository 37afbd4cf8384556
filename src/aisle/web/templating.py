"""The templates of all pages, with what each of them needs."""

from jinja2 import Environment

from aisle.app.serve import Live
from aisle.report.environment import environment
from aisle.shop.moments import format_day
from aisle.shop.money import format_money
from aisle.web.assets import FOLDER, asset
from aisle.web.filters import item_address, picture, why_address


def templates(live: Live) -> Environment:
    """Return the templates of one shop's pages."""
    found = environment(
        FOLDER.parent / "templates", (asset, format_day, format_money, item_address, picture, why_address)
    )
    found.globals |= {
        "shop_name": live.shop_name,
        "simulated": live.simulated,
        "styled": (FOLDER / "vendor").is_dir(),
    }
    return found
