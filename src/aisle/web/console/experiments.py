"""Experiments: the list, the form that makes one, and what each showed."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle.engine.strategies import STRATEGIES
from aisle.experiments.experiment import EVERYWHERE
from aisle.experiments.metrics import METRICS
from aisle.shop.access import Scope
from aisle.shop.errors import InputError
from aisle.shop.moments import from_moment
from aisle.storage.shelves import experiments
from aisle.web.access import forms
from aisle.web.console.frame import Link, Page

if TYPE_CHECKING:
    from aisle.app.experiments.experiments import Experiments, Told

PATH: Final = "/console/experiments"
REPORT: Final = f"{PATH}/report"
CREATE: Final = f"{PATH}/create"
START: Final = f"{PATH}/start"
STOP: Final = f"{PATH}/stop"


class ExperimentsPage(Page):
    """The pages of experiments."""

    LINK = Link(PATH, "Experiments", "flask-conical")
    WAYS = (
        ("GET", PATH, Scope.TEAM),
        ("GET", REPORT, Scope.TEAM),
        ("POST", CREATE, Scope.MERCHANDISER),
        ("POST", START, Scope.MERCHANDISER),
        ("POST", STOP, Scope.MERCHANDISER),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(REPORT, self.report, include_in_schema=False)
        app.add_route(CREATE, self.create, ["POST"], include_in_schema=False)
        app.add_route(START, self.start, ["POST"], include_in_schema=False)
        app.add_route(STOP, self.stop, ["POST"], include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the list."""
        live = self._frame.live
        return self._frame.show(
            request,
            "console/experiments.html",
            rows=experiments.list_(live.db),
            placements=[*live.placements, EVERYWHERE],
            strategies=list(STRATEGIES),
            metrics=METRICS,
        )

    def report(self, request: Request) -> Response:
        """Show what one showed, or for a draft what is to be known before it starts."""
        from aisle.report import experiments as drawn

        name, version = request.query_params.get("name", ""), _number(request.query_params.get("version", ""))
        row = experiments.get(self._frame.live.db, name, version)
        if row.started is None:
            return self._frame.show(request, "console/experiment.html", row=row, checks=self._experiments.check(name))
        told: Told = self._frame.kept(
            ("experiment", name, row.version),
            lambda: self._experiments.report(name, row.version),
            fresh=row.state == "running",
        ).answer
        first = from_moment(row.started).date()
        variants = [variant.name for variant in told.report.experiment.variants[1:]]
        figures = [drawn.changes(told.report.rows, variant) for variant in variants]
        figures += [drawn.over_time(goal, first) for goal in told.report.of("goal")]
        return self._frame.show(
            request,
            "console/experiment.html",
            row=row,
            told=told,
            metrics=METRICS,
            figures=[figure for figure in figures if figure is not None],
        )

    async def create(self, request: Request) -> Response:
        """Make a draft."""
        form = await forms.read(request)
        return await run_in_threadpool(self._create, request, form)

    async def start(self, request: Request) -> Response:
        """Start a draft."""
        form = await forms.read(request)
        return await run_in_threadpool(self._start, request, form)

    async def stop(self, request: Request) -> Response:
        """Stop one that runs."""
        form = await forms.read(request)
        return await run_in_threadpool(self._stop, request, form)

    def _create(self, request: Request, form: dict[str, str]) -> Response:
        variant: dict[str, Any] = {"name": form.get("variant", "").strip(), "settings": {}}
        if form.get("holdout"):
            variant["holdout"] = True
        elif form.get("model", "").strip():
            variant["model"] = _number(form["model"])
        if form.get("strategy"):
            variant["settings"]["strategy"] = form["strategy"]
        name = form.get("name", "").strip()
        values = {
            "name": name,
            "placement": form.get("placement", ""),
            "variants": [{"name": "as-is"}, variant],
            "unit": form.get("unit", "user"),
            "metric": form.get("metric", ""),
            "traffic": form.get("traffic") or "1",
            "effect": form.get("effect") or "0.05",
            "days": form.get("days") or "28",
        }
        row = self._experiments.create(values)
        return self._frame.done(request, _address(name), f"{name} is a draft, of version {row.version}.")

    def _start(self, request: Request, form: dict[str, str]) -> Response:
        name = form.get("name", "")
        row = self._experiments.start(name, anyway=bool(form.get("anyway")))
        return self._frame.done(request, _address(name), f"{name} runs, planned with {row.planned:,.0f} visitors.")

    def _stop(self, request: Request, form: dict[str, str]) -> Response:
        name, person = form.get("name", ""), request.state.caller.person
        who = person.name if person else "the console"
        self._experiments.stop(name, form.get("reason", "").strip()[:1000] or f"{who} stopped it")
        return self._frame.done(
            request, _address(name), f"{name} is stopped: every visitor sees what was there before."
        )

    @property
    def _experiments(self) -> "Experiments":
        from aisle.app.experiments.experiments import Experiments
        from aisle.app.tracking.tracker import track_experiments

        settings = self._frame.live.settings
        return Experiments(self._frame.live.db, settings, track_experiments(settings))


def _address(name: str) -> str:
    return f"{REPORT}?{urlencode({'name': name})}"


def _number(text: str) -> int | None:
    """Return a version; None if none is given."""
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) <= 9):
        raise InputError(f"{text[:40]!r} is no version, which is a whole number from 1 on")
    return int(text)
