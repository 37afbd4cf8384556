"""The overview: how the shop does, and what needs attention."""

from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from aisle.shop.access import Scope
from aisle.web.console.frame import Frame, Link

PATH: Final = "/console/overview"


class Overview:
    """The first page of the console."""

    LINK = Link(PATH, "Overview", "layout-dashboard")
    WAYS = (("GET", PATH, Scope.TEAM),)

    def __init__(self, frame: Frame) -> None:
        self._frame = frame

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the page."""
        return self._frame.show(request, "console/overview.html")
