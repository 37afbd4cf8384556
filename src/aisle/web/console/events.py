"""The events: what comes in just now, what was rejected and why, and what is replayed."""

from typing import Final

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle.shop.access import Scope
from aisle.shop.errors import InputError, NotFound
from aisle.shop.events import EventKind
from aisle.storage.log import rejects, tail
from aisle.storage.log.tail import TailRow
from aisle.storage.shoppers import segments
from aisle.storage.shoppers.segments import SegmentRow
from aisle.web.access import forms
from aisle.web.console.frame import Link, Page
from aisle.web.console.parts.filters import SEGMENT, Choice, Option, View

PATH: Final = "/console/events"
TAIL: Final = f"{PATH}/tail"
REPLAY: Final = f"{PATH}/replay"
EXPORT: Final = f"{PATH}/rejects"

TAIL_ROWS: Final = 30
"""How many of the newest events are shown."""

GROUPS: Final = 50
"""How many groups of rejects are shown."""

KIND: Final = Choice("kind", "Event", lambda _: [Option(kind.value, kind.value) for kind in EventKind], closed=True)


class Events(Page):
    """The page of events."""

    LINK = Link(PATH, "Events", "activity")
    WAYS = (
        ("GET", PATH, Scope.TEAM),
        ("GET", TAIL, Scope.TEAM),
        ("GET", EXPORT, Scope.TEAM_ADMIN),
        ("POST", REPLAY, Scope.TEAM_ADMIN),
    )

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route(PATH, self.show, include_in_schema=False)
        app.add_route(TAIL, self.tail, include_in_schema=False)
        app.add_route(EXPORT, self.export, include_in_schema=False)
        app.add_route(REPLAY, self.replay, ["POST"], include_in_schema=False)

    def show(self, request: Request) -> Response:
        """Show the newest events, and the rejects by their reasons."""
        from aisle.app.data.reject_groups import reject_groups

        db = self._frame.live.db
        view = self._frame.view(request, KIND, SEGMENT)
        return self._frame.show(
            request,
            "console/events.html",
            view=view,
            rows=self._newest(view, self._frame.segment(view)),
            groups=reject_groups(db, GROUPS),
            rejected=rejects.count(db),
            paused=view.given.get("paused") == "1",
        )

    def tail(self, request: Request) -> Response:
        """Show the newest events again."""
        view = self._frame.view(request, KIND, SEGMENT)
        # Its members were found for the page, or could not be.
        segment = segments.get(self._frame.live.db, name) if (name := view[SEGMENT]) else None
        return self._frame.show(request, "console/tail.html", view=view, rows=self._newest(view, segment), paused=False)

    def _newest(self, view: View, segment: SegmentRow | None) -> list[TailRow]:
        return tail.newest(self._frame.live.db, TAIL_ROWS, view[KIND], segment and segment.number)

    def export(self, request: Request) -> Response:
        """Return the rejects as JSON lines, to be corrected: those of one source, or all."""
        import tempfile
        from pathlib import Path

        from aisle.app.data.replay import export

        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "rejects.jsonl"
            export(self._frame.live.db, file, request.query_params.get("source") or None)
            content = file.read_bytes()
        headers = {"Content-Disposition": 'attachment; filename="rejects.jsonl"', "Cache-Control": "no-store"}
        return Response(content, headers=headers, media_type="application/jsonl")

    async def replay(self, request: Request) -> Response:
        """Check rejects again, and store those that pass now."""
        form = await forms.read(request)
        return await run_in_threadpool(self._replay, request, form.get("source") or None)

    def _replay(self, request: Request, source: str | None) -> Response:
        from aisle.app.data.replay import replay
        from aisle.ingest.plan import Plan

        try:
            replayed = replay(self._frame.live.db, Plan(), source)
        except (NotFound, InputError) as error:
            return self._frame.done(request, PATH, f"Nothing was replayed: {error}.")
        text = (
            f"{replayed.read:,} rows were checked again: {replayed.left:,} pass now, {replayed.stays:,} stay rejected."
        )
        return self._frame.done(request, PATH, text)
