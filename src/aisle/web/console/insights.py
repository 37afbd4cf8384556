"""The insights: what the data says, with filters for time, category, brand and segment."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from aisle.shop.access import Scope
from aisle.shop.columns import USER_ID
from aisle.shop.errors import NotEnoughData
from aisle.web.console.frame import Link, Page
from aisle.web.console.parts.filters import ALL_TIME, BRAND, CATEGORY, SEGMENT, View

if TYPE_CHECKING:
    from aisle.app.data.insights import Insights as Found
    from aisle.insights.insight import Insight
    from aisle.insights.selection import Selection
    from aisle.report.figure import Figure

PATH: Final = "/console/insights"

FILTERED_BY: Final = {"category": CATEGORY, "brand": BRAND}
"""The columns of insights whose values filter the page."""


class Drawn(NamedTuple):
    """Insights with their charts."""

    found: "Found"
    figures: list[tuple["Insight", "Figure"]]
    silent: list["Insight"]
    """Those of which the data says nothing yet."""


class Insights(Page):
    """The page of insights."""

    LINK = Link(PATH, "Insights", "lightbulb")
    WAYS = (("GET", PATH, Scope.TEAM),)

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show every insight of what the filters leave."""
        view = self._frame.view(request, ALL_TIME, CATEGORY, BRAND, SEGMENT)
        values: dict[str, Any] = {"view": view, "link": _links(view), "kept": None, "problem": None}
        try:
            values["kept"] = self._frame.kept(
                ("insights", *(view[one] for one in view.filters), view.given.get("from"), view.given.get("to")),
                lambda: self._drawn(self._selection(view)),
                fresh=view.given.get("fresh") == "1",
            )
        except NotEnoughData as error:
            values["problem"] = str(error)
        return self._frame.show(request, "console/insights.html", **values)

    def _drawn(self, selection: "Selection") -> Drawn:
        from aisle.app.data.insights import insights
        from aisle.report.insights import figure

        found = insights(self._frame.live.db, self._frame.live.settings, selection=selection)
        pairs = [(insight, figure(insight)) for insight in found.insights]
        return Drawn(
            found,
            [(insight, drawn) for insight, drawn in pairs if drawn is not None],
            [insight for insight, drawn in pairs if drawn is None],
        )

    def _selection(self, view: View) -> "Selection":
        """Return the part of the log that the filters leave."""
        from aisle.app.segments.segments import Segments
        from aisle.insights.selection import Selection

        since, until = ALL_TIME.ends(view.given)
        live, segment = self._frame.live, view[SEGMENT]
        members = Segments(live.db, live.settings, live.model_watch.trained).members(segment) if segment else None
        shoppers = None if members is None else members[USER_ID]
        return Selection(ALL_TIME.last_days(view.given), since, until, view[CATEGORY], view[BRAND], shoppers)


def _links(view: View) -> Callable[[str, str], str | None]:
    """Return a function for templates: the address of the page filtered by a cell of a column."""
    from aisle.insights.insight import OTHERS, UNKNOWN

    def link(head: str, cell: str) -> str | None:
        by = FILTERED_BY.get(head)
        is_group = cell == UNKNOWN or cell.startswith(f"{OTHERS} (")
        return None if by is None or is_group else view.address(**{by.name: cell})

    return link
