"""A page of figures as one file: it loads nothing, runs no script, and fits any browser."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aisle._version import __version__
from aisle.report.environment import environment
from aisle.shop import moments

if TYPE_CHECKING:
    from aisle.app.settings import ShopSection

TEMPLATES: Final = Path(__file__).parent / "templates"


def render(template: str, shop: "ShopSection", filters: Iterable[Callable[..., str]], **values: Any) -> str:
    """Return a page.

    Parameters
    ----------
    template
        The name of the page's template, which extends `frame.html`.
    shop
        Whose figures they are, and whether the shop is simulated.
    filters
        The functions that the template calls, besides `format_day`.
    values
        What the template shows.
    """
    pages = environment(TEMPLATES, (moments.format_day, *filters))
    return pages.get_template(template).render(shop=shop, version=__version__, written=moments.now(), **values)
