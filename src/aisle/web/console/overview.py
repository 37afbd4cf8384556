"""The overview: how the shop does, and what needs attention."""

from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from aisle.shop.access import Scope
from aisle.web.console.frame import Link, Page

PATH: Final = "/console/overview"


class Overview(Page):
    """The first page of the console."""

    LINK = Link(PATH, "Overview", "layout-dashboard")
    WAYS = (("GET", PATH, Scope.TEAM),)

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the page."""
        return self._frame.show(request, "console/overview.html")
