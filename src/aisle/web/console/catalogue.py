"""The catalogue: what items lack, how much they are shown and sold, and on which shelves they stand."""

from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from aisle.shop.access import Scope
from aisle.shop.errors import InputError
from aisle.storage.catalogue.coverage import FIELDS
from aisle.storage.shoppers.segments import SegmentRow
from aisle.web.console.frame import Link, Page
from aisle.web.console.parts.filters import BRAND, CATEGORY, PLACEMENT, SEGMENT, Choice, Option, View

if TYPE_CHECKING:
    import polars as pl

    from aisle.app.data.kept_answers import Kept

PATH: Final = "/console/catalogue"
CSV: Final = f"{PATH}/csv"

ROWS: Final = 50
"""How many items a page of the list shows."""

SORTS: Final = {
    "places": "shown most",
    "clicks": "clicked most",
    "units": "sold most",
    "stock": "most in stock",
    "price": "dearest",
    "title": "by name",
}
"""The orders of the list, and what people read."""

NAMES: Final = {"image_url": "image"}
"""What people call a field, if it is not its name."""

MISSING: Final = Choice(
    "missing", "Missing", lambda _: [Option(name, NAMES.get(name, name)) for name in FIELDS], closed=True
)
SHELF: Final = PLACEMENT._replace(closed=False)
"""Items may have stood on shelves that there are no more."""

TEXT: Final = Choice("q", "Search", lambda _: ())
SORT: Final = Choice("sort", "Order", lambda _: [Option(*pair) for pair in SORTS.items()], closed=True)


class Catalogue(Page):
    """The page of the catalogue."""

    LINK = Link(PATH, "Catalogue", "package")
    WAYS = (("GET", PATH, Scope.TEAM), ("GET", CSV, Scope.TEAM))

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(CSV, self.csv, include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show a page of the list."""
        view = self._view(request)
        segment = self._frame.segment(view)
        kept = self._overview(segment, fresh=view.given.get("fresh") == "1")
        everything, found = kept.answer, _chosen(kept.answer, view)
        pages = max(1, -(-found.height // ROWS))
        page = min(_page(view), pages)
        return self._frame.show(
            request,
            "console/catalogue.html",
            view=view,
            kept=kept,
            items=everything.height,
            coverage=_coverage(everything),
            exposed=int((everything["places"] > 0).sum()),
            names=NAMES,
            segment=segment,
            found=found.height,
            rows=found.slice((page - 1) * ROWS, ROWS).rows(named=True),
            page=page,
            pages=pages,
            csv=view.address(CSV),
        )

    def csv(self, request: Request) -> Response:
        """Return the whole list as a file."""
        import polars as pl

        view = self._view(request)
        found = _chosen(self._overview(self._frame.segment(view)).answer, view)
        return self._frame.csv("catalogue", found.with_columns(pl.col("missing", "shelves").list.join(", ")))

    def _view(self, request: Request) -> View:
        return self._frame.view(request, TEXT, CATEGORY, BRAND, MISSING, SHELF, SEGMENT, SORT)

    def _overview(self, segment: SegmentRow | None, *, fresh: bool = False) -> "Kept[pl.DataFrame]":
        from aisle.app.data.catalogue_overview import catalogue_overview

        number = segment and segment.number
        return self._frame.kept(
            ("catalogue", segment), lambda: catalogue_overview(self._frame.live.db, number), fresh=fresh
        )


def _chosen(overview: "pl.DataFrame", view: View) -> "pl.DataFrame":
    from aisle.app.data.catalogue_overview import Wanted, chosen

    wanted = Wanted(view[TEXT], view[CATEGORY], view[BRAND], view[MISSING], view[SHELF])
    by = view[SORT] or next(iter(SORTS))
    return chosen(overview, wanted, (by,), descending=by != "title")


def _coverage(overview: "pl.DataFrame") -> list[dict[str, Any]]:
    """Return how many items have each field."""
    number = overview.height
    return [
        {"field": NAMES.get(name, name), "name": name, "having": number - overview[name].null_count(), "of": number}
        for name in FIELDS
    ]


def _page(view: View) -> int:
    text = view.given.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text)):
        raise InputError(f"page {text[:40]!r} is not a whole number from 1 on")
    return int(text)
