"""The overview: how the shop does, what happens now, and what needs attention."""

from typing import Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle._version import __version__
from aisle.shop.access import Scope
from aisle.shop.moments import DAY, now
from aisle.storage.catalogue.coverage import coverage
from aisle.storage.log import tail
from aisle.storage.shelves import days
from aisle.storage.work import jobs, models
from aisle.web.access import forms, origins
from aisle.web.console.frame import Link, Page
from aisle.web.console.kpi_cards import cards
from aisle.web.console.parts.filters import PERIOD, PLACEMENT, SEGMENT, View
from aisle.web.console.parts.table import Table

PATH: Final = "/console/overview"
PULSE: Final = f"{PATH}/now"
JOB: Final = f"{PATH}/job"
QUALITY: Final = f"{PATH}/quality"

JOBS: Final = 6
"""How many of the newest jobs are shown."""

_SHARE: Final = "{:.2%}"

JOB_TEXTS: Final = {
    "train": "Train now",
    "count": "Count now",
    "drift": "Compare now",
    "clean-up": "Clean up now",
    "backup": "Back up now",
}
"""What the button says that asks for each job."""

SHOWN: Final = (
    "placement", "shelves", "seen", "clicks", "ctr", "carts", "cart_rate", "orders", "conversion", "revenue",
    "return_rate",
)  # fmt: skip
"""The columns of the table of placements."""

OF_SEGMENTS: Final = (
    "segment", "visitors", "buyers", "orders", "revenue", "revenue_per_visitor", "seen", "clicks", "ctr",
    "helped_share", "return_rate",
)  # fmt: skip
"""The columns of the table of segments."""

FORMATS: Final = {
    "ctr": _SHARE,
    "cart_rate": _SHARE,
    "conversion": _SHARE,
    "return_rate": _SHARE,
    "helped_share": _SHARE,
}


class Overview(Page):
    """The first page of the console."""

    LINK = Link(PATH, "Overview", "layout-dashboard")
    WAYS = (
        ("GET", PATH, Scope.TEAM),
        ("GET", PULSE, Scope.TEAM),
        ("GET", QUALITY, Scope.TEAM),
        ("POST", JOB, Scope.TEAM_ADMIN),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(PULSE, self.pulse, include_in_schema=False)
        app.add_route(QUALITY, self.quality, include_in_schema=False)
        app.add_route(JOB, self.ask_for_job, ["POST"], include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the page."""
        from aisle.app.work.attention import attention

        live, view = self._frame.live, self._frame.view(request, PERIOD, PLACEMENT, SEGMENT)
        of_catalogue = self._frame.kept("coverage", lambda: coverage(live.db)).answer
        model = models.live(live.db)
        return self._frame.show(
            request,
            "console/overview.html",
            view=view,
            version=__version__,
            job_texts=JOB_TEXTS,
            concerns=attention(live.db, live.settings, of_catalogue),
            pulse=tail.pulse(live.db),
            model=model,
            model_age=None if model is None else (now() - model.created) / DAY,
            database="does not answer" if live.is_database_away else "answers",
            jobs=jobs.list_(live.db, JOBS),
            **self._kpis(view),
        )

    def pulse(self, request: Request) -> Response:
        """Show what happens just now."""
        return self._frame.show(request, "console/pulse.html", pulse=tail.pulse(self._frame.live.db))

    def quality(self, request: Request) -> Response:
        """Show what is odd in the data."""
        from aisle.app.data.quality import profile
        from aisle.shop.errors import NotEnoughData

        live, view = self._frame.live, self._frame.view(request)
        values: dict[str, Any] = {"view": view, "kept": None, "problem": None}
        try:
            values["kept"] = self._frame.kept(
                "quality", lambda: profile(live.db, live.settings), fresh=view.given.get("fresh") == "1"
            )
        except NotEnoughData as error:
            values["problem"] = str(error)
        return self._frame.show(request, "console/quality.html", **values)

    async def ask_for_job(self, request: Request) -> Response:
        """Ask the worker for a job."""
        form = await forms.read(request)
        return await run_in_threadpool(self._ask_for_job, request, form)

    def _ask_for_job(self, request: Request, form: dict[str, str]) -> Response:
        from aisle.app.work.kinds import kind_named
        from aisle.app.work.worker import LEASE
        from aisle.storage.work import leases

        kind, db = kind_named(form.get("job", "")), self._frame.live.db
        person = request.state.caller.person
        job = jobs.ask(db, kind.name, person.name if person else "the console")
        idle = leases.holder(db, LEASE) is None
        waits = "; it waits for a worker: aisle serve --with-worker runs one" if idle else ""
        back = form.get("back", PATH)
        text = f"Job {job.number} is asked for: {kind.what}{waits}."
        return self._frame.done(request, back if origins.is_local_path(back) else PATH, text)

    def _kpis(self, view: View) -> dict[str, Any]:
        """Return the KPIs of the period, as the page shows them; nothing, if no day was counted."""
        ends = days.ends(self._frame.live.db)
        if ends is None:
            return {"span": None}
        from aisle.app.data.kpi_overview import in_words, kpi_overview
        from aisle.app.data.segment_kpis import covered
        from aisle.report import kpis as drawn

        end = ends[1] + DAY
        # A day that is not over sold less than the whole one that it would be compared with.
        without_today = view.is_compared and end > now() and ends[1] > ends[0]
        span = view.span(PERIOD, ends[0], end - DAY if without_today else end)
        compared = span.before if view.is_compared else None
        db, segment = self._frame.live.db, view[SEGMENT]
        found = kpi_overview(db, span.since, span.until, view[PLACEMENT], compared, segment)
        covers = [] if segment is None else covered(db, segment, span.since, span.until)
        money = f"Money is in {found.currency}." if found.currency else ""
        figures = (
            drawn.sales_by_day(found.days, found.currency),
            drawn.clicks_by_day(found.days),
            drawn.clicks_by_placement(found.placements),
        )
        return {
            "span": span,
            "before": compared,
            "without_today": without_today,
            "words": [*in_words(found, str(span)), *covers],
            "cards": cards(found),
            "link": lambda head, cell: view.address(placement=cell) if head == PLACEMENT.name else None,
            "figures": [figure for figure in figures if figure is not None],
            "placements": Table(
                "By placement",
                found.placements.select(SHOWN),
                FORMATS,
                {"placement": PLACEMENT},
                money,
            ),
            "segments": Table(
                "By segment",
                found.segments.select(OF_SEGMENTS),
                FORMATS,
                {"segment": SEGMENT},
                f"Of all placements. Whoever is in two segments counts for both, and some are in none. {money}",
            ),
        }
