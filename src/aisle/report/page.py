"""A page of figures as one file: it loads nothing, runs only the scripts that draw its charts, and fits any browser."""

import base64
import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from aisle._version import __version__
from aisle.report.environment import environment
from aisle.report.figure import Figure, scripts, style
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
    return pages.get_template(template).render(
        shop=shop, version=__version__, written=moments.now(), **_drawing(), **values
    )


def alone(figures: Sequence[Figure]) -> str:
    """Return a page with nothing but some figures."""
    return environment(TEMPLATES, ()).get_template("figures.html").render(figures=figures, **_drawing())


def _drawing() -> dict[str, Any]:
    """Return what draws charts, as templates need it; browsers run no script but these, told by their digests."""
    own = scripts()
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in own)
    return {
        "scripts": [Markup(script) for script in own],  # noqa: S704  Aisle's own files
        "script_digests": " ".join(f"'sha256-{digest}'" for digest in digests),
        "chart_style": Markup(style()),  # noqa: S704
    }
