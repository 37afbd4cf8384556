"""The trained models: side by side, and trained, promoted and rolled back from here."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from aisle.models import registry
from aisle.shop.access import Scope
from aisle.shop.errors import BundleError, InputError, NoModel, NotFound
from aisle.shop.moments import DAY
from aisle.storage.shelves import days
from aisle.storage.shoppers import segments
from aisle.storage.shoppers.segments import SegmentRow
from aisle.storage.work import jobs, leases, models
from aisle.storage.work.jobs import JobRow
from aisle.web.access import forms
from aisle.web.access.caller import Caller
from aisle.web.api import operations
from aisle.web.api.operations import Version
from aisle.web.console.frame import Link, Page
from aisle.web.console.parts.filters import SEGMENT
from aisle.web.endpoint import Nothing
from aisle.web.requests import is_by_htmx

if TYPE_CHECKING:
    from aisle.app.segments.ranking import RanksFor
    from aisle.app.versions import Version as TrainedVersion

PATH: Final = "/console/models"
TRAIN: Final = "train"
"""The kind of job."""

WORKER: Final = "worker"
"""The lease of whoever does the jobs (`app.work.worker`)."""

KPI_DAYS: Final = 28
"""Of how many days it is told what the shelves of each model brought."""

_log: Final = logging.getLogger(__name__)


class Models(Page):
    """The models of a shop."""

    LINK = Link(PATH, "Models", "boxes")
    WAYS = (
        *(("GET", path, Scope.TEAM) for path in (PATH, f"{PATH}/version", f"{PATH}/job")),
        *(("POST", f"{PATH}/{what}", Scope.TEAM_ADMIN) for what in ("train", "cancel", "promote", "rollback")),
        *(("GET", f"{PATH}/{what}", Scope.TEAM_ADMIN) for what in ("promote", "rollback")),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        ways = {
            "": self.list_, "/version": self.version, "/job": self.job,
            "/promote": self.ask_promote, "/rollback": self.ask_rollback,
        }  # fmt: skip
        for path, page in ways.items():
            app.add_route(PATH + path, page, include_in_schema=False)
        for what in ("train", "cancel", "promote", "rollback"):
            app.add_route(f"{PATH}/{what}", self.do, ["POST"], include_in_schema=False)

    # --- Pages --------------------------------------------------------------------------------------------------------

    def list_(self, request: Request) -> Response:
        """Show every model, and two of them side by side if the request names them."""
        from aisle.app.versions import figures, versions
        from aisle.report.versions import ranking_figure

        live, view = self._frame.live, self._frame.view(request, SEGMENT)
        segment = self._frame.segment(view)
        found = versions(live.db, live.settings.bundles)
        told = figures(found[:20])
        measured = next((version.report for version in found if version.report), None)
        return self._frame.show(
            request,
            "console/models.html",
            view=view,
            segment=segment,
            ranks_for=self._ranks_for(segment, found) if segment else {},
            versions=found,
            figures={(row["version"], row["figure"]): row for row in told.filter(items="all").iter_rows(named=True)},
            k=measured.k if measured else 0,
            ranking=ranking_figure(told, measured.k) if measured else None,
            previous=models.previous(live.db),
            compared=self._compared(request, found),
            **self._job(),
        )

    def _ranks_for(self, segment: SegmentRow, found: "list[TrainedVersion]") -> "dict[int, RanksFor]":
        """Return how models rank for the members of a segment, by their versions."""
        from aisle.app.segments.ranking import ranks_for

        live, kept_rows = self._frame.live, [one.row for one in found if one.on_disk]

        def asked() -> "list[RanksFor]":
            members = [user_id for user_id, _ in segments.members(live.db, segment.number)]
            return ranks_for(live.db, kept_rows, live.settings.bundles, members)

        kept = self._frame.kept(("models", segment, tuple(row.version for row in kept_rows)), asked)
        return {one.version: one for one in kept.answer}

    def _compared(self, request: Request, found: "list[TrainedVersion]") -> dict[str, Any] | None:
        """Return two models side by side, or None if the request names none."""
        if not {"first", "second"} <= request.query_params.keys():
            return None
        from aisle.app.versions import differences, figures, live_kpis, version_of

        first, second = (version_of(found, _number(request, name)) for name in ("first", "second"))
        rows: dict[tuple[str, str], dict[int, Any]] = {}
        for row in figures([first, second]).iter_rows(named=True):
            rows.setdefault((row["figure"], row["items"]), {})[row["version"]] = row
        last = (days.ends(self._frame.live.db) or (0, 0))[1]
        kpis = live_kpis(self._frame.live.db, last - (KPI_DAYS - 1) * DAY, last + DAY)
        numbers = (first.row.version, second.row.version)
        weeks = {version.report.cut for version in (first, second) if version.report}
        return {
            "first": first,
            "second": second,
            "differences": differences(first.row.recipe, second.row.recipe),
            "figures": rows,
            "other_weeks": len(weeks) > 1,
            "kpis": [row for row in kpis.iter_rows(named=True) if row["model_version"] in numbers],
            "days": KPI_DAYS,
        }

    def version(self, request: Request) -> Response:
        """Show all that is known of one model."""
        from aisle.app.versions import flat, version_of, versions
        from aisle.report.versions import importance_figure, reliability_figure

        live = self._frame.live
        version = version_of(versions(live.db, live.settings.bundles), _number(request, "version"))
        training = version.training
        drawn = [importance_figure(training)] if training else []
        if training and training.reliability:
            drawn.append(reliability_figure(training.reliability))
        return self._frame.show(
            request,
            "console/model.html",
            version=version,
            drawn=[figure for figure in drawn if figure],
            settings=sorted(flat(version.row.recipe).items()),
        )

    def job(self, request: Request) -> Response:
        """Show how far the newest training is; once it is over, whoever watches it gets the page anew."""
        if not is_by_htmx(request):
            return RedirectResponse(PATH, 303)
        told = self._job()
        answer = self._frame.show(request, "console/model_job.html", **told)
        if not told["is_open"]:
            answer.headers["HX-Refresh"] = "true"
        return answer

    def _job(self) -> dict[str, Any]:
        db = self._frame.live.db
        job = jobs.newest(db, TRAIN)
        return {
            "job": job,
            "is_open": job is not None and job.status in jobs.OPEN,
            "worker": leases.holder(db, WORKER),
        }

    def ask_promote(self, request: Request) -> Response:
        """Ask whether a model shall go live."""
        from aisle.app.versions import version_of, versions

        live = self._frame.live
        version = version_of(versions(live.db, live.settings.bundles), _number(request, "version"))
        return self._frame.show(request, "console/model_promote.html", version=version, live=registry.live(live.db))

    def ask_rollback(self, request: Request) -> Response:
        """Ask whether the model before shall be live again."""
        db = self._frame.live.db
        return self._frame.show(
            request, "console/model_rollback.html", live=registry.live(db), previous=models.previous(db)
        )

    # --- What is done -------------------------------------------------------------------------------------------------

    async def do(self, request: Request) -> Response:
        """Do what a form asks for, and say what was done."""
        form = await forms.read(request)
        what = request.url.path.rpartition("/")[2]
        text = await run_in_threadpool(getattr(self, f"_{what}"), request.state.caller, form)
        return self._frame.done(request, PATH, text)

    def _train(self, caller: Caller, _form: dict[str, str]) -> str:
        job = jobs.ask(self._frame.live.db, TRAIN, _name(caller))
        return f"Job {job.number} trains a new model; it goes live unless the live one is better."

    def _cancel(self, _caller: Caller, form: dict[str, str]) -> str:
        job: JobRow = jobs.call_off(self._frame.live.db, _whole(form.get("number"), "number"))
        return f"Job {job.number} ends at its next step." if job.status == "running" else f"Job {job.number} is over."

    def _promote(self, caller: Caller, form: dict[str, str]) -> str:
        version = _whole(form.get("version"), "version")
        with sound(version):
            operations.promote(self._frame.live, caller, Version(version))
        return f"Model {version} is live; every process follows within two seconds."

    def _rollback(self, caller: Caller, form: dict[str, str]) -> str:
        db, expected = self._frame.live.db, _whole(form.get("version"), "version")
        before = models.previous(db)
        if before is not None and before.version != expected:
            raise InputError(f"meanwhile another model went live, so that model {expected} is not the one before it")
        with sound(expected):
            version = operations.rollback(self._frame.live, caller, Nothing()).version
        return f"Model {version} is live again; every process follows within two seconds."


@contextmanager
def sound(version: int) -> Iterator[None]:
    """Say what to do about a model that is not there, or whose files cannot be used; what names folders is logged."""
    try:
        yield
    except NoModel as error:
        raise NotFound(str(error)) from None
    except BundleError as error:
        _log.warning("%s", error)
        raise InputError(
            f"the files of model {version} are damaged or gone, so nothing has changed; take another model, or train"
        ) from None


def _name(caller: Caller) -> str:
    return caller.person.name if caller.person else "the console"


def _number(request: Request, name: str) -> int:
    return _whole(request.query_params.get(name), name)


def _whole(text: str | None, name: str) -> int:
    if not text or not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"{name} {(text or '')[:40]!r} is not a whole number from 1 on")
    return int(text)
