"""The frame of the console's pages: navigation, who is logged in, what was just done, and problems."""

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, TypeVar

from fastapi import FastAPI
from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from aisle.app.data.kept_answers import Kept, KeptAnswers
from aisle.app.serve import Live
from aisle.shop.access import Scope
from aisle.storage.shoppers import segments
from aisle.storage.shoppers.segments import SegmentRow
from aisle.web.access import cookies, forms
from aisle.web.access.caller import NOBODY
from aisle.web.console.parts.filters import SEGMENT, Filter, View
from aisle.web.requests import is_by_htmx

if TYPE_CHECKING:
    import polars as pl

_SAID: Final = "aisle-said"
_SAID_SECONDS: Final = 60

T = TypeVar("T")

Way = tuple[str, str, Scope]
"""Method, path and scope of a route."""


class Link(NamedTuple):
    """Where a page stands in the navigation."""

    path: str
    title: str
    icon: str
    """The name of a Lucide icon."""


class Page(ABC):
    """A page of the console."""

    LINK: ClassVar[Link]
    WAYS: ClassVar[tuple[Way, ...]]

    def __init__(self, frame: "Frame") -> None:
        self._frame = frame

    @abstractmethod
    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""


class Frame:
    """What every page of the console stands in.

    Parameters
    ----------
    live
        The shop.
    templates
        The templates of all pages.
    links
        The navigation.
    """

    def __init__(self, live: Live, templates: Environment, links: Sequence[Link]) -> None:
        self.live = live
        self._templates = templates
        self._links = links
        self._kept: KeptAnswers[Any] = KeptAnswers(live.db)

    def show(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """Return a page, or a part of one, with the navigation for whoever asks."""
        text = self._templates.get_template(template).render(self._around(request) | values)
        answer = HTMLResponse(text, status, {"Cache-Control": "no-store"})
        forms.keep(request, answer)
        if not is_by_htmx(request) and cookies.read(request, _SAID):
            cookies.remove(request, answer, _SAID)
        return answer

    def done(self, request: Request, path: str, text: str) -> Response:
        """Lead on after a form, to a page that says what was done."""
        answer = RedirectResponse(path, 303)
        written = base64.urlsafe_b64encode(text[:1_000].encode()).decode()
        cookies.write(request, answer, _SAID, written, _SAID_SECONDS)
        return answer

    def csv(self, name: str, frame: "pl.DataFrame") -> Response:
        """Return a frame as a file to download, in which no cell is a formula."""
        from aisle.report.figure import to_csv

        headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
        return Response(to_csv(frame), headers=headers, media_type="text/csv")

    def problem(self, request: Request, status: int, message: str) -> Response:
        """Show a failure, with the way back."""
        part = "console/problem_part.html" if is_by_htmx(request) else "console/problem.html"
        return self.show(request, part, status, problem=message)

    def kept(self, asked: Hashable, compute: Callable[[], T], *, fresh: bool = False) -> Kept[T]:
        """Return what is computed from all events: as it is kept, or anew; see `KeptAnswers`."""
        return self._kept.of(asked, compute, fresh=fresh)

    def segment(self, view: View) -> SegmentRow | None:
        """Return the segment that a page is filtered by, with its members found; None if it is not filtered."""
        name = view[SEGMENT]
        if name is None:
            return None
        if segments.get(self.live.db, name).updated is None:  # it came with a new shop
            from aisle.app.segments.segments import Segments

            Segments(self.live.db, self.live.settings, self.live.model_watch.trained).update([name])
        return segments.get(self.live.db, name)

    def view(self, request: Request, *filters: Filter) -> View:
        """Return what a request wants to see of a page.

        Raises
        ------
        InputError
            If a filter has a value that it does not know.
        """
        return View(self.live, request, filters)

    def _around(self, request: Request) -> dict[str, Any]:
        caller = getattr(request.state, "caller", NOBODY)
        return {
            "links": self._links if Scope.TEAM in caller.may else (),
            "path": request.url.path,
            "here": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            "person": caller.person,
            "may": lambda scope: Scope(scope) in caller.may,
            "said": _said(request),
            "form_token": forms.token(request),
        }


def _said(request: Request) -> str:
    """Return what a form of ours has just done; a cookie that nobody here wrote says nothing."""
    try:
        return base64.urlsafe_b64decode(cookies.read(request, _SAID) or "").decode()
    except ValueError:
        return ""
