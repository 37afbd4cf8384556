"""Experiments: the list, the form that makes one, and what each showed."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle.engine.strategies import STRATEGIES
from aisle.experiments.experiment import BASELINE, EVERYWHERE, Experiment, Variant
from aisle.experiments.metrics import METRICS
from aisle.shop.access import Scope
from aisle.shop.errors import InputError, NotFound
from aisle.shop.moments import from_moment
from aisle.storage.shelves import experiments
from aisle.storage.shelves.experiments import ExperimentRow
from aisle.storage.work import models
from aisle.web.access import forms
from aisle.web.console.frame import Link, Page
from aisle.web.console.parts.experiment_form import VARIANTS, form_of, values_of

if TYPE_CHECKING:
    from aisle.app.experiments.experiments import Experiments, Told

PATH: Final = "/console/experiments"
REPORT: Final = f"{PATH}/report"
CREATE: Final = f"{PATH}/create"
START: Final = f"{PATH}/start"
STOP: Final = f"{PATH}/stop"
STOP_ALL: Final = f"{PATH}/stop-all"

USUAL: Final = form_of(
    Experiment(name="", placement="recommended-for-you", variants=(Variant(name=BASELINE),), ramp=(0.05, 0.25, 1.0))
)
"""What stands in an empty form."""


class ExperimentsPage(Page):
    """The pages of experiments."""

    LINK = Link(PATH, "Experiments", "flask-conical")
    WAYS = (
        ("GET", PATH, Scope.TEAM),
        ("GET", REPORT, Scope.TEAM),
        ("POST", CREATE, Scope.MERCHANDISER),
        ("POST", START, Scope.MERCHANDISER),
        ("POST", STOP, Scope.MERCHANDISER),
        ("POST", STOP_ALL, Scope.MERCHANDISER),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(REPORT, self.report, include_in_schema=False)
        app.add_route(CREATE, self.create, ["POST"], include_in_schema=False)
        app.add_route(START, self.start, ["POST"], include_in_schema=False)
        app.add_route(STOP, self.stop, ["POST"], include_in_schema=False)
        app.add_route(STOP_ALL, self.stop_all, ["POST"], include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the list, and the form: empty, or as the experiment `like` was declared."""
        like = request.query_params.get("like")
        return self._show(request, form_of(_trial(experiments.get(self._frame.live.db, like))) if like else USUAL)

    def report(self, request: Request) -> Response:
        """Show what one showed, or for a draft what is to be known before it starts."""
        from aisle.report import experiments as drawn

        name, version = request.query_params.get("name", ""), _number(request.query_params.get("version", ""))
        row = experiments.get(self._frame.live.db, name, version)
        if row.started is None:
            checks = self._experiments.check(name)
            return self._frame.show(
                request, "console/experiment.html", row=row, trial=_trial(row), metrics=METRICS, checks=checks
            )
        told = self._told(row)
        first = from_moment(row.started).date()
        lines = [drawn.over_time(one, first) for role in ("goal", "guardrail") for one in told.report.of(role)]
        return self._frame.show(
            request,
            "console/experiment.html",
            row=row,
            trial=told.report.experiment,
            told=told,
            metrics=METRICS,
            changes=drawn.changes(told.report.rows),
            lines=[figure for figure in lines if figure is not None],
        )

    def _told(self, row: ExperimentRow) -> "Told":
        """Return what one showed: of one that runs anew, as its shelves change although no event comes."""
        if row.state == "running":
            return self._experiments.report(row.name, row.version)
        told: Told = self._frame.kept(
            ("experiment", row.name, row.version), lambda: self._experiments.report(row.name, row.version)
        ).answer
        return told

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

    async def stop_all(self, request: Request) -> Response:
        """Stop every one that runs."""
        form = await forms.read(request)
        return await run_in_threadpool(self._stop_all, request, form)

    def _create(self, request: Request, form: dict[str, str]) -> Response:
        try:
            row = self._experiments.create(values_of(form))
        except (InputError, NotFound) as error:
            return self._show(request, form, str(error))
        return self._frame.done(
            request, _address(row.name), f"{row.name} is a draft, of version {row.version}; nobody sees it yet."
        )

    def _start(self, request: Request, form: dict[str, str]) -> Response:
        name = form.get("name", "")
        row = self._experiments.start(name, anyway=bool(form.get("anyway")))
        return self._frame.done(request, _address(name), f"{name} runs, planned with {row.planned:,.0f} visitors.")

    def _stop(self, request: Request, form: dict[str, str]) -> Response:
        name = form.get("name", "")
        self._experiments.stop(name, _reason(request, form))
        return self._frame.done(
            request, _address(name), f"{name} is stopped: every visitor sees what was there before."
        )

    def _stop_all(self, request: Request, form: dict[str, str]) -> Response:
        stopped = ", ".join(row.name for row in self._experiments.stop_all(_reason(request, form)))
        return self._frame.done(request, PATH, f"Stopped: {stopped}." if stopped else "None was running.")

    def _show(self, request: Request, typed: Mapping[str, str], problem: str = "") -> Response:
        """Show the list, and the form as it is filled in."""
        live = self._frame.live
        return self._frame.show(
            request,
            "console/experiments.html",
            422 if problem else 200,
            rows=experiments.list_(live.db),
            placements=[*((name, name) for name in live.placements), (EVERYWHERE, "all placements")],
            strategies=[(name, name) for name in STRATEGIES],
            models=[(row.version, f"{row.version}, {row.status}") for row in models.list_(live.db) if row.path],
            goals=[(metric.name, metric.what) for metric in METRICS.values()],
            variants=VARIANTS,
            typed=typed,
            is_typed=typed is not USUAL,
            problem=problem,
        )

    @property
    def _experiments(self) -> "Experiments":
        from aisle.app.experiments.experiments import Experiments
        from aisle.app.tracking.tracker import track_experiments

        settings = self._frame.live.settings
        return Experiments(self._frame.live.db, settings, track_experiments(settings))


def _trial(row: ExperimentRow) -> Experiment:
    from aisle.app.experiments.experiments import experiment_of

    return experiment_of(row)


def _reason(request: Request, form: Mapping[str, str]) -> str:
    """Return why somebody stops an experiment: what is given, or who it was."""
    person = request.state.caller.person
    return form.get("reason", "").strip()[:1000] or f"{person.name if person else 'the console'} stopped it"


def _address(name: str) -> str:
    return f"{REPORT}?{urlencode({'name': name})}"


def _number(text: str) -> int | None:
    """Return a version; None if none is given."""
    if not text.strip():
        return None
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) <= 9):
        raise InputError(f"{text[:40]!r} is no version, which is a whole number from 1 on")
    return int(text)
