"""The JSON API: one function, one route. The shop answers in a thread, so that a slow query delays nobody else."""

from typing import Final, cast, get_args

import msgspec
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from aisle._version import __version__
from aisle.app.serve import SIMILAR_PLACEMENT, Live
from aisle.engine.request import MAIN_PLACEMENT, Exclude, ShelfRequest
from aisle.ingest.api import parse_events
from aisle.shop.errors import InputError
from aisle.web.requests import optional_id, query_flag, query_id, query_ids, query_n, query_visitor, read_body
from aisle.web.schemas import Feedback, Health, Merge, Merged, Outcome, Rated, Received, Recommendations, Similar

_feedback: Final = msgspec.json.Decoder(Feedback)
_merge: Final = msgspec.json.Decoder(Merge)


def _json(answer: msgspec.Struct, status: int = 200) -> Response:
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def _exclude(request: Request) -> Exclude:
    value = request.query_params.get("exclude", "none")
    if value not in get_args(Exclude):
        raise InputError(f"exclude {value[:40]!r} is not one of: {', '.join(get_args(Exclude))}")
    return cast("Exclude", value)


class Api:
    """The JSON routes of one shop."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def add_to(self, app: FastAPI) -> None:
        """Add every route to an application."""
        app.add_route("/api/recommendations", self.recommendations)
        app.add_route("/api/similar", self.similar)
        app.add_route("/api/feedback", self.feedback, ["POST"])
        app.add_route("/api/events", self.events, ["POST"])
        app.add_route("/api/users/merge", self.merge, ["POST"])
        app.add_route("/api/health", self.health)

    async def recommendations(self, request: Request) -> Response:
        """Return a shopper's shelf."""
        user_id, session_id = query_visitor(request)
        wanted = ShelfRequest(
            user_id=user_id,
            session_id=session_id,
            placement=request.query_params.get("placement") or MAIN_PLACEMENT,
            item_id=optional_id(request, "item_id"),
            cart=tuple(query_ids(request, "cart")),
            n=query_n(request),
            exclude=_exclude(request),
            explain=query_flag(request, "explain"),
        )
        return _json(Recommendations.from_shelf(user_id, session_id, await run_in_threadpool(self._live.shelf, wanted)))

    async def similar(self, request: Request) -> Response:
        """Return the items most like an item."""
        item_id = query_id(request, "item_id")
        wanted = ShelfRequest(placement=SIMILAR_PLACEMENT, item_id=item_id, n=query_n(request))
        return _json(Similar.from_shelf(item_id, await run_in_threadpool(self._live.shelf, wanted)))

    async def feedback(self, request: Request) -> Response:
        """Store a rating; it is durable when the answer comes."""
        feedback = _feedback.decode(await read_body(request))
        rated = Rated(feedback.user(), feedback.item(), feedback.rating)
        await run_in_threadpool(self._live.feedback, rated.user_id, rated.item_id, rated.rating)
        return _json(rated, 201)

    async def events(self, request: Request) -> Response:
        """Store a batch of events; when the answer comes, with an outcome for each, the accepted ones are durable."""
        body = await read_body(request)
        return _json(await run_in_threadpool(self._receive, body))

    def _receive(self, body: bytes) -> Received:
        batch, reasons = parse_events(body)
        stored = iter(self._live.accept(batch))
        return Received.of(
            [Outcome(*next(stored)) if reason is None else Outcome("rejected", reason) for reason in reasons]
        )

    async def merge(self, request: Request) -> Response:
        """Give what a visitor did before signing in to the known user."""
        anonymous_id, user_id = _merge.decode(await read_body(request)).ids()
        rows = await run_in_threadpool(self._live.merge, anonymous_id, user_id)
        return _json(Merged(anonymous_id, user_id, rows))

    async def health(self, request: Request) -> Response:  # noqa: ARG002  every route takes a request
        """Return the server's health and the version of the live model."""
        return _json(Health("ok", __version__, await run_in_threadpool(self._live.model_version)))
