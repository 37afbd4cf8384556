"""Every page of the console, in the order of its navigation. A page is added by a line of `PAGES`."""

from typing import Final

from fastapi import FastAPI
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from aisle.app.serve import Live
from aisle.shop.access import Scope
from aisle.web.console.catalogue import Catalogue
from aisle.web.console.events import Events
from aisle.web.console.experiments import ExperimentsPage
from aisle.web.console.explore import Explore
from aisle.web.console.frame import Frame, Page, Way
from aisle.web.console.insights import Insights
from aisle.web.console.merchandising import Merchandising
from aisle.web.console.models import Models
from aisle.web.console.overview import Overview
from aisle.web.console.segments import Segments

PAGES: Final[tuple[type[Page], ...]] = (
    Overview,
    Insights,
    Merchandising,
    Models,
    Explore,
    Events,
    Catalogue,
    ExperimentsPage,
    Segments,
)
"""The pages; the first is where `/console` leads."""

CONSOLE: Final = "/console"

WAYS: Final[tuple[Way, ...]] = (
    ("GET", CONSOLE, Scope.TEAM),
    *(way for page in PAGES for way in page.WAYS),
)
"""Every way into the console, for the table of routes."""


class Console:
    """The console of one shop."""

    def __init__(self, live: Live, templates: Environment) -> None:
        self._frame = Frame(live, templates, [page.LINK for page in PAGES])

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(CONSOLE, _first, include_in_schema=False)
        for page in PAGES:
            page(self._frame).add_to(app)

    def problem(self, request: Request, status: int, message: str) -> Response:
        """Show a failure on a page of the console."""
        return self._frame.problem(request, status, message)


def is_of_console(request: Request) -> bool:
    """Tell whether a request asks for something of the console."""
    path: str = request.scope["path"]
    return path == CONSOLE or path.startswith(f"{CONSOLE}/")


def _first(_: Request) -> Response:
    return RedirectResponse(PAGES[0].LINK.path, 303)
